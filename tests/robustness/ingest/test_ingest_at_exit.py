"""A program that ends while a daemon thread of it ingests: it ends, and what it says is ours."""

import os
import subprocess
import sys
from pathlib import Path

from stored import write_notes

from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder

PROGRAM = """
import atexit, sys, threading, time, torch
torch.set_num_threads(1)
from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder
tiny = CLIPEmbedder("tiny", device="cpu", dtype="float32")
collection = open_collection(connect(sys.argv[1]), "photos", embedder=tiny)
thread = threading.Thread(target=ingest, args=([sys.argv[2]], collection), daemon=True)
thread.start()
while not collection.count():
    time.sleep(0.02)
atexit.register(thread.join, 3)  # so that there is time to go on, and to say what is wrong
"""


def test_a_daemon_thread_that_ingests_lets_the_program_end(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    write_notes(tmp_path / "notes", 700)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "db"), str(tmp_path / "notes")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert done.returncode == 0
    assert "StoreError: cannot go on: the program ends." in done.stderr
    collection = open_collection(connect(tmp_path / "db"), "photos", embedder=tiny)
    assert ingest([tmp_path / "notes"], collection).skipped > 0
    assert collection.count() == 700
