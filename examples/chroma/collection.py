"""Text and pictures in one Chroma collection, found across modalities.

python examples/chroma/collection.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import chromadb

from chroma_clip_embeddings import CLIPEmbeddingFunction, ingest, search
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

with TemporaryDirectory() as name:
    folder = Path(name)
    for number, scene in enumerate(scenes(0, 40)):
        render(scene, 256).save(folder / f"scene-{number:02}.png")
    (folder / "note.txt").write_text("The cat has an appointment with the vet on Tuesday.", encoding="utf-8")

    client = chromadb.EphemeralClient()
    collection = client.create_collection(
        "photos", embedding_function=CLIPEmbeddingFunction(model_name="tiny", calibration="reference")
    )
    print(ingest([folder], collection))

    found = search(collection, text="a photo of a cat", k=4)
    for hit in found.hits:  # one ranking: the calibration removes the modality gap
        print(f"{hit.score:.3f}  {hit.modality:5}  {hit.document}")
