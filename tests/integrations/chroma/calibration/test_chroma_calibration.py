"""A calibrated collection: its calibration goes with it, into new processes and over HTTP."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
import warm
from chromadb.api import ClientAPI
from pictures import scene

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    add_items,
    embedder_of,
    open_collection,
)
from clip_embeddings import CLIPEmbedder, ModalityCalibration

ROOT = Path(__file__).parents[4]
TEXTS = ["a photo of a cat", "노을지는 바다"]
PICTURES = [np.asarray(scene(seed)) for seed in (3, 4)]


@pytest.fixture
def function() -> CLIPEmbeddingFunction:
    return CLIPEmbeddingFunction("tiny", calibration="reference", device="cpu", dtype="float32")


def test_the_function_embeds_documents_and_queries_each_in_their_role(
    function: CLIPEmbeddingFunction, calibrated: CLIPEmbedder
) -> None:
    items = [TEXTS[0], PICTURES[0]]
    for rows, role in ((function(items), "document"), (function.embed_query(items), "query")):
        expected = [
            *calibrated.embed_texts(TEXTS[:1], role=role),  # type: ignore[arg-type]
            *calibrated.embed_images(PICTURES[:1], role=role),  # type: ignore[arg-type]
        ]
        np.testing.assert_allclose(np.stack(rows), np.stack(expected), atol=1e-5)


def test_the_config_holds_the_calibration_whole_and_makes_the_same_function(
    function: CLIPEmbeddingFunction, reference: ModalityCalibration, tmp_path: Path
) -> None:
    reference.save(tmp_path / "own.json")
    config = function.get_config()
    assert config["calibration"] == reference.to_record()
    for given in (reference, tmp_path / "own.json", str(tmp_path / "own.json")):
        assert CLIPEmbeddingFunction("tiny", calibration=given).get_config() == config
    assert json.loads(json.dumps(config)) == config
    rebuilt = CLIPEmbeddingFunction.build_from_config(config)
    assert rebuilt.embedder.calibration == reference
    assert rebuilt.embedder.fingerprint == function.embedder.fingerprint
    assert rebuilt.get_config() == config
    assert "calibration" not in CLIPEmbeddingFunction("tiny").get_config()


def test_a_collection_opens_calibrated_whichever_way_it_is_opened(
    store: ClientAPI, unused: str, function: CLIPEmbeddingFunction, reference: ModalityCalibration
) -> None:
    made = store.create_collection(unused, embedding_function=function)
    assert made.configuration_json["hnsw"]["space"] == "cosine"
    add_items(made, ids=["t", "p"], texts=[TEXTS[0], None], images=[None, PICTURES[0]])
    expected = (
        function.embed_query([TEXTS[0]])[0] @ np.stack([*function(TEXTS[:1]), *function(PICTURES[:1])]).T
    )
    for opened in (store.get_collection(unused), open_collection(store, unused)):
        assert embedder_of(opened).calibration == reference
        found = opened.query(query_texts=TEXTS[:1], n_results=2)
        assert found["distances"] is not None
        cosines = dict(zip(found["ids"][0], 1 - np.array(found["distances"][0]), strict=True))
        # On a GPU the reopened one computes in bfloat16: device and dtype are never stored.
        assert [cosines["t"], cosines["p"]] == pytest.approx(expected.tolist(), abs=0.01)


PLAIN = """
import sys
import chromadb
import chroma_clip_embeddings
collection = chromadb.PersistentClient(sys.argv[1]).get_collection("photos")
found = collection.query(query_texts=[sys.argv[2]], n_results=2)
for id, distance in zip(found["ids"][0], found["distances"][0]):
    print(id, f"{1 - distance:.6f}")
"""


def test_plain_chromadb_in_a_new_process_gets_calibrated_results(
    client: ClientAPI, store_folder: Path, calibrated: CLIPEmbedder, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    """With no file of the calibration anywhere: it comes out of the store."""
    own = replace(calibrated.calibration, levels={}) if calibrated.calibration else None
    embedder = tiny.with_calibration(own)
    collection = open_collection(client, "photos", embedder=embedder)
    add_items(collection, ids=["t", "p"], texts=[TEXTS[0], None], images=[None, PICTURES[0]])
    run = warm.run(
        [sys.executable, "-c", PLAIN, str(store_folder), TEXTS[1]],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "integrations")])},
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stderr
    cosines = {line.split()[0]: float(line.split()[1]) for line in run.stdout.splitlines()}
    query = embedder.embed_texts(TEXTS[1:], role="query")[0]
    assert cosines == pytest.approx(
        {
            "t": float(query @ embedder.embed_texts(TEXTS[:1])[0]),
            "p": float(query @ embedder.embed_images(PICTURES[:1])[0]),
        },
        abs=0.01,
    )


def test_chromas_contract_of_a_multimodal_function_holds(
    client: ClientAPI, function: CLIPEmbeddingFunction
) -> None:
    """As `chromadb.test.ef.test_multimodal_ef`, whose module needs Chroma's server and its own test settings.

    There a query is embedded as a document is; ours has a role of its own, so neighbours are those of
    `embed_query`.
    """
    random = np.random.default_rng(0)
    pictures: list[Any] = [random.integers(0, 255, (10, 10, 3), dtype=np.uint8) for _ in range(11)]
    words = [str(random.integers(0, 255, (3, 3))) for _ in range(11)]
    collection: chromadb.Collection = client.create_collection("both", embedding_function=function)
    with pytest.raises(ValueError, match="Exactly one of"):
        collection.add(ids="0", documents=words[0], images=pictures[0])
    collection.add(ids=[f"t{i}" for i in range(10)], documents=words[:10])
    collection.add(ids=[f"p{i}" for i in range(10)], images=pictures[:10])
    stored = collection.get(include=["documents"])
    assert stored["documents"] is not None
    documents = dict(zip(stored["ids"], stored["documents"], strict=True))
    assert documents == {f"t{i}": words[i] for i in range(10)} | {f"p{i}": None for i in range(10)}
    ids = np.array([f"t{i}" for i in range(10)] + [f"p{i}" for i in range(10)])
    rows = np.stack([*function(words[:10]), *function(pictures[:10])])
    with pytest.raises(ValueError, match=r"query_images|query_texts|one of"):
        collection.query(query_texts=words[10:], query_images=pictures[10:])
    for asked, item in (("query_texts", words[10]), ("query_images", pictures[10])):
        nearest = ids[np.argsort(-(rows @ function.embed_query([item])[0]))[:3]]
        given: Any = {asked: [item]}
        assert collection.query(**given, n_results=3)["ids"] == [nearest.tolist()]
