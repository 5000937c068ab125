"""Pictures by path through Chroma's own calls: added, searched with and read back.

python examples/chroma/uris.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import chromadb

from chroma_clip_embeddings import CLIPEmbeddingFunction, CLIPImageLoader
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

with TemporaryDirectory() as name:
    paths = [str(Path(name, f"{number}.png")) for number in range(6)]
    for path, scene in zip(paths, scenes(0, 6), strict=True):
        render(scene, 192).save(path)

    collection = chromadb.EphemeralClient().create_collection(
        "by-path", embedding_function=CLIPEmbeddingFunction("tiny"), data_loader=CLIPImageLoader()
    )
    collection.add(ids=[str(number) for number in range(6)], uris=paths)
    print(collection.query(query_uris=[paths[4]], n_results=2)["ids"])
    for picture in collection.get(ids=["4"], include=["data"])["data"] or []:
        print(None if picture is None else picture.shape)  # (H, W, 3), upright RGB
