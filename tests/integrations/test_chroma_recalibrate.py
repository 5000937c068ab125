"""A collection moved to another calibration: everything but the vectors as it was, and no way to half of it."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    add_items,
    connect,
    embedder_of,
    ingest,
    open_collection,
    open_migrated,
    recalibrate,
    recalibration,
    sample_collection,
    search,
)
from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    InvalidInputError,
    ModalityCalibration,
    StoreError,
    l2_normalize,
)

ROOT = Path(__file__).parents[2]
ROWS = 300

# Copies of one store, each recalibrated by a process of its own that ends itself with SIGKILL before its
# n-th change of the store, or that is killed after a share of the time that a whole run takes. Forked, so
# that importing happens once.
KILLED = """
import json, os, signal, sys, time
import chromadb
from chromadb.api.client import Client
from chroma_clip_embeddings import connect, recalibrate, recalibration

recalibration._ROWS = 100

def end_before_change(limit):
    made = [0]
    def counted(method):
        def call(*arguments, **options):
            if made[0] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            made[0] += 1
            return method(*arguments, **options)
        return call
    for owner, name in ((chromadb.Collection, "add"), (chromadb.Collection, "modify"),
                        (Client, "create_collection"), (Client, "delete_collection")):
        setattr(owner, name, counted(getattr(owner, name)))

def started(folder, limit):
    child = os.fork()
    if child:
        return child
    if limit is not None:
        end_before_change(limit)
    recalibrate(connect(folder), "photos", "reference")
    os._exit(9 if "torch" in sys.modules else 0)

ends, whole = {}, 0
for folder, limit, share in json.loads(sys.argv[1]):
    start, child = time.monotonic(), started(folder, limit)
    if share is not None:
        time.sleep(share * whole)
        os.kill(child, signal.SIGKILL)
    ends[folder] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if limit is not None:
        whole = time.monotonic() - start  # of the last one: that which was not ended
