"""What only a fresh process shows: hash seeds, the registry of functions, and stores that are reopened."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from chromadb.api import ClientAPI
from chromadb.api.types import Schema, VectorIndexConfig
from pictures import photo
from reference import row_cosines

from chroma_clip_embeddings import CLIPEmbeddingFunction, add_items, open_collection, set_caption
from clip_embeddings import CLIPEmbedder

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])

# The field that Chroma embeds is the first one of a set; ours hands it vectors. No model is needed to see it.
SEEDED = """
import sys
import chromadb, numpy as np
from chroma_clip_embeddings import CLIPEmbeddingFunction, CLIPImageLoader, add_items, open_collection
from clip_embeddings import CLIPEmbedder, ImageBatch

class Fixed(CLIPEmbedder):
    dimension, fingerprint = 2, "fixed"
    def embed_texts(self, texts, **options):
        return np.array([[1, 0]] * len(texts), np.float32)
    def iter_images(self, images, **options):
        n = len(list(images))
        yield ImageBatch(np.array([[0, 1]] * n, np.float32), np.arange(n), ())
    def embed_images(self, images, **options):
        return np.concatenate([batch.embeddings for batch in self.iter_images(images)])

collection = open_collection(chromadb.EphemeralClient(), "photos", embedder=Fixed("tiny"))
collection.upsert(ids=["theirs"], uris=[sys.argv[1]], documents=["the sea"])
add_items(collection, ids=["ours"], uris=[sys.argv[1]], captions=["the sea"])
got = collection.get(ids=["theirs", "ours"], include=["embeddings", "documents", "uris"])
rows = dict(zip(got["ids"], zip(got["embeddings"], got["documents"], got["uris"])))
assert rows["ours"][1:] == ("the sea", sys.argv[1])
print(*("picture" if rows[id][0][1] else "text" for id in ("theirs", "ours")))
"""

# What works and what does not in a process that has not imported this package.
UNREGISTERED = """
import sys
import chromadb
collection = chromadb.PersistentClient(sys.argv[1]).get_collection("photos")
print(collection.count())
for call in (
    lambda: collection.query(query_texts=["a cat"]),
    lambda: collection.add(ids=["b"], documents=["a cat"]),
    lambda: collection.configuration,
):
    try:
        call()
    except Exception as error:
        print(type(error).__name__)
"""

REOPENED = """
import sys
from chroma_clip_embeddings import connect, open_collection, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError
client = connect(sys.argv[1])
collection = open_collection(client, "photos", create=False)
found = search(collection, text="a cat", k=1)
print(found.texts[0].id, f"{found.texts[0].score:.4f}", found.images[0].document)
print(collection.get(ids=["p"], include=["data"])["data"][0].shape)
print(client.get_collection("schema").query(query_texts=["a cat"], n_results=1)["ids"])
try:
    open_collection(client, "photos", embedder=CLIPEmbedder("tiny", long_text="chunk"))
except FingerprintMismatchError as error:
    print("refused")
"""


def output(program: str, *arguments: str, seed: str = "random") -> list[str]:
    """What it prints with an interpreter of its own."""
    env = {**os.environ, "PYTHONPATH": PATH, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_which_field_the_host_embeds_hangs_on_the_hash_seed_and_ours_does_not(tmp_path: Path) -> None:
    photo(40, 30).save(tmp_path / "a.png")
    found = set()
    for seed in (0, 2, 1, 3, 4, 5, 6, 7):  # until the host has embedded either: mostly, the first two do
        theirs, ours = output(SEEDED, str(tmp_path / "a.png"), seed=str(seed))[0].split()
        assert ours == "picture"
        found.add(theirs)
        if len(found) == 2:
            break
    assert found == {"picture", "text"}


@pytest.fixture
def filled(client: ClientAPI, tiny: CLIPEmbedder, store_folder: Path, tmp_path: Path) -> Path:
    """A store with a text and a captioned picture, and a collection made through a Schema."""
    path = tmp_path / "a.png"
    photo(40, 30).save(path)
    collection = open_collection(client, "photos", embedder=tiny)
    add_items(collection, ids=["t", "p"], texts=["a cat", None], images=[None, path])
    set_caption(collection, "p", "the sea")
    schema = Schema().create_index(
        config=VectorIndexConfig(embedding_function=CLIPEmbeddingFunction.of(tiny))
    )
    made: Any = client.create_collection("schema", schema=schema)
    made.add(ids=["t"], documents=["a cat"])
    # Through a Schema, Chroma builds a function from the config: device and dtype are the defaults again.
    stored = made.get(include=["embeddings"])["embeddings"]
    assert row_cosines(stored, tiny.embed_texts(["a cat"])).min() > 0.999
    assert open_collection(client, "schema", embedder=tiny).count() == 1
    return store_folder


def test_without_the_import_only_what_needs_no_function_works(filled: Path) -> None:
    assert output(UNREGISTERED, str(filled)) == ["2", "ValueError", "ValueError", "ValueError"]


def test_a_persisted_store_opens_in_a_new_process(filled: Path) -> None:
    command = [sys.executable, "-c", REOPENED, str(filled)]
    printed = warm.run(command, env={**os.environ, "PYTHONPATH": PATH}, check=True).stdout
    assert printed.splitlines() == [
        "t 1.0000 the sea",
        "(30, 40, 3)",
        "[['t']]",
        "refused",
    ]
