"""What the release before recorded still opens: its fingerprints were of files, ours are of tensors."""

import json
from dataclasses import replace
from pathlib import Path

import chromadb
import pytest

from chroma_clip_embeddings import add_items, connect, open_collection, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, ModalityCalibration, ZeroShotClassifier
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

# What that scheme makes of the bundled weights: raw, with the reference calibration, and for a calibration.
RAW, CALIBRATED, MODEL = "32e013776e297901", "a75192ef9596d0c8", "d06f11e527734e94"


def earlier(collection: chromadb.Collection, fingerprint: str) -> None:
    """Make a collection one of that release."""
    collection.modify(metadata={"clip_fingerprint": fingerprint})


@pytest.mark.parametrize(("calibration", "fingerprint"), [(None, RAW), ("reference", CALIBRATED)])
def test_a_stored_collection_opens_is_added_to_and_keeps_what_it_records(
    tmp_path: Path, calibration: str | None, fingerprint: str
) -> None:
    embedder = CLIPEmbedder("tiny", device="cpu", dtype="float32", calibration=calibration)
    assert embedder.fingerprint != fingerprint
    made = open_collection(connect(tmp_path), "old", embedder=embedder)
    add_items(made, ids=["a"], texts=["a cat"])
    earlier(made, fingerprint)
    opened = open_collection(connect(tmp_path), "old", embedder=embedder, create=False)
    add_items(opened, ids=["b"], texts=["a dog on the beach"])
    assert [hit.id for hit in search(opened, text="a cat").hits][:1] == ["a"]
    assert opened.metadata["clip_fingerprint"] == fingerprint
    # LangChain's record manager finds what it wrote under that name.
    store = MultimodalChroma("old", CLIPEmbeddings.of(embedder), persist_directory=tmp_path)
    assert store.index_namespace == f"clip-embeddings/old/{fingerprint}"


def test_another_model_is_refused_as_before(tmp_path: Path, checkpoint: Path) -> None:
    made = open_collection(connect(tmp_path), "old", embedder=CLIPEmbedder("tiny"))
    earlier(made, RAW)
    for other in (CLIPEmbedder(str(checkpoint)), CLIPEmbedder("tiny", long_text="chunk")):
        with pytest.raises(FingerprintMismatchError, match=RAW):
            open_collection(connect(tmp_path), "old", embedder=other, create=False)


def test_a_calibration_is_still_one_of_its_model(
    tiny: CLIPEmbedder, checkpoint: Path, tmp_path: Path
) -> None:
    shipped = tiny.with_calibration("reference").calibration
    assert isinstance(shipped, ModalityCalibration)
    reference = replace(shipped, model=MODEL)  # as that release wrote it
    assert tiny.matches_model(MODEL)
    assert tiny.with_calibration(reference).calibration == reference
    with pytest.raises(FingerprintMismatchError, match="was measured on the model with fingerprint"):
        _ = CLIPEmbedder(str(checkpoint), calibration=reference).calibration


def test_a_saved_classifier_loads(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    path = tmp_path / "classes.json"
    ZeroShotClassifier(tiny, ["cat", "dog"]).save(path)
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "fingerprint": RAW}))
    assert ZeroShotClassifier.load(path, tiny).labels == ("cat", "dog")
    path.write_text(json.dumps({**record, "fingerprint": CALIBRATED}))
    with pytest.raises(FingerprintMismatchError):
        ZeroShotClassifier.load(path, tiny)
