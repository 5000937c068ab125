"""Writes to embedded stores as it is told, a line at a time: a process that keeps its clients open.

A line is a JSON object: do ("open", "ingest", "add", "query"), the folder of the store, and what that needs.
The answer is one too. The collection writes its index out after few rows, so that what takes thousands
otherwise takes hundreds.
"""

import json
import sys
import time
import traceback
from functools import cache
from typing import Any

import chromadb
import numpy as np
import torch

from chroma_clip_embeddings import add_items, connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder, StoreError


def main() -> None:
    torch.set_num_threads(1)
    tiny = CLIPEmbedder("tiny", device="cpu", dtype="float32")
    tiny.embed_texts(["warm"])
    index = {"hnsw": {"sync_threshold": 60, "batch_size": 30}}

    @cache
    def collection_in(store: str) -> chromadb.Collection:
        return open_collection(connect(store), "photos", embedder=tiny, configuration=index)

    def do(order: dict[str, Any]) -> Any:
        if order["do"] == "open":
            time.sleep(max(0, order["at"] - time.time()))
            return str(collection_in(order["store"]).id)
        collection = collection_in(order["store"])
        if order["do"] == "ingest":
            return ingest([order["folder"]], collection).added
        if order["do"] == "add":
            words = [f"{order['name']} {number}" for number in range(order["number"])]
            parts = (words[start : start + 20] for start in range(0, len(words), 20))
            return sum(add_items(collection, ids=part, texts=part).added for part in parts)
        ids = collection.query(query_embeddings=np.ones((1, tiny.dimension), np.float32), n_results=3)["ids"]
        return len(ids[0])

    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        try:
            answer = {"done": do(json.loads(line))}
        except StoreError as error:
            answer = {"refused": str(error)}
        except Exception:
            answer = {"broken": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
