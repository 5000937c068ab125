"""What is refused of a calibrated collection: another calibration or none, and one that cannot be read."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import CLIPEmbeddingFunction, add_items, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, ModalityCalibration


@pytest.fixture
def function() -> CLIPEmbeddingFunction:
    return CLIPEmbeddingFunction("tiny", calibration="reference", device="cpu", dtype="float32")


@pytest.fixture
def others(tiny: CLIPEmbedder, calibrated: CLIPEmbedder, reference: ModalityCalibration) -> Any:
    """(what is stored, what comes): raw and calibrated, both ways round, and two calibrations."""
    centred = tiny.with_calibration(replace(reference, levels={}))
    return [(tiny, calibrated), (calibrated, tiny), (calibrated, centred)]


def test_raw_and_calibrated_vectors_never_meet(
    store: ClientAPI, unused: str, others: list[tuple[CLIPEmbedder, CLIPEmbedder]], folder: Path
) -> None:
    for number, (stored, coming) in enumerate(others):
        name = f"{unused}-{number}"
        add_items(open_collection(store, name, embedder=stored), ids=["t"], texts=["a cat"])
        mixed = store.get_collection(name, embedding_function=CLIPEmbeddingFunction.of(coming))
        calls: list[Callable[[], object]] = [
            lambda name=name, coming=coming: open_collection(store, name, embedder=coming),  # type: ignore[misc]
            lambda mixed=mixed: add_items(mixed, ids=["u"], texts=["a dog"]),  # type: ignore[misc]
            lambda mixed=mixed: ingest([folder / "notes"], mixed),  # type: ignore[misc]
            lambda mixed=mixed: search(mixed, text="a cat"),  # type: ignore[misc]
        ]
        for call in calls:
            with pytest.raises(FingerprintMismatchError) as caught:
                call()
            for embedder in (stored, coming):
                assert embedder.fingerprint in str(caught.value)
                kind = f"calibration={embedder.calibration.id}" if embedder.calibration else "raw"
                assert kind in str(caught.value)
            assert str(caught.value).endswith("or move its vectors to another one: recalibrate")
            assert len(str(caught.value)) < 500
        assert mixed.count() == 1


def test_a_collection_made_through_chroma_refuses_before_a_fingerprint_is_on_record(
    client: ClientAPI, function: CLIPEmbeddingFunction, tiny: CLIPEmbedder
) -> None:
    client.create_collection("photos", embedding_function=function)
    mixed = client.get_collection("photos", embedding_function=CLIPEmbeddingFunction.of(tiny))
    with pytest.raises(FingerprintMismatchError, match=r"fingerprint not recorded.*raw \(no calibration\)"):
        add_items(mixed, ids=["t"], texts=["a cat"])


def test_a_bad_calibration_fails_where_it_is_given_not_in_the_store(
    client: ClientAPI, embedder: CLIPEmbedder, reference: ModalityCalibration, tmp_path: Path
) -> None:
    """In `get_config` an error would silently make it a collection of l2 space without a config."""
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    checkpoint = embedder.config.model
    bad: list[tuple[Callable[[], object], type[Exception], str]] = [
        (
            lambda: CLIPEmbeddingFunction("tiny", calibration="absent.json"),
            InvalidInputError,
            "cannot be read",
        ),
        (
            lambda: CLIPEmbeddingFunction("tiny", calibration=tmp_path / "other.json"),
            InvalidInputError,
            "is not a calibration",
        ),
        (
            lambda: CLIPEmbeddingFunction(checkpoint, calibration="reference"),
            InvalidInputError,
            "ships with no",
        ),
        (
            lambda: open_collection(client, "photos", embedder=embedder.with_calibration("absent.json")),
            InvalidInputError,
            "cannot be read",
        ),
        (
            lambda: open_collection(client, "photos", embedder=embedder.with_calibration(reference)),
            FingerprintMismatchError,
            "was measured on the model",
        ),
    ]
    for make, error, message in bad:
        with pytest.raises(error, match=message):
            make()
    assert client.list_collections() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda record: record.update(version=2),
            "is of version 2; this clip-embeddings reads 1: upgrade it",
        ),
        (lambda record: record.update(model="another"), "is damaged"),
        (lambda record: record.pop("means"), "is not a calibration"),
        (lambda record: record.clear(), "is not a calibration"),
    ],
)
def test_a_stored_calibration_that_cannot_be_read_builds_but_embeds_nothing(
    client: ClientAPI, function: CLIPEmbeddingFunction, change: Callable[[Any], Any], message: str
) -> None:
    config = json.loads(json.dumps(function.get_config()))
    change(config["calibration"])
    built = CLIPEmbeddingFunction.build_from_config(config)
    assert built.get_config() == config
    client.create_collection("photos", embedding_function=built)
    opened = client.get_collection("photos")
    calls: list[Callable[[], object]] = [
        lambda: opened.add(ids=["t"], documents=["a cat"]),
        lambda: opened.query(query_texts=["a cat"]),
        lambda: search(opened, text="a cat"),
        lambda: open_collection(client, "photos"),
    ]
    for call in calls:
        with pytest.raises(InvalidInputError, match="the embedding function on record") as caught:
            call()
        assert message in str(caught.value)
        assert len(str(caught.value)) < 400
    assert opened.configuration_json["hnsw"]["space"] == "cosine"


def test_a_stored_calibration_of_another_model_is_refused_at_first_use(
    client: ClientAPI, function: CLIPEmbeddingFunction, embedder: CLIPEmbedder
) -> None:
    """The folder of the model was replaced, say: the calibration is read, and does not fit."""
    config = {**function.get_config(), "model_name": embedder.config.model}
    built = CLIPEmbeddingFunction.build_from_config(config)
    assert built.get_config() == config
    with pytest.raises((InvalidInputError, FingerprintMismatchError), match="was measured on the model"):
        built(["a cat"])


def test_an_update_to_another_calibration_is_refused_in_words(
    function: CLIPEmbeddingFunction, reference: ModalityCalibration
) -> None:
    old = function.get_config()
    function.validate_config_update(old, json.loads(json.dumps(old)))
    centred = CLIPEmbeddingFunction("tiny", calibration=replace(reference, levels={})).get_config()
    for new in (centred, CLIPEmbeddingFunction("tiny").get_config()):
        for before, after in ((old, new), (new, old)):
            with pytest.raises(InvalidInputError, match=r"^calibration cannot change") as caught:
                function.validate_config_update(before, after)
            assert reference.id in str(caught.value)
            assert len(str(caught.value)) < 400
