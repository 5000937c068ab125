"""Classifiers as one JSON file: vectors in base64, so that nothing is rounded, and the model's fingerprint.

Imports numpy, the standard library, the embedder, records and errors.
"""

import json
from base64 import b64decode, b64encode
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.records import parsed

VERSION = 1


def write(path: str | PathLike[str], kind: str, embedder: CLIPEmbedder, fields: dict[str, Any]) -> None:
    """Write the fields with what they are of; arrays become strings."""
    record = {
        "format": f"clip-embeddings {kind}",
        "version": VERSION,
        "model": embedder.config.model,
        "fingerprint": embedder.fingerprint,
        **{
            name: _encoded(value) if isinstance(value, np.ndarray) else value
            for name, value in fields.items()
        },
    }
    Path(path).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(path: str | PathLike[str], kind: str, embedder: CLIPEmbedder) -> dict[str, Any]:
    """The fields of a file that `write` wrote for this model; `array` reads their arrays.

    Raises:
        InvalidInputError: no such file, another kind of file, or a later version.
        FingerprintMismatchError: it was made with another model.
    """
    what = f"{kind} {str(path)!r}"
    try:
        record: Any = parsed(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{what} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidInputError(f"{what}: is not JSON ({error})") from error
    if not isinstance(record, dict):
        raise InvalidInputError(f"{what}: holds {type(record).__name__}; expected an object")
    found = record.get("format")
    if found != f"clip-embeddings {kind}":
        raise InvalidInputError(f"{what}: its format is {found!r}; expected 'clip-embeddings {kind}'")
    if record.get("version") != VERSION:
        raise InvalidInputError(
            f"{what}: is of version {record.get('version')}; this clip-embeddings reads {VERSION}: upgrade it"
        )
    if not embedder.matches(record.get("fingerprint")):
        raise FingerprintMismatchError(
            f"{what} was made with the model {record.get('model')!r} ({record.get('fingerprint')}), not with "
            f"{embedder.config.model!r} ({embedder.fingerprint}). Load it with that model, or make it anew"
        )
    return record


def damaged(path: str | PathLike[str], kind: str, error: Exception) -> InvalidInputError:
    """What to raise where a field is missing or is not what `write` wrote."""
    return InvalidInputError(f"{kind} {str(path)!r}: is damaged ({type(error).__name__}: {error})")


def array(text: str, rows: int) -> NDArray[np.float32]:
    """An array that `write` encoded: float32 (rows, ...).

    Raises:
        ValueError: it has another size, or numbers that are not finite.
    """
    numbers = np.frombuffer(b64decode(text, validate=True), "<f4").astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError("numbers that are not finite")
    return numbers.reshape(rows, -1)


def _encoded(numbers: NDArray[Any]) -> str:
    return b64encode(np.asarray(numbers, "<f4").tobytes()).decode()
