"""Texts, pictures and captions added together; a caption changed without losing the picture's vector.

python examples/chroma/captions.py
"""

import chromadb

from chroma_clip_embeddings import add_items, open_collection, search, set_caption
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

pictures = [render(scene, 192) for scene in scenes(0, 12)]
collection = open_collection(chromadb.EphemeralClient(), "captions", embedder=CLIPEmbedder("tiny"))
report = add_items(
    collection,
    ids=["note", *(f"picture-{number}" for number in range(12))],
    texts=["The cat has an appointment with the vet on Tuesday.", *[None] * 12],
    images=[None, *pictures],
    captions=[None, "the first one drawn", *[None] * 11],
)
print(report)

set_caption(collection, "picture-3", "drawn fourth, and named later")
for hit in search(collection, image=pictures[3], k=3).images:
    print(f"{hit.score:.3f}  {hit.document}")
