"""EmbedderConfig: what makes vectors comparable, apart from where and how fast they are made.

Imports errors, types and, where one is given, calibration.
"""

from dataclasses import dataclass, fields
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, get_args

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.types import Draft, LongText, ModelName

if TYPE_CHECKING:
    from clip_embeddings.calibration import ModalityCalibration

DEFAULT_MODEL = "openai/clip-vit-base-patch32"
# Pillow's own threshold: a quarter of a gigabyte of RGB.
DEFAULT_MAX_PIXELS = 1024**3 // 4 // 3
DEVICES = ("auto", "cuda", "mps", "cpu")
DTYPES = ("auto", "float32", "bfloat16", "float16")
_IDENTITY = ("model", "revision", "long_text")
_IF_GIVEN = ("text_model", "truncate_dim")
REFERENCE = "reference"
ALLOW_PICKLE = "CLIP_EMBEDDINGS_ALLOW_PICKLE"
"""Environment variable that says what allow_pickle=None means: "0" refuses pickled weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderConfig:
    """Settings of an embedder.

    Identity (stored with a collection): `model`, `revision`, `text_model`, `truncate_dim`, `normalize`,
    `long_text`, `calibration`.
    Everything else is deployment: it changes speed and memory, not what a vector means, and is never stored.

    Attributes:
        model: hub id, local folder or bundled name; a path becomes its text, without white space around it.
        revision: branch, tag or commit on the hub; None is the default branch.
        text_model: what embeds texts in place of the model's own text tower, named like a model: one trained
            to give the vectors of that tower in other languages. None is the model itself.
        truncate_dim: how many of a vector's first numbers are kept, for a model that was trained for it; None
            keeps what the model gives.
        normalize: whether vectors are scaled to unit length; False keeps the length that the model gives.
        long_text: what happens to a text over the context limit.
        calibration: what removes the modality gap: a ModalityCalibration, the path of one, "reference" for
            the one that the model ships with; None leaves vectors as the model gives them.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        dtype: "auto", "float32", "bfloat16" or "float16".
        batch_size: items in one forward pass; None is what suits the device.
        max_pixels: a picture with more pixels is refused before it is decoded.
        threads: how many threads decode pictures; None is one for each core, at most 8.
        draft: decode a large JPEG at 1/2, 1/4 or 1/8 of its size, as long as it stays twice as large as what
            the model takes. "auto" does so in bfloat16 and float16, as long as it stays four times as large;
            False decodes every pixel, as the reference does.
        allow_pickle: whether weights that exist as pickles only are converted to safetensors, once; None is
            what the environment variable CLIP_EMBEDDINGS_ALLOW_PICKLE says, and yes without it.
    """

    model: ModelName = DEFAULT_MODEL  # type: ignore[assignment]
    revision: str | None = None
    text_model: str | PathLike[str] | None = None
    truncate_dim: int | None = None
    normalize: bool = True
    long_text: LongText = "truncate"
    calibration: "ModalityCalibration | str | PathLike[str] | None" = None
    device: str = "auto"
    dtype: str = "auto"
    batch_size: int | None = None
    max_pixels: int = DEFAULT_MAX_PIXELS
    threads: int | None = None
    draft: Draft = "auto"
    allow_pickle: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "model", name_of_model(self.model))  # frozen
        if self.text_model is not None:
            object.__setattr__(self, "text_model", name_of_model(self.text_model, "text_model"))
        _check_calibration(self.calibration)
        _one_of("long_text", self.long_text, get_args(LongText))
        _one_of("dtype", self.dtype, DTYPES)
        _one_of("device", str(self.device).partition(":")[0], DEVICES)
        for name in ("truncate_dim", "batch_size", "max_pixels", "threads"):
            value = getattr(self, name)
            if not (value is None and name != "max_pixels") and (type(value) is not int or value < 1):
                raise InvalidInputError(f"{name}: got {value!r}; expected a whole number of at least 1")
        if not isinstance(self.draft, bool) and self.draft != "auto":
            raise InvalidInputError(f'draft: got {self.draft!r}; expected "auto", True or False')
        if not isinstance(self.normalize, bool):
            raise InvalidInputError(f"normalize: got {self.normalize!r}; expected True or False")
        if self.calibration is not None and not self.normalize:
            raise InvalidInputError(
                "normalize: got False beside a calibration, which is for vectors of unit length; drop one"
            )
        if self.allow_pickle is not None and not isinstance(self.allow_pickle, bool):
            raise InvalidInputError(f"allow_pickle: got {self.allow_pickle!r}; expected True, False or None")

    def identity(self) -> dict[str, Any]:
        """The part that is stored with a collection as it is; a calibration is stored whole beside it."""
        given = {name: value for name in _IF_GIVEN if (value := getattr(self, name)) is not None}
        if not self.normalize:
            given["normalize"] = False
        return {**{name: getattr(self, name) for name in _IDENTITY}, **given}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "EmbedderConfig":
        """Build from a dictionary; a key that is not a setting is an error that names it."""
        known = [field.name for field in fields(cls)]
        if unknown := [key for key in values if key not in known]:
            raise InvalidInputError(f"unknown settings {unknown}; known: {', '.join(known)}")
        return cls(**values)


def name_of_model(given: object, setting: str = "model") -> str:
    """What a model is called, however it was named: a path and its text are one model.

    Raises:
        InvalidInputError: it is blank, or neither text nor a path of text.
    """
    name = fspath(given) if isinstance(given, PathLike) else given
    if not isinstance(name, str) or not name.strip():
        raise InvalidInputError(f"{setting}: got {given!r}; expected a hub id, a folder or a bundled name")
    return name if isinstance(given, PathLike) else name.strip()  # a folder's name may end in a space


def _check_calibration(given: object) -> None:
    if given is None or (isinstance(given, str | PathLike) and fspath(given).strip()):
        return
    from clip_embeddings.calibration import ModalityCalibration  # numpy only where it is needed

    if not isinstance(given, ModalityCalibration):
        got = repr(given) if isinstance(given, str) else type(given).__name__
        raise InvalidInputError(
            f'calibration: got {got}; expected a ModalityCalibration, the path of one, "reference" or None'
        )


def _one_of(name: str, value: object, options: tuple[str, ...]) -> None:
    if value not in options:
        raise InvalidInputError(f"{name}: got {value!r}; expected one of {', '.join(options)}")
