"""A calibration as JSON: levels as strings, vectors in base64, so that nothing is rounded.

Chroma stores the record as part of a collection's configuration, and reads one float in three back with
another last digit.

Imports numpy, the standard library, records and errors.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.records import parsed

if TYPE_CHECKING:
    from clip_embeddings.calibration.modality import ModalityCalibration

FORMAT = "clip-embeddings modality calibration"
VERSION = 1
_ROLES = {"document", "query"}
_MODALITIES = {"text", "image"}


def to_record(calibration: "ModalityCalibration") -> dict[str, Any]:
    """Everything as JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "id": calibration.id,
        "model": calibration.model,
        "source": calibration.source,
        "counts": _named(calibration.counts),
        "levels": {name: repr(float(level)) for name, level in _named(calibration.levels).items()},
        "means": {name: _encoded(mean) for name, mean in _named(calibration.means).items()},
        "scores": {name: _encoded(each) for name, each in _named(calibration.scores).items()},
    }


def to_json(calibration: "ModalityCalibration") -> str:
    """What a file holds."""
    return json.dumps(to_record(calibration), ensure_ascii=False, indent=1) + "\n"


def from_record(record: Any) -> tuple[str, dict[str, Any]]:
    """The id and the fields of a calibration, from a record or its JSON.

    Raises:
        InvalidInputError: something else, or a later version.
    """
    try:
        record = parsed(record) if isinstance(record, str | bytes) else record
        if record["format"] != FORMAT:
            raise KeyError(record["format"])
        if record["version"] != VERSION:
            raise InvalidInputError(
                f"is of version {record['version']}; this clip-embeddings reads {VERSION}: upgrade it"
            )
        return _text(record["id"]), {
            "model": _text(record["model"]),
            "source": _text(record["source"]),
            "counts": _kinds(record["counts"], int),
            "levels": _kinds(record["levels"], float),
            "means": _kinds(record["means"], _decoded),
            "scores": _pairs(record["scores"]),
        }
    except InvalidInputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InvalidInputError(
            f"is not a calibration that clip-embeddings wrote ({type(error).__name__}: {error})"
        ) from error


def _text(value: object) -> str:
    text = str(value)
    text.encode()  # a lone surrogate is a ValueError now, not where a fingerprint or a file is made of it
    return text


def _named(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {" ".join(key): values[key] for key in sorted(values)}


def _kinds(values: Mapping[str, Any], read: Any) -> dict[tuple[str, str], Any]:
    kinds = {tuple(name.split(" ")): read(value) for name, value in values.items()}
    if unknown := [kind for kind in kinds if len(kind) != 2 or not _known(*kind)]:
        raise ValueError(f"unknown kinds {unknown}")
    return kinds  # type: ignore[return-value]


def _known(role: str, modality: str) -> bool:
    return role in _ROLES and modality in _MODALITIES


def _pairs(values: Mapping[str, str]) -> dict[tuple[str, ...], NDArray[np.float32]]:
    pairs = {tuple(name.split(" ")): _decoded(value) for name, value in values.items()}
    if unknown := [pair for pair in pairs if len(pair) != 2 or not set(pair) <= _MODALITIES]:
        raise ValueError(f"unknown pairs {unknown}")
    return pairs


def _encoded(numbers: NDArray[np.float32]) -> str:
    return b64encode(np.asarray(numbers, "<f4").tobytes()).decode()


def _decoded(text: str) -> NDArray[np.float32]:
    numbers = np.frombuffer(b64decode(text, validate=True), "<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("numbers that are not finite")
    numbers.setflags(write=False)
    return numbers
