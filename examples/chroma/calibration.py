"""Texts and pictures in one ranking: the modality gap of a collection measured and taken out of its vectors.

python examples/chroma/calibration.py
"""

import random

import chromadb

from chroma_clip_embeddings import add_items, embedder_of, open_collection, recalibrate, sample_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

shown = list(scenes(0, 100))  # each is in the collection twice: drawn, and told
words = [caption(scene, "en", random.Random(i), full=True).text for i, scene in enumerate(shown * 2)]
client = chromadb.EphemeralClient()
collection = open_collection(client, "mixed", embedder=CLIPEmbedder("tiny"))
add_items(collection, ids=[f"picture {i}" for i in range(100)], images=[render(scene, 96) for scene in shown])
add_items(collection, ids=[f"note {i}" for i in range(100)], texts=words[:100])
measured = sample_collection(collection).calibration(embedder_of(collection).model_fingerprint, minimum=100)
for name, calibration in (("raw", None), ("calibrated", measured)):
    collection = recalibrate(client, "mixed", calibration)
    found = collection.query(query_texts=words[100:], n_results=10)["ids"]
    pictures = sum(id.startswith("picture") for ids in found for id in ids)
    print(f"{name}: {pictures / 100:.1f} of 10 found are pictures")
