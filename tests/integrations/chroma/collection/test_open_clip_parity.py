"""Moving in from open_clip: one set of random weights in both layouts gives the same vectors.

open_clip needs torchvision, which breaks transformers beside a CPU build of torch, so it lives in a folder of
its own and runs in another process: `make` installs the dependency group "peers" into <environment>/peers.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
import warm
from open_clip_backend.open_clip_layout import write_twin
from pictures import photo
from reference import row_cosines

from chroma_clip_embeddings import add_items, open_collection, open_migrated, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, StoreError, TruncationWarning

PEERS = Path(sys.prefix) / "peers"
TEXTS = [
    "a photo of a cat",
    "Two Dogs, running; on the beach at sunset!",
    "it's 3 o'clock   in the morning",
    "노을지는 바다에서 산책했다",
    "café naïve 🚗 №5",
    "the quick brown fox jumps over the lazy dog " * 12,
]

pytestmark = [
    pytest.mark.skipif(
        not (PEERS / "open_clip").is_dir(),
        reason='needs the dependency group "peers" in a folder peers of the environment; see the Makefile',
    ),
    pytest.mark.filterwarnings("ignore::clip_embeddings.TruncationWarning"),
]


PICTURES = [photo(*size, seed=i) for i, size in enumerate([(64, 64), (200, 90), (31, 77), (500, 375)])]


class Moved:
    """What open_clip left in a folder, and our embedder on the same weights."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shape = json.loads((folder / f"{folder.name}.json").read_text())
        archive = PEERS / "open_clip" / "bpe_simple_vocab_16e6.txt.gz"
        self.twin = write_twin(folder / "w.safetensors", shape, archive, folder / "twin")
        self.embedder = CLIPEmbedder(str(self.twin), device="cpu", dtype="float32")
        self.vectors = np.load(folder / "vectors.npz")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Moved]:
    """A model of each activation: LAION's checkpoints have gelu, OpenAI's quick_gelu."""
    folders = [tmp_path_factory.mktemp("open-clip") / name for name in ("gelu", "quick_gelu")]
    for folder in folders:
        folder.mkdir()
        for i, picture in enumerate(PICTURES):
            picture.save(folder / f"{i}.png")
        (folder / "texts.json").write_text(json.dumps(TEXTS), encoding="utf-8")
    program = Path(__file__).parents[3] / "helpers" / "open_clip_backend" / "open_clip_side.py"
    command = [sys.executable, str(program), *map(str, folders)]
    done = warm.run(command, env={**os.environ, "PYTHONPATH": str(PEERS)})
    assert done.returncode == 0, done.stderr
    return {folder.name: Moved(folder) for folder in folders}


@pytest.fixture(params=["gelu", "quick_gelu"])
def moved(request: pytest.FixtureRequest, both: dict[str, Moved]) -> Moved:
    return both[request.param]


@pytest.fixture
def laion(both: dict[str, Moved]) -> Moved:
    return both["gelu"]


def client_of(moved: Moved, folder: Path) -> Any:
    """A store of the test's own with the collection that Chroma's class filled."""
    return chromadb.PersistentClient(str(shutil.copytree(moved.folder / "db", folder / "db")))


def test_texts_have_the_same_vectors_in_both_layouts(moved: Moved) -> None:
    ours = moved.embedder.embed_texts(TEXTS)
    assert row_cosines(ours, moved.vectors["text"]).min() >= 0.99999
    assert np.abs(ours @ ours.T - np.eye(len(ours))).max() < 0.95  # they tell the texts apart


def test_pictures_have_the_same_vectors_in_both_layouts(moved: Moved) -> None:
    ours = moved.embedder.embed_images(PICTURES)
    assert row_cosines(ours, moved.vectors["image"]).min() >= 0.9999
    assert np.abs(ours @ ours.T - np.eye(len(ours))).max() < 0.95


def test_a_collection_of_chromas_own_class_is_opened_searched_and_added_to(
    laion: Moved, tmp_path: Path
) -> None:
    client = client_of(laion, tmp_path)
    with pytest.raises(StoreError, match=r"made with open_clip.*open_migrated"):
        open_collection(client, "theirs", embedder=laion.embedder)
    collection = open_migrated(client, "theirs", embedder=laion.embedder)
    assert collection.query(query_texts=[TEXTS[1]], n_results=1)["ids"] == [["t1"]]
    found: Any = collection.query(query_images=[np.asarray(PICTURES[2])], n_results=1)
    assert (found["ids"], found["distances"][0][0] < 1e-3) == ([["p2"]], True)
    add_items(collection, ids=["new"], texts=["a new text"])
    collection.add(ids=["newer"], documents=["a newer text"])  # builds no open_clip model on the way
    reopened = open_collection(client, "theirs")
    assert reopened.count() == len(TEXTS) + len(PICTURES) + 2
    assert search(reopened, text="a new text").texts[0].id == "new"


def test_other_weights_are_refused_and_leave_no_record(
    laion: Moved, embedder: CLIPEmbedder, copy_of: Any, tmp_path: Path
) -> None:
    client = client_of(laion, tmp_path)
    with pytest.raises(FingerprintMismatchError, match="their length is 48, not 24"):
        open_migrated(client, "theirs", embedder=embedder)
    other = CLIPEmbedder(str(_disturbed(laion.twin, tmp_path / "other")))
    with pytest.raises(FingerprintMismatchError, match="a stored text has cosine"):
        open_migrated(client, "theirs", embedder=other)
    assert not client.get_collection("theirs", embedding_function=None).metadata


def _disturbed(folder: Path, copy: Path) -> Path:
    from safetensors.torch import load_file, save_file

    shutil.copytree(folder, copy)
    weights = load_file(copy / "model.safetensors")
    weights["text_projection.weight"] = weights["text_projection.weight"].roll(1, 0)
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    return copy


def test_a_text_over_the_limit_is_cut_as_open_clip_cuts_it(laion: Moved) -> None:
    with pytest.warns(TruncationWarning):
        laion.embedder.embed_texts(TEXTS[-1:])
