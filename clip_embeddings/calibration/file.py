"""A calibration as JSON: single numbers as strings, vectors in base64, so that nothing is rounded.

Chroma stores the record as part of a collection's configuration, and reads one float in three back with
another last digit.

Imports numpy, the standard library, records and errors.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration.bank import Bank
from clip_embeddings.calibration.hubs import Hubs
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.records import parsed
from clip_embeddings.types import Modality

if TYPE_CHECKING:
    from clip_embeddings.calibration.modality import ModalityCalibration

FORMAT = "clip-embeddings modality calibration"
VERSION, WITH_HUBS = 1, 2
"""Where there are no hubs, the record is one that older releases read too."""
_ROLES = {"document", "query"}
_MODALITIES: tuple[Modality, ...] = get_args(Modality)
_HUB_NUMBERS = ("weight", "along", "noise")
_MOST = 2**24


def to_record(calibration: "ModalityCalibration") -> dict[str, Any]:
    """Everything as JSON values."""
    return {
        "format": FORMAT,
        "version": WITH_HUBS if calibration.hubs else VERSION,
        "id": calibration.id,
        "model": calibration.model,
        "source": calibration.source,
        "counts": _named(calibration.counts),
        "levels": {name: repr(float(level)) for name, level in _named(calibration.levels).items()},
        "means": {name: _encoded(mean) for name, mean in _named(calibration.means).items()},
        "scores": {name: _encoded(each) for name, each in _named(calibration.scores).items()},
        **({"hubs": _hubs_record(calibration.hubs)} if calibration.hubs else {}),
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
        if record["version"] not in (VERSION, WITH_HUBS):
            raise InvalidInputError(
                f"is of version {record['version']}; this clip-embeddings reads {VERSION} and {WITH_HUBS}: "
                "upgrade it"
            )
        return _text(record["id"]), {
            "model": _text(record["model"]),
            "source": _text(record["source"]),
            "counts": _kinds(record["counts"], int),
            "levels": _kinds(record["levels"], float),
            "means": _kinds(record["means"], _decoded),
            "scores": _pairs(record["scores"]),
            "hubs": _hubs(record["hubs"]) if record["version"] == WITH_HUBS else None,
        }
    except InvalidInputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, zlib.error) as error:
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
    if unknown := [pair for pair in pairs if len(pair) != 2 or not set(pair) <= set(_MODALITIES)]:
        raise ValueError(f"unknown pairs {unknown}")
    return pairs


def _hubs_record(hubs: Hubs) -> dict[str, Any]:
    bank = hubs.bank
    return {
        "spare": _encoded(hubs.spare),
        "axes": _packed(bank.axes),
        "rows": {name: _packed(rows) for name, rows in sorted(bank.rows.items())},
        "steps": [repr(bank.axis_step), repr(bank.row_step)],
        "usual": {name: repr(hubs.usual[name]) for name in _MODALITIES},
        "levels": {name: repr(hubs.levels[name]) for name in _MODALITIES},
        **{name: repr(getattr(hubs, name)) for name in _HUB_NUMBERS if getattr(hubs, name) is not None},
    }


def _hubs(record: Mapping[str, Any]) -> Hubs:
    spare = _decoded(record["spare"])
    axes = _unpacked(record["axes"], len(spare))
    rows = {
        name: _unpacked(record["rows"][name], len(axes)) for name in _MODALITIES if name in record["rows"]
    }
    axis_step, row_step = map(float, record["steps"])
    usual, levels = (
        {name: float(record[field][name]) for name in _MODALITIES} for field in ("usual", "levels")
    )
    numbers = {name: float(record[name]) for name in _HUB_NUMBERS if name in record}
    return Hubs(spare, Bank(axes, rows, axis_step, row_step), usual, levels, **numbers)


def _packed(whole: NDArray[np.int8]) -> str:
    return b64encode(zlib.compress(whole.tobytes(), 9)).decode()


def _unpacked(text: str, width: int) -> NDArray[np.int8]:
    """Rows of whole numbers, never more than `_MOST` of them: a record may be anybody's."""
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(b64decode(text, validate=True), _MOST)
    if not unpacker.eof:
        raise ValueError(f"more than {_MOST:,} whole numbers")
    return np.frombuffer(content, np.int8).reshape(-1, width)


def _encoded(numbers: NDArray[np.float32]) -> str:
    return b64encode(np.asarray(numbers, "<f4").tobytes()).decode()


def _decoded(text: str) -> NDArray[np.float32]:
    numbers = np.frombuffer(b64decode(text, validate=True), "<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("numbers that are not finite")
    numbers.setflags(write=False)
    return numbers