print(json.dumps(ends))
"""


def everything(collection: chromadb.Collection) -> dict[str, Any]:
    """Rows as they are stored; `embeddings` apart, as numbers are compared otherwise."""
    rows: Any = collection.get(include=["documents", "metadatas", "uris", "embeddings"])
    return {**rows, "embeddings": np.asarray(rows["embeddings"])}


def all_but_vectors(rows: dict[str, Any]) -> list[Any]:
    return [rows[column] for column in ("ids", "documents", "metadatas", "uris")]


def names(client: ClientAPI) -> list[str]:
    return sorted(collection.name for collection in client.list_collections())


@pytest.fixture(scope="module")
def reference(tiny: CLIPEmbedder) -> ModalityCalibration:
    calibration = tiny.with_calibration("reference").calibration
    assert calibration
    return calibration


@pytest.fixture
def another(tiny: CLIPEmbedder, reference: ModalityCalibration) -> ModalityCalibration:
    """A calibration of the same model with other means and no levels."""
    means = {kind: np.float32(0.8) * mean for kind, mean in reference.means.items()}
    return ModalityCalibration(reference.model, means, reference.counts, {}, {}, "a test")


@pytest.fixture
def photos(client: ClientAPI, tiny: CLIPEmbedder, folder: Path) -> chromadb.Collection:
    """Twelve pictures, some passages, a row with neither a uri nor a document, and metadata of each kind."""
    collection = open_collection(client, "photos", embedder=tiny)
    ingest([folder], collection)
    add_items(
        collection, ids=["zeta", "alpha"], texts=["a cat", "a dog"], metadatas=[{"n": 0.1, "b": True}] * 2
    )
    vector = tiny.embed_texts(["a sea"])
    collection.add(ids=["bare"], embeddings=vector, metadatas=[{"modality": "text", "tags": ["a", "b"]}])
    collection.modify(metadata={**collection.metadata, "owner": "Min"})
    return collection


def test_there_and_back_gives_the_same_collection(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, another: ModalityCalibration
) -> None:
    before, metadata = everything(photos), photos.metadata
    for calibration in ("reference", another, None):
        opened = recalibrate(client, "photos", calibration)
        assert all_but_vectors(everything(opened)) == all_but_vectors(before)
        assert embedder_of(opened).fingerprint == tiny.with_calibration(calibration).fingerprint
        assert opened.metadata == {**metadata, "clip_fingerprint": embedder_of(opened).fingerprint}
        assert names(client) == ["photos"]
    np.testing.assert_allclose(everything(opened)["embeddings"], before["embeddings"], atol=1e-5)


def test_it_equals_embedding_under_the_calibration(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder, folder: Path, reference: ModalityCalibration
) -> None:
    calibrated = open_collection(store, f"{unused}-new", embedder=tiny.with_calibration(reference))
    ingest([folder], calibrated)
    ingest([folder], open_collection(store, unused, embedder=tiny))
    moved = recalibrate(store, unused, reference)
    here, there = everything(moved), everything(calibrated)
    assert all_but_vectors(here) == all_but_vectors(there)
    np.testing.assert_allclose(here["embeddings"], there["embeddings"], atol=1e-5)
    assert moved.configuration_json == calibrated.configuration_json
    assert unused in names(store)
    assert not {f"{unused}.before", f"{unused}.recalibrating"} & set(names(store))


def test_afterwards_it_is_searched_and_written_under_the_new_calibration(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    recalibrate(client, "photos", "reference")
    opened = open_collection(client, "photos", embedder=tiny.with_calibration("reference"))
    assert search(opened, text="a cat", k=1).texts[0].id == "zeta"
    add_items(opened, ids=["new"], texts=["a cat"])
    rows = opened.get(ids=["new", "zeta"], include=["embeddings"])["embeddings"]
    assert rows is not None
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)
    with pytest.raises(FingerprintMismatchError):
        open_collection(client, "photos", embedder=tiny)


def test_many_rows_keep_their_order_over_batches(
    client: ClientAPI, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(recalibration, "_ROWS", 7)
    before = everything(filled(client, tiny))
    after = everything(recalibrate(client, "photos", "reference", show_progress=True))
    assert all_but_vectors(after) == all_but_vectors(before)
    assert "Recalibrating" in capsys.readouterr().out


def filled(client: ClientAPI, embedder: CLIPEmbedder) -> chromadb.Collection:
    """Rows of both modalities, mixed, with vectors of no model."""
    collection = open_collection(client, "photos", embedder=embedder)
    rng = np.random.default_rng(3)
    collection.add(
        ids=[f"{number * 7919 % ROWS}" for number in range(ROWS)],
        embeddings=l2_normalize(rng.normal(size=(ROWS, embedder.dimension))),
        documents=[f"words {number}" for number in range(ROWS)],
        metadatas=[{"modality": "text" if number % 3 else "image"} for number in range(ROWS)],
    )
    return collection


def test_the_space_and_the_index_settings_stay(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    settings = {"space": "ip", "ef_search": 50, "max_neighbors": 24, "batch_size": 50, "num_threads": 1}
    made = client.create_collection(
        "photos",
        embedding_function=CLIPEmbeddingFunction.of(tiny),
        configuration={"hnsw": settings},  # type: ignore[typeddict-item]
    )
    add_items(made, ids=["t"], texts=["a cat"])
    opened = recalibrate(client, "photos", "reference")
    assert opened.configuration_json["hnsw"] == made.configuration_json["hnsw"]
    index = opened._model.serialized_schema["keys"]["#embedding"]["float_list"]["vector_index"]["config"]
    assert settings == {name: index.get(name, index["hnsw"].get(name)) for name in settings}


def test_metadata_that_the_host_would_refuse_again_does_not_stop_it(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    function = CLIPEmbeddingFunction("tiny")
    space = {"hnsw:space": "cosine", "owner": "Min"}
    client.create_collection("photos", embedding_function=function, metadata=space)
    opened = recalibrate(client, "photos", "reference")
    assert opened.metadata == {"owner": "Min", "clip_fingerprint": embedder_of(opened).fingerprint}
    assert opened.configuration_json["hnsw"]["space"] == "cosine"
    assert opened.count() == 0


def test_a_collection_moved_in_from_elsewhere_becomes_one_of_ours(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    texts = ["a cat", "a dog"]
    theirs = client.create_collection(
        "theirs", embedding_function=None, configuration={"hnsw": {"space": "l2"}}
    )
    theirs.add(ids=["0", "1"], documents=texts, embeddings=tiny.embed_texts(texts))
    moved = open_migrated(client, "theirs", embedder=tiny)
    moved.update(ids=["0", "1"], metadatas=[{"modality": "text"}] * 2)
    recalibrate(client, "theirs", "reference")
    opened = client.get_collection("theirs")
    assert opened.configuration_json["embedding_function"]["name"] == CLIPEmbeddingFunction.name()
    assert "clip_identity" not in opened.metadata
    assert opened.configuration_json["hnsw"]["space"] == "l2"
    assert opened.query(query_texts=["a dog"], n_results=1)["ids"] == [["1"]]


def test_the_calibration_that_it_has_changes_nothing(
    client: ClientAPI, photos: chromadb.Collection, tmp_path: Path, reference: ModalityCalibration
) -> None:
    assert recalibrate(client, "photos", None).id == photos.id
    opened = recalibrate(client, "photos", "reference")
    reference.save(tmp_path / "same.json")
    assert recalibrate(client, "photos", tmp_path / "same.json").id == opened.id
    assert names(client) == ["photos"]


def test_a_collection_moves_to_a_calibration_measured_on_itself(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    made = sample_collection(photos).calibration(tiny.model_fingerprint, source="itself", minimum=10)
    opened = recalibrate(client, "photos", made)
    again = sample_collection(opened).calibration(tiny.model_fingerprint, minimum=10)
    for kind, mean in made.means.items():
        np.testing.assert_allclose(again.means[kind], mean, atol=1e-5)


@pytest.mark.parametrize(
    ("calibration", "error", "message"),
    [
        ("no-such-file.json", InvalidInputError, "no-such-file.json"),
        ("another model", FingerprintMismatchError, "was measured on the model"),
    ],
)
def test_a_calibration_that_cannot_be_used_is_refused_before_anything_is_written(
    client: ClientAPI,
    photos: chromadb.Collection,
    reference: ModalityCalibration,
    calibration: Any,
    error: type[Exception],
    message: str,
) -> None:
    if calibration == "another model":
        calibration = ModalityCalibration("0123456789abcdef", reference.means, reference.counts, {})
    with pytest.raises(error, match=message):
        recalibrate(client, "photos", calibration)
    assert names(client) == ["photos"]
    assert open_collection(client, "photos").id == photos.id


def test_a_row_without_a_modality_is_named_and_the_fix_that_is_given_works(
    client: ClientAPI, photos: chromadb.Collection
) -> None:
    photos.add(ids=["plain"], documents=["added by Chroma's own call"])
    with pytest.raises(StoreError, match=r"row 'plain' has no modality \(one of 1 such rows\)") as caught:
        recalibrate(client, "photos", "reference")
    assert names(client) == ["photos"]
    collection = photos  # noqa: F841
    fix = str(caught.value).partition("Write it: ")[2].partition(", or")[0]
    exec(fix)
    assert recalibrate(client, "photos", "reference").count() == photos_count(client)


def photos_count(client: ClientAPI) -> int:
    return client.get_collection("photos").count()


def test_a_collection_that_is_not_there_is_named_with_those_that_are(
    client: ClientAPI, photos: chromadb.Collection
) -> None:
    with pytest.raises(StoreError, match=r"no collection 'fotos' in this store; it has: photos"):
        recalibrate(client, "fotos", "reference")


@pytest.mark.parametrize("other", ["photos.before", "photos.recalibrating"])
def test_a_collection_of_the_users_own_under_a_name_in_between_is_left_alone(
    client: ClientAPI, photos: chromadb.Collection, other: str
) -> None:
    kept = client.create_collection(other, embedding_function=None)
    with pytest.raises(StoreError, match=rf"'{other}' is in the way: .*Rename it"):
        recalibrate(client, "photos", "reference")
    assert client.get_collection(other, embedding_function=None).id == kept.id
    kept.modify(name="mine")
    assert recalibrate(client, "photos", "reference").count() == photos_count(client)


def test_rows_written_meanwhile_are_noticed_and_the_collection_stays(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = chromadb.Collection.add

    def adding(copy: chromadb.Collection, **rows: Any) -> None:
        add(copy, **rows)
        photos.upsert(ids=["late"], embeddings=tiny.embed_texts(["late"]), metadatas=[{"modality": "text"}])

    monkeypatch.setattr(chromadb.Collection, "add", adding)
    with pytest.raises(StoreError, match=r"was written to while it was recalibrated .*It is as it was"):
        recalibrate(client, "photos", "reference")
    assert names(client) == ["photos"]
    assert open_collection(client, "photos").id == photos.id


def test_a_store_that_fails_says_how_to_go_on(
    client: ClientAPI, photos: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, count = chromadb.Collection.modify, photos.count()

    def failing(collection: chromadb.Collection, **changes: Any) -> None:
        if changes.get("name") == "photos":
            raise ConnectionError("connection refused")
        rename(collection, **changes)

    with monkeypatch.context() as broken:
        broken.setattr(chromadb.Collection, "modify", failing)
        with pytest.raises(
            StoreError, match=r"finish recalibrating 'photos': connection refused\. No row is lost"
        ):
            recalibrate(client, "photos", "reference")
    assert names(client) == ["photos.before", "photos.recalibrating"]
    assert recalibrate(client, "photos", "reference").count() == count
    assert names(client) == ["photos"]


def test_a_name_given_away_between_two_steps_loses_no_row(
    client: ClientAPI, photos: chromadb.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program that makes what it does not find takes the name while nobody has it."""
    rename, count = chromadb.Collection.modify, photos.count()

    def taken(collection: chromadb.Collection, **changes: Any) -> None:
        if changes.get("name") == "photos":
            client.create_collection("photos", embedding_function=CLIPEmbeddingFunction("tiny"))
        rename(collection, **changes)

    with monkeypatch.context() as busy:
        busy.setattr(chromadb.Collection, "modify", taken)
        with pytest.raises(StoreError, match="cannot finish recalibrating 'photos'"):
            recalibrate(client, "photos", "reference")
    for _ in range(2):
        with pytest.raises(StoreError, match=r"'photos' was made anew.*rows are in 'photos.recalibrating'"):
            recalibrate(client, "photos", "reference")
    client.delete_collection("photos")
    assert open_collection(client, "photos").count() == count


