"""What else looks like this picture? Picture to picture.

python examples/picture_to_picture.py
"""

from dataclasses import replace

import chromadb

from chroma_clip_embeddings import add_items, open_collection, search
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

drawn = list(scenes(0, 60))
collection = open_collection(chromadb.EphemeralClient(), "pictures", embedder=CLIPEmbedder("tiny"))
add_items(
    collection,
    ids=[f"picture-{number}" for number in range(60)],
    images=[render(scene, 192) for scene in drawn],
    captions=[f"{scene.color} {scene.thing}, {scene.place}" for scene in drawn],
)

# The same things in the same place, drawn anew: another seed places every line elsewhere.
query = replace(drawn[5], seed=1_000_005)
for hit in search(collection, image=render(query, 192), k=3, modality="image").images:
    print(f"{hit.score:.3f}  {hit.id}  {hit.document}")
