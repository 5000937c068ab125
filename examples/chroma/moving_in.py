"""A collection that another library filled, opened with the same model and nothing embedded again.

For one of OpenCLIP's, `open_migrated(client, name, checkpoint="ViT-B-32/laion2b_s34b_b79k")` is all.

python examples/chroma/moving_in.py
"""

import chromadb

from chroma_clip_embeddings import add_items, open_collection, open_migrated, search
from clip_embeddings import CLIPEmbedder

texts = ["a photo of a cat", "a dog on the beach", "노을지는 바다"]
embedder = CLIPEmbedder("tiny")
client = chromadb.EphemeralClient()
theirs = client.create_collection("theirs", embedding_function=None)  # as LangChain does it
theirs.add(ids=["0", "1", "2"], documents=texts, embeddings=embedder.embed_texts(texts))

moved = open_migrated(client, "theirs", embedder=embedder)
print(moved.query(query_texts=["바다"], n_results=1)["documents"])

add_items(moved, ids=["3"], texts=["a new note"])
print(search(open_collection(client, "theirs"), text="a new note").texts[0].document)
