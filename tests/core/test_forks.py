"""A process that is forked in the middle of something works on, whatever its parent was doing."""

import os
import re
import sys

import pytest
import warm

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

# How the parent of each program below ends: with the child's exit code, or without an answer.
WAIT_FOR_CHILD = """
for _ in range(300):
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        break
    threading.Event().wait(0.1)
else:
    os.kill(child, 9)
go.set()
thread.join()
raise SystemExit(os.waitstatus_to_exitcode(status) if done else "the child never answered")
"""
IN_FLIGHT = """
import asyncio, os, threading, warnings
import numpy as np
from clip_embeddings import CLIPEmbedder
warnings.simplefilter("ignore")  # newer Pythons warn of a fork beside threads, which is what this is about

embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32")
expected = embedder.embed_texts(["a cat"])
go, inside = threading.Event(), threading.Event()
encode = embedder._encoder.encode_text

def slow(ids):
    inside.set()
    go.wait(30)
    return encode(ids)

embedder._encoder.encode_text = slow
thread = threading.Thread(target=lambda: asyncio.run(embedder.aembed_texts(["a dog"])))
thread.start()
assert inside.wait(30)
child = os.fork()
if child == 0:
    embedder._encoder.encode_text = encode
    rows = [asyncio.run(embedder.aembed_texts(["a cat"])) for _ in range(2)]
    os._exit(0 if all(np.abs(each - expected).max() < 1e-5 for each in rows) else 3)
go.set()
"""
HELD = """
import os, threading, warnings
from PIL import Image
from clip_embeddings import CLIPEmbedder
from clip_embeddings.inputs import images
from clip_embeddings.models import loaded
warnings.simplefilter("ignore")

embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32")
inside, go = threading.Event(), threading.Event()

def hold():
    with images._LOADING, loaded._LOADING, embedder._encoder._loading:
        inside.set()
        go.wait(30)

embedder._encoder
thread = threading.Thread(target=hold)
thread.start()
assert inside.wait(30)
child = os.fork()
if child == 0:
    other = CLIPEmbedder("tiny", device="cpu", dtype="float32", batch_size=2)
    rows = other.embed_images([Image.new("RGB", (20, 30))])
    os._exit(0 if rows.shape == (1, 128) else 3)
"""


@pytest.mark.parametrize("program", [IN_FLIGHT, HELD], ids=["calls in flight", "locks that are held"])
def test_a_child_answers(program: str) -> None:
    done = warm.run([sys.executable, "-c", program + WAIT_FOR_CHILD], timeout=90)
    # Older releases of tokenizers say what they do at a fork.
    said = re.sub(r"huggingface/tokenizers: .*?\(true \| false\)\n", "", done.stderr, flags=re.DOTALL)
    assert (done.returncode, said) == (0, "")
