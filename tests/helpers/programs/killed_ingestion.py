"""Runs ingestions to be killed: a process with everything loaded that forks one child for each line it reads.

A line is a JSON object: kind of store, store (its folder, or the port of a server), collection, folder, log;
and if it is so: where the child is to kill itself, its cache, and how large its files may grow from which
call of `add` on. The child writes how many items it has embedded to the log as they come out of the model.
One that meets a StoreError ends with 1 and writes the error beside the log.
"""

import gc
import importlib
import json
import os
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stores import opened

from clip_embeddings import CLIPEmbedder, StoreError


def log_embedded_items(log: Path) -> None:
    """Count what the model makes, also of a process that is killed right after."""
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    texts, images = CLIPEmbedder.embed_texts, CLIPEmbedder.iter_images

    def embed_texts(self: CLIPEmbedder, given: Any, **options: Any) -> Any:
        rows = texts(self, given, **options)
        os.write(file, f"{len(rows)}\n".encode())
        return rows

    def iter_images(self: CLIPEmbedder, given: Any, **options: Any) -> Any:
        for batch in images(self, given, **options):
            os.write(file, f"{len(batch.indices)}\n".encode())
            yield batch

    for function in (embed_texts, iter_images):
        setattr(CLIPEmbedder, function.__name__, function)


def die_at(row_store: type[Any], method: str, call: int, when: str) -> None:
    """Kill this process at a call of a row store's method, before it or after it."""
    real, calls = getattr(row_store, method), 0

    def deadly(self: Any, *values: Any, **arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(self, *values, **arguments)
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(row_store, method, deadly)


def limit_files(row_store: type[Any], size: int, call: int) -> None:
    """From a call of `add` on: what a store meets then is the system's own refusal to write."""
    real, calls = row_store.add, 0

    def limited(self: Any, *values: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        real(self, *values)

    setattr(row_store, real.__name__, limited)


def run(order: dict[str, Any]) -> None:
    log_embedded_items(Path(order["log"]))
    embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32", calibration="reference")
    held = opened(order["kind"], order["store"], order["collection"], embedder=embedder)
    if order.get("die_at"):
        die_at(held.row_store, *order["die_at"])
    if order.get("largest_file"):
        limit_files(held.row_store, *order["largest_file"])
    try:
        held.ingest([order["folder"]], prune=True, cache=order.get("cache"))
    except StoreError as error:
        Path(order["log"]).with_suffix(".error").write_text(str(error), encoding="utf-8")
        raise SystemExit(1) from error


def main() -> None:
    torch.set_num_threads(1)  # threads of a parent do not live on in its children
    warm = CLIPEmbedder("tiny", device="cpu", dtype="float32")
    warm.embed_texts(["warm"])
    warm.embed_images([np.zeros((8, 8, 3), np.uint8)])
    # The first is what a client of Chroma's imports when it is made. lancedb takes a second; it has one
    # thread, with nothing to do here, starts it anew in a child, and warns that it may have been at work.
    for name in ("chromadb.api.rust", "chroma_clip_embeddings", "lancedb_clip_embeddings", "pyarrow.dataset"):
        importlib.import_module(name)
    warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
    gc.collect()
    gc.freeze()  # else a collection in a child writes to every page that it shares with this process
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(json.loads(line))
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main()
