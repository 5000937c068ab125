"""Behind Chroma, LangChain and ingestion: stored, opened again from what is on record, never mixed up."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import warm
from langchain_core.documents import Document
from pictures import photo
from sentence_transformers_backend.small import chat_model

from chroma_clip_embeddings import CLIPEmbeddingFunction, connect, ingest, open_collection, search
from clip_embeddings import (
    CalibrationEstimator,
    CLIPEmbedder,
    EmbedderConfig,
    FingerprintMismatchError,
    ZeroShotClassifier,
)
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

Ours = Callable[..., CLIPEmbedder]
# A new process that knows nothing but the store.
AGAIN = """
import json, sys
from chroma_clip_embeddings import connect, open_collection, search
collection = open_collection(connect(sys.argv[1]), "photos", create=False)
found = search(collection, text="two dogs", k=3)
print(json.dumps([[hit.id, hit.score] for hit in (*found.texts, *found.images)]))
"""


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    for number in range(3):
        photo(40, 30 + number, seed=number).save(folder / f"{number}.png")
    (folder / "dogs.txt").write_text("Two dogs on the beach.")
    return folder


def test_a_folder_is_ingested_and_found_again_in_a_new_process(
    ours: Ours, media: Path, tmp_path: Path
) -> None:
    embedder = ours("chat", truncate_dim=16)
    collection = open_collection(connect(tmp_path / "db"), "photos", embedder=embedder)
    report = ingest([media], collection)
    assert (report.added, report.failures) == (4, [])
    assert ingest([media], collection).added == 0
    found = search(collection, text="two dogs", k=3)
    hits = [(hit.id, hit.score) for hit in (*found.texts, *found.images)]
    pictures = embedder.embed_images([hit.uri for hit in found.images])
    asked = embedder.embed_texts(["two dogs"], role="query")[0]
    assert [hit.score for hit in found.images] == pytest.approx(list(pictures @ asked), abs=1e-5)
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = warm.run([sys.executable, "-c", AGAIN, str(tmp_path / "db")], env=env, timeout=120)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert [each[0] for each in again] == [each[0] for each in hits]
    assert [each[1] for each in again] == pytest.approx([each[1] for each in hits], abs=1e-2)  # any precision


def test_a_collection_refuses_other_weights_and_another_length(
    ours: Ours, folders: dict[str, Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folders["chat"], tmp_path / "model"))
    name = f"sentence_transformers:{folder}"
    function = CLIPEmbeddingFunction(name, truncate_dim=16, device="cpu", dtype="float32")
    stored = function.get_config()
    assert (stored["model_name"], stored["truncate_dim"]) == (name, 16)
    assert "truncate_dim" not in CLIPEmbeddingFunction(name).get_config()
    made = open_collection(connect(tmp_path / "db"), "photos", embedder=ours(folder, truncate_dim=16))
    made.add(ids=["a"], documents=["a cat"])
    again = CLIPEmbeddingFunction.build_from_config(stored)
    assert again.embedder.fingerprint == function.embedder.fingerprint
    for other in (ours(folder), ours(folder, truncate_dim=8), ours("clip")):
        with pytest.raises(FingerprintMismatchError):
            open_collection(connect(tmp_path / "db"), "photos", embedder=other)
    shutil.rmtree(folder)
    chat_model(folder, seed=1)
    with pytest.raises(FingerprintMismatchError):
        open_collection(connect(tmp_path / "db"), "photos", embedder=ours(folder, truncate_dim=16))


def test_a_relative_folder_is_recorded_by_its_whole_path(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folders["chat"].parent)
    relative = CLIPEmbedder("sentence_transformers:chat")
    assert relative.portable_config.model == f"sentence_transformers:{folders['chat']}"
    assert EmbedderConfig(truncate_dim=8).identity()["truncate_dim"] == 8
    assert "truncate_dim" not in EmbedderConfig().identity()


def test_langchain_asks_with_the_prompt_of_a_query(
    ours: Ours, folders: dict[str, Path], tmp_path: Path
) -> None:
    embeddings = CLIPEmbeddings(
        model=f"sentence_transformers:{folders['chat']}", truncate_dim=16, device="cpu", dtype="float32"
    )
    embedder = ours("chat", truncate_dim=16)
    assert np.allclose(embeddings.embed_query("a cat"), embedder.embed_texts(["a cat"], role="query")[0])
    assert np.allclose(embeddings.embed_documents(["a cat"])[0], embedder.embed_texts(["a cat"])[0])
    assert CLIPEmbeddings(**embeddings.model_dump()).fingerprint == embedder.fingerprint
    store = MultimodalChroma("notes", embeddings, persist_directory=str(tmp_path / "db"))
    store.add_documents([Document("two dogs on the beach"), Document("a red car")])
    assert len(store.similarity_search("dogs", k=2)) == 2


def test_calibration_and_labels_work(ours: Ours) -> None:
    embedder = ours("chat")
    pictures = [photo(40, 30, seed=seed) for seed in range(6)]
    estimator = CalibrationEstimator()
    estimator.add(embedder.embed_texts([f"number {n}" for n in range(6)]), "text")
    estimator.add(embedder.embed_images(pictures), "image")
    made = estimator.calibration(embedder.model_fingerprint, minimum=2)
    calibrated = embedder.with_calibration(made)
    assert calibrated.fingerprint != embedder.fingerprint
    assert not np.allclose(calibrated.embed_texts(["a cat"]), embedder.embed_texts(["a cat"]))
    classes = ZeroShotClassifier(embedder, ["a cat", "a dog"])
    assert len(classes.predict(pictures)) == 6
