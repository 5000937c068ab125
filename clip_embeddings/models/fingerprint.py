"""The fingerprint: a short name for everything that changes vectors, read from files without loading a model.

Imports the standard library, calibration, files and preprocess.
"""

import hashlib
import json
import re
from dataclasses import asdict
from functools import lru_cache
from os import PathLike
from pathlib import Path

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.config import REFERENCE
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.files import ModelFiles

# Keys of config.json that say how a file was written, not what the model computes.
_VOLATILE = {"_name_or_path", "_commit_hash", "transformers_version", "torch_dtype", "dtype", "architectures"}
_TOKENIZER = ("tokenizer.json", "vocab.json", "merges.txt")
_BLOB = re.compile(r"[0-9a-f]{64}")
_DEFAULT_IMAGE_SIZE = 224
REFERENCE_FILE = "calibration.json"  # beside the weights


def preprocessing_of(files: ModelFiles) -> Preprocessing:
    """How the model wants its pictures."""
    size = files.json("config.json").get("vision_config", {}).get("image_size", _DEFAULT_IMAGE_SIZE)
    return Preprocessing.from_config(files.json("preprocessor_config.json"), size)


def fingerprint_of(files: ModelFiles, *, long_text: str, calibration: str | None = None) -> str:
    """64 bits in hexadecimal, equal exactly where vectors can be compared.

    Made of weights, config, tokenizer, preprocessing, long-text policy and calibration; not of the path,
    the repository's commit, the device or the dtype.
    """
    parts = {
        "weights": {path.name: _digest(path) for path in files.weights()},
        "config": _stable(files.json("config.json")),
        "tokenizer": {
            name: _digest(files.folder / name) for name in _TOKENIZER if (files.folder / name).is_file()
        },
        "preprocessing": asdict(preprocessing_of(files)),
        "long_text": long_text,
        "calibration": calibration,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def model_fingerprint_of(files: ModelFiles) -> str:
    """What a calibration is made for: the model under any long-text policy."""
    return fingerprint_of(files, long_text="any")


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
        given = files.folder / REFERENCE_FILE
        if not given.is_file():
            raise InvalidInputError(
                f"model {files.model!r} ships with no reference calibration. "
                "Measure one: clip-embeddings calibrate"
            )
    made = given if isinstance(given, ModalityCalibration) else ModalityCalibration.load(given)
    if made.model != (ours := model_fingerprint_of(files)):
        raise FingerprintMismatchError(
            f"calibration {made.id} was measured on the model with fingerprint {made.model}, not on "
            f"{files.model!r} ({ours}). Measure one on this model: clip-embeddings calibrate"
        )
    return made


def _stable(value: object) -> object:
    if isinstance(value, dict):
        return {key: _stable(inner) for key, inner in value.items() if key not in _VOLATILE}
    return value


def _digest(path: Path) -> str:
    """SHA-256 of a file. The hub's cache names large files by theirs, so those are not read."""
    target = path.resolve()
    if path.is_symlink() and _BLOB.fullmatch(target.name):
        return target.name
    status = target.stat()
    return _read_digest(target, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _read_digest(path: Path, size: int, modified: int) -> str:
    """Size and time of change are part of the key: a file that is written anew is read anew."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
