"""The fingerprint: a short name for everything that changes vectors, found out without loading a model.

Imports the standard library and calibration.
"""

import hashlib
import json
from os import PathLike

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.config import REFERENCE
from clip_embeddings.errors import FingerprintMismatchError, InvalidInputError
from clip_embeddings.models.hub.layout import CALIBRATION
from clip_embeddings.models.model import Model

_COLOURS = "by profile"  # not by any file of the model: pictures are converted to sRGB, inputs/colours.py
_ANY = "any"  # in place of a long-text policy


def fingerprint_of(
    model: Model, *, long_text: str, calibration: str | None = None, normalize: bool = True
) -> str:
    """64 bits in hexadecimal, equal only where vectors can be compared.

    It may differ where they can: a config or a tokenizer that was written anew, with other words for the
    same, counts as another. Made of tensors, config, tokenizer, preprocessing, how colours are read,
    long-text policy and calibration; not of the path, the repository's commit, the file format, the device
    or the dtype.

    Raises:
        ModelLoadError: the files have changed since they were found, or cannot be read.
    """
    model.check_unchanged()
    own: dict[str, object] = {"scheme": 2, "colours": _COLOURS, **model.identity()}
    lengths = {} if normalize else {"normalize": False}
    return _short({**own, "long_text": long_text, "calibration": calibration, **lengths})


def model_fingerprint_of(model: Model) -> str:
    """What a calibration is made for: the model under any long-text policy."""
    return fingerprint_of(model, long_text=_ANY)


def is_model_fingerprint_of(model: Model, recorded: object) -> bool:
    """Whether a model's fingerprint on record is of this one: today's, or that of the scheme before."""
    return recorded == model_fingerprint_of(model) or is_earlier_fingerprint_of(
        model, recorded, long_text=_ANY, calibration=None
    )


def is_earlier_fingerprint_of(
    model: Model, recorded: object, *, long_text: str, calibration: str | None
) -> bool:
    """Whether a fingerprint on record is what the scheme before made of this model."""
    own = model.earlier_identity()
    return own is not None and recorded == _short({**own, "long_text": long_text, "calibration": calibration})


def _short(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def calibration_of(
    given: ModalityCalibration | str | PathLike[str] | None, model: Model
) -> ModalityCalibration | None:
    """The calibration that was asked for, if it is of this model.

    Raises:
        InvalidInputError: it cannot be read, or the model ships with none.
        FingerprintMismatchError: it was measured on another model.
    """
    if given is None:
        return None
    if given == REFERENCE:
        given = model.folder / CALIBRATION
        if not given.is_file():
            raise InvalidInputError(
                f"model {model.model!r} ships with no reference calibration. "
                "Measure one: clip-embeddings calibrate"
            )
    made = given if isinstance(given, ModalityCalibration) else ModalityCalibration.load(given)
    if not is_model_fingerprint_of(model, made.model):
        raise FingerprintMismatchError(
            f"calibration {made.id} was measured on the model with fingerprint {made.model}, not on "
            f"{model.model!r} ({model_fingerprint_of(model)}). Measure one on this model: "
            "clip-embeddings calibrate"
        )
    return made
