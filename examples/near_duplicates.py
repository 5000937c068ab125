"""Which pictures of a folder are the same one, saved again? Near-duplicates.

python examples/near_duplicates.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import chromadb

from chroma_clip_embeddings import find_duplicates, ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

with TemporaryDirectory() as name:
    folder = Path(name)
    for number, scene in enumerate(scenes(0, 40)):
        picture = render(scene, 256)
        picture.save(folder / f"{number:02}.png")
        if number % 10 == 3:  # as a messenger sends it on: smaller, and compressed
            picture.resize((180, 180)).save(folder / f"{number:02}-again.jpg", quality=75)

    collection = open_collection(chromadb.EphemeralClient(), "photos", embedder=CLIPEmbedder("tiny"))
    ingest([folder], collection)
    for group in find_duplicates(collection, threshold=0.99, modality="image"):
        names = sorted(Path(uri).name for uri in group.uris)
        print(f"{group.cosine:.4f}  {', '.join(names)}")
