"""A calibration among LangChain's settings: kept with the store, written down, read again, refused."""

import copy
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
from chromadb.api import ClientAPI
from pydantic import ValidationError

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, ModalityCalibration
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma


def test_without_embeddings_a_store_opens_with_its_calibration_and_others_are_refused(
    client: ClientAPI, tiny: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    made = MultimodalChroma("photos", CLIPEmbeddings(model="tiny", calibration="reference"), client=client)
    made.add_texts(["a cat"])
    opened = MultimodalChroma("photos", client=client)
    assert opened.embedder.calibration == reference
    assert opened.embeddings is not None
    assert opened.index_namespace == made.index_namespace
    for other in (None, replace(reference, levels={})):
        with pytest.raises(FingerprintMismatchError, match=reference.id):
            MultimodalChroma("photos", CLIPEmbeddings(model="tiny", calibration=other), client=client)
    MultimodalChroma("raw", CLIPEmbeddings.of(tiny), client=client).add_texts(["a cat"])
    with pytest.raises(FingerprintMismatchError, match=r"raw \(no calibration\)"):
        MultimodalChroma("raw", CLIPEmbeddings(model="tiny", calibration=reference), client=client)
    opened.reset_collection()
    assert MultimodalChroma("photos", client=client).embedder.calibration == reference


def test_of_keeps_the_calibration_and_a_copy_has_it_too(
    calibrated: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    embeddings = CLIPEmbeddings.of(calibrated)
    assert embeddings.embedder.calibration == reference
    for given in ("reference", reference):
        embeddings = CLIPEmbeddings(model="tiny", calibration=given)
        assert embeddings.fingerprint == calibrated.fingerprint
        for again in (
            CLIPEmbeddings.of(embeddings.embedder),
            pickle.loads(pickle.dumps(embeddings)),
            copy.deepcopy(embeddings),
            CLIPEmbeddings(**embeddings.model_dump()),
            CLIPEmbeddings.model_validate_json(embeddings.model_dump_json()),
        ):
            assert again.calibration == given
            assert again.fingerprint == embeddings.fingerprint


def test_it_is_short_in_print_and_plain_in_a_dump(reference: ModalityCalibration, tmp_path: Path) -> None:
    embeddings = CLIPEmbeddings(model="tiny", calibration=reference)
    assert reference.id in repr(embeddings)
    assert len(repr(embeddings)) < 400
    assert embeddings.model_dump()["calibration"] == reference.to_record()
    assert CLIPEmbeddings(model="tiny").model_dump()["calibration"] is None
    path = tmp_path / "own.json"
    assert CLIPEmbeddings(model="tiny", calibration=path).model_dump()["calibration"] == str(path)
    assert CLIPEmbeddings.model_json_schema()["properties"]["calibration"]["default"] is None


def test_what_is_no_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="is not a calibration that clip-embeddings wrote"):
        CLIPEmbeddings.model_validate({"model": "tiny", "calibration": {"means": {}}})
    with pytest.raises(ValidationError, match="instance of ModalityCalibration"):
        CLIPEmbeddings.model_validate({"model": "tiny", "calibration": 7})
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        CLIPEmbeddings(model="tiny", calibration=tmp_path / "absent.json").embed_query("a cat")
