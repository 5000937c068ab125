"""The fingerprint: a short name for everything that changes vectors, found out without loading a model.

Imports the standard library, calibration, and what reads a model's files.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from os import PathLike
from pathlib import Path
from typing import TypeVar

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.config import REFERENCE
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError, ModelLoadError
from clip_embeddings.models.digest import file_digest, tensors_digest, tensors_of
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.family import PROJECTION
from clip_embeddings.models.files import ModelFiles
from clip_embeddings.models.hub.layout import CALIBRATION
from clip_embeddings.models.preprocessing import preprocessing_of
from clip_embeddings.models.registry import check_type
from clip_embeddings.models.tokenizer import tokenizer_identity

# Keys of config.json that say how a file was written, not what the model computes.
_VOLATILE = {"_name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype", "architectures"}
_COLOURS = "by profile"  # not by any file of the model: pictures are converted to sRGB, inputs/colours.py
_ANY = "any"  # in place of a long-text policy
T = TypeVar("T")
R = TypeVar("R")


def fingerprint_of(files: ModelFiles, *, long_text: str, calibration: str | None = None) -> str:
    """64 bits in hexadecimal, equal only where vectors can be compared.

    It may differ where they can: a config or a tokenizer that was written anew, with other words for the
    same, counts as another. Made of tensors, config, tokenizer, preprocessing, how colours are read,
    long-text policy and calibration; not of the path, the repository's commit, the file format, the device
    or the dtype.

    Raises:
        ModelLoadError: the files have changed since they were found, or cannot be read.
    """
    files.check_unchanged()
    return _short(
        {
            "scheme": 2,
            "colours": _COLOURS,
            "tensors": _read(files, tensors_digest, files.weights()),
            "tokenizer": tokenizer_identity(files),
            **_common(files, long_text, calibration),
        }
    )


def dimension_of(files: ModelFiles) -> int:
    """D, the length of the model's vectors, as its weights have it; no weights are loaded.

    Raises:
        ModelLoadError: the weights have no projection, or the config says something else.
    """
    config = files.json("config.json")
    family = FAMILIES[check_type(files.model, config)]
    said, name = config.get("projection_dim"), family.width
    found = next((shape[0] for path in files.weights() if (shape := _shape(files, path, name))), None)
    if found is None:
        raise ModelLoadError(
            f"model {files.model!r}: its weights have no {name}; expected those of {family.architecture}"
        )
    if name == PROJECTION and said not in (None, found):
        raise ModelLoadError(
            f"model {files.model!r}: config.json has projection_dim {said!r}; its weights are of another "
            f"shape: {name} gives {found}"
        )
    return found


def model_fingerprint_of(files: ModelFiles) -> str:
    """What a calibration is made for: the model under any long-text policy."""
    return fingerprint_of(files, long_text=_ANY)


def is_model_fingerprint_of(files: ModelFiles, recorded: object) -> bool:
    """Whether a model's fingerprint on record is of these files: today's, or that of the scheme before."""
    return recorded == model_fingerprint_of(files) or recorded == _earlier(files, _ANY, None)


def is_earlier_fingerprint_of(
    files: ModelFiles, recorded: object, *, long_text: str, calibration: str | None
) -> bool:
    """Whether a fingerprint on record is what the scheme before made of these files."""
    return recorded == _earlier(files, long_text, calibration)


def _earlier(files: ModelFiles, long_text: str, calibration: str | None) -> str:
    """The first scheme, made of files as they lie, so another format or tokenizer file was another model."""
    return _short(
        {
            "weights": {path.name: _read(files, file_digest, path) for path in files.weights()},
            "tokenizer": {
                path.name: file_digest(path)
                for path in files.tokenizer()
                if path.name in ("tokenizer.json", "vocab.json", "merges.txt")
            },
            **_common(files, long_text, calibration),
        }
    )


def _common(files: ModelFiles, long_text: str, calibration: str | None) -> dict[str, object]:
    return {
        "config": _stable(files.json("config.json")),
        "preprocessing": asdict(preprocessing_of(files)),
        "long_text": long_text,
        "calibration": calibration,
    }


def _short(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def calibration_of(
    given: ModalityCalibration | str | PathLike[str] | None, files: ModelFiles
) -> ModalityCalibration | None:
    """The calibration that was asked for, if it is of this model.

    Raises:
        InvalidInputError: it cannot be read, or the model ships with none.
        FingerprintMismatchError: it was measured on another model.
    """
    if given is None:
        return None
    if given == REFERENCE:
        given = files.folder / CALIBRATION
        if not given.is_file():
            raise InvalidInputError(
                f"model {files.model!r} ships with no reference calibration. "
                "Measure one: clip-embeddings calibrate"
            )
    made = given if isinstance(given, ModalityCalibration) else ModalityCalibration.load(given)
    if not is_model_fingerprint_of(files, made.model):
        raise FingerprintMismatchError(
            f"calibration {made.id} was measured on the model with fingerprint {made.model}, not on "
            f"{files.model!r} ({model_fingerprint_of(files)}). Measure one on this model: "
            "clip-embeddings calibrate"
        )
    return made


def _stable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stable(inner) for key, inner in value.items() if key not in _VOLATILE}
    return value


def _shape(files: ModelFiles, path: Path, name: str) -> tuple[int, ...]:
    """A tensor's shape in one file; () if it is not in it."""
    found = _read(files, tensors_of, path).get(name)
    return found.shape if found else ()


def _read(files: ModelFiles, read: Callable[[T], R], what: T) -> R:
    try:
        return read(what)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelLoadError(
            f"model {files.model!r}: cannot read the weights in {files.weights_folder} ({error})"
        ) from error
