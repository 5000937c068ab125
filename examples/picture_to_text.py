"""Which of the stored sentences describe a picture? Picture to text.

python examples/picture_to_text.py
"""

import random

import chromadb

from chroma_clip_embeddings import add_items, open_collection, search
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

drawn, rng = list(scenes(0, 40)), random.Random(0)
sentences = [caption(scene, "en", rng, full=True).text for scene in drawn]
collection = open_collection(chromadb.EphemeralClient(), "sentences", embedder=CLIPEmbedder("tiny"))
add_items(collection, ids=[f"sentence-{number}" for number in range(40)], texts=sentences)

for number in (2, 5):
    print(f"a picture drawn for: {sentences[number]}")
    for hit in search(collection, image=render(drawn[number], 192), k=2, modality="text").texts:
        print(f"{hit.score:.3f}  {hit.document}")
