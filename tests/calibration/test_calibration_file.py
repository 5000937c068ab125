"""A calibration as a value and as a file: equal where it moves equally, read exactly or refused clearly."""

import json
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_vectors import measured

from clip_embeddings import InvalidInputError, ModalityCalibration
from clip_embeddings.calibration.kinds import PICTURES, TEXTS


@pytest.fixture(scope="module")
def levelled() -> ModalityCalibration:
    """Measured on 300 scenes of the bundled model."""
    return measured().calibration("model")


def test_two_are_equal_where_they_move_vectors_equally(levelled: ModalityCalibration) -> None:
    elsewhere = replace(levelled, source="elsewhere", scores={}, counts={})
    assert elsewhere == levelled
    assert hash(elsewhere) == hash(levelled)
    assert len({elsewhere, levelled}) == 1
    assert int(levelled.id, 16) >= 0
    assert len(levelled.id) == 16
    turned = replace(
        levelled,
        means=dict(sorted(levelled.means.items(), reverse=True)),
        levels=dict(sorted(levelled.levels.items(), reverse=True)),
    )
    assert turned == levelled
    nudged = {**levelled.means, TEXTS: np.nextafter(levelled.means[TEXTS], np.float32(1))}
    others = [
        replace(levelled, model="another"),
        replace(levelled, levels={}),
        replace(levelled, levels={**levelled.levels, PICTURES: 1e-5}),
        replace(levelled, means=nudged),
        replace(levelled, means={kind: levelled.means[kind] for kind in (TEXTS, PICTURES)}),
    ]
    assert len({levelled, *others}) == 6
    assert levelled != "reference"


def test_it_cannot_be_changed(levelled: ModalityCalibration) -> None:
    with pytest.raises(FrozenInstanceError):
        levelled.model = "another"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        levelled.means[TEXTS][0] = 0
    assert repr(levelled) == f"ModalityCalibration({levelled.id}, model model, from unknown)"


@pytest.mark.parametrize(
    ("means", "levels", "message"),
    [
        ({TEXTS: [0.1, 0]}, {}, "needs the mean of image documents"),
        ({TEXTS: [0.1, 0], PICTURES: [0.1, 0, 0]}, {}, r"shapes \[\(2,\), \(3,\)\]"),
        ({TEXTS: [[0.1, 0]], PICTURES: [[0.1, 0]]}, {}, "one vector of D each"),
        ({TEXTS: [1, 0.1], PICTURES: [0.1, 0]}, {}, r"document text: a mean of length 1\.005"),
        ({TEXTS: [0.1, 0], PICTURES: [np.nan, 0]}, {}, "document image: a mean of length nan"),
        ({TEXTS: [0.1, 0], PICTURES: [0.1, 0]}, {TEXTS: 1.0}, r"a level of 1\.000; expected both below 1"),
        ({TEXTS: [0.1, 0], PICTURES: [0.1, 0]}, {PICTURES: np.nan}, "document image: .*a level of nan"),
        (
            {TEXTS: [0.1, 0], PICTURES: [0.1, 0]},
            {("query", "image"): np.nan},
            r"query image: a mean of length 0\.000 and a level of nan",
        ),
    ],
)
def test_what_could_not_be_taken_back_is_no_calibration(
    means: dict[Any, Any], levels: dict[Any, float], message: str
) -> None:
    arrays = {kind: np.array(mean, np.float32) for kind, mean in means.items()}
    with pytest.raises(InvalidInputError, match=message):
        ModalityCalibration("model", arrays, {}, levels)


@pytest.fixture
def file(levelled: ModalityCalibration, tmp_path: Path) -> Path:
    levelled.save(tmp_path / "calibration.json")
    return tmp_path / "calibration.json"


def test_a_file_holds_every_bit(levelled: ModalityCalibration, file: Path) -> None:
    named = replace(levelled, source="사진 300장")
    named.save(str(file))
    for read in (ModalityCalibration.load(file), ModalityCalibration.from_record(named.to_record())):
        assert read == named
        assert (read.model, read.source, read.counts) == (named.model, "사진 300장", named.counts)
        assert read.levels == named.levels
        for ours, theirs in ((read.means, named.means), (read.scores, named.scores)):
            assert ours.keys() == theirs.keys()
            for key in theirs:
                np.testing.assert_array_equal(ours[key], theirs[key])  # type: ignore[index]
                assert ours[key].dtype == np.float32  # type: ignore[index]
        with pytest.raises(ValueError, match="read-only"):
            read.means[TEXTS][0] = 0
    read.save(file.with_name("again.json"))
    assert file.with_name("again.json").read_bytes() == file.read_bytes()
    assert json.loads(json.dumps(named.to_record())) == named.to_record()


def edited(file: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    record = json.loads(file.read_text(encoding="utf-8"))
    change(record)
    file.write_text(json.dumps(record), encoding="utf-8")
    return file


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        ModalityCalibration.load(path)
    assert repr(str(path)) in str(caught.value)
    assert len(str(caught.value)) < 400
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda record: record.update(version=2),
            "is of version 2; this clip-embeddings reads 1: upgrade it",
        ),
        (lambda record: record.update(model="another"), "is damaged: its content has the id"),
        (lambda record: record["levels"].update({"document text": 0.1}), "is damaged"),
        (lambda record: record["levels"].update({"document text": 1.5}), "expected both below 1"),
        (lambda record: record.pop("means"), "is not a calibration .*KeyError: 'means'"),
        (lambda record: record.update(format="something else"), "is not a calibration .*something else"),
        (lambda record: record["means"].update({"document text": "a!"}), "is not a calibration"),
        (lambda record: record["means"].update({"document text": "AAAA"}), "is not a calibration"),
        (lambda record: record["means"].update({"document text": "AAAAAA=="}), "means of shapes"),
        (lambda record: record["means"].update({"document text": "AADAfw=="}), "not finite"),
        (lambda record: record["means"].update({"answer text": "AAAAAA=="}), "unknown kinds .*answer"),
        (lambda record: record["means"].pop("document image"), "needs the mean of image documents"),
        (lambda record: record.update(counts=[1]), "is not a calibration"),
        (lambda record: record.update(counts={"document text": "many"}), "is not a calibration"),
        (lambda record: record["scores"].update({"text text": "AAAAAA=="}), "text -> text: expected 16"),
        (lambda record: record["scores"].update({"text sound": "AAAAAA=="}), "unknown pairs .*sound"),
    ],
)
def test_a_record_that_was_changed_is_refused_and_says_why(
    file: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert re.search(message, refusal(edited(file, change)))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1, 2]", b"7", b"null", b'"text"', b"{}", b"\xff\xfe\x00", b"\x89PNG\r\n"]
)
def test_another_file_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert re.search("is not a calibration|is not text", refusal(file))


def test_a_file_cut_short_is_refused(file: Path) -> None:
    content = file.read_bytes()
    for kept in (10, len(content) // 2, len(content) - 4):
        file.write_bytes(content[:kept])
        assert "is not a calibration" in refusal(file)


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "absent.json")
    assert "cannot be read: Is a directory" in refusal(tmp_path)


@pytest.mark.parametrize("record", [None, 7, [], {}, "", b"", {"format": 1}])
def test_something_else_is_no_record(record: Any) -> None:
    with pytest.raises(InvalidInputError, match="is not a calibration that clip-embeddings wrote"):
        ModalityCalibration.from_record(record)