def test_a_deleted_collection_does_not_come_back(
    client: ClientAPI, photos: chromadb.Collection, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A complete copy alone is no reason: only where the old rows stand aside for it."""

    def failing(*arguments: Any) -> None:
        raise ConnectionError("connection refused")

    rename = chromadb.Collection.modify

    def marked_only(collection: chromadb.Collection, **changes: Any) -> None:
        if "name" in changes:
            failing()
        rename(collection, **changes)

    with monkeypatch.context() as broken:
        broken.setattr(chromadb.Collection, "modify", marked_only)
        with pytest.raises(StoreError, match="connection refused"):
            recalibrate(client, "photos", "reference")
    client.delete_collection("photos")
    assert open_collection(client, "photos", embedder=tiny).count() == 0


def test_a_run_that_is_killed_leaves_the_old_state_or_the_new_one(
    store_folder: Path, tmp_path: Path, tiny: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    raw = everything(filled(connect(store_folder), tiny))
    modalities = np.array([metadata["modality"] for metadata in raw["metadatas"]])
    calibrated = np.empty_like(raw["embeddings"])
    for modality in ("text", "image"):
        here = modalities == modality
        calibrated[here] = reference.apply(raw["embeddings"][here], modality)  # type: ignore[arg-type]
    shares = random.Random(0)
    # Changes: create, three batches, the mark, two renamings, delete, the mark's removal.
    runs: list[Any] = [[f"step-{limit}", limit, None] for limit in range(10)]
    runs += [[f"time-{number}", None, shares.uniform(0.1, 1)] for number in range(10)]
    for run in runs:
        run[0] = str(shutil.copytree(store_folder, tmp_path / run[0]))
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, json.dumps(runs)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ends = list(json.loads(done.stdout).values())
    assert ends[:9] == [-9] * 9
    assert ends[9] == 0  # nothing left to be killed before; and torch was not loaded
    states = []
    for folder, *_ in runs:
        client = connect(folder)
        opened = open_collection(client, "photos")
        rows = everything(opened)
        assert all_but_vectors(rows) == all_but_vectors(raw)
        is_new = embedder_of(opened).calibration is not None
        np.testing.assert_allclose(rows["embeddings"], calibrated if is_new else raw["embeddings"], atol=1e-5)
        states.append(is_new)
        again = recalibrate(client, "photos", "reference")
        np.testing.assert_allclose(everything(again)["embeddings"], calibrated, atol=1e-5)
        assert names(client) == ["photos"]
        assert again.metadata == {"clip_fingerprint": embedder_of(again).fingerprint}
    assert states[:10] == [False] * 6 + [True] * 4
    print(states, ends)
