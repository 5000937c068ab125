"""The async client with the model in a thread, so that the event loop stays free.

chroma run --port 8000
python examples/chroma/async.py [PORT]
"""

import asyncio
import sys

import chromadb

from chroma_clip_embeddings import aadd_items, aopen_collection, asearch
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes


async def main(port: int) -> None:
    client = await chromadb.AsyncHttpClient(host="localhost", port=port)
    collection = await aopen_collection(client, "async-photos", embedder=CLIPEmbedder("tiny"))
    pictures = [render(scene, 192) for scene in scenes(0, 12)]
    ids = [f"picture-{number}" for number in range(12)]
    print(await aadd_items(collection, ids=ids, images=pictures))
    searches = (asearch(collection, text=text, k=1) for text in ("a photo of a cat", "노을지는 바다"))
    for found in await asyncio.gather(*searches):
        print(f"{found.images[0].score:.3f}  {found.images[0].id}")


asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 8000))
