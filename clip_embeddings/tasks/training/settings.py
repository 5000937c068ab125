"""The settings of a fine-tuning run, checked before any work is done. Imports errors only."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from clip_embeddings.errors import InvalidInputError

Method = Literal["lora", "last-layers", "full"]
# The more weights move, the less each of them may. Usual for CLIP in the size of ViT-B; the bundled model, a
# fiftieth of that, bears ten times as much.
RATES: dict[str, float] = {"lora": 3e-4, "last-layers": 1e-4, "full": 1e-5}
_PRECISIONS = ("auto", "bfloat16", "float32")
_WHOLE = {"epochs": 1, "batch_size": 1, "accumulate": 1, "rank": 1, "layers": 1, "seed": 0, "patience": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides how a run goes; a run that was killed goes on only with the same ones.

    Attributes are the arguments of `finetune`.
    """

    method: Method = "lora"
    epochs: int = 10
    batch_size: int = 64
    accumulate: int = 1
    learning_rate: float | None = None
    weight_decay: float = 0.01
    rank: int = 8
    layers: int = 1
    validation: float = 0.1
    patience: int = 3
    seed: int = 0
    precision: str = "auto"

    def __post_init__(self) -> None:
        for name, least in _WHOLE.items():
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise InvalidInputError(f"{name}: got {value!r}; expected a whole number of at least {least}")
        _one_of("method", self.method, get_args(Method))
        _one_of("precision", self.precision, _PRECISIONS)
        if not _number(self.validation) or not 0 <= self.validation <= 0.5:
            raise InvalidInputError(f"validation: got {self.validation!r}; expected a share from 0 to 0.5")
        if not _number(self.weight_decay) or self.weight_decay < 0:
            raise InvalidInputError(
                f"weight_decay: got {self.weight_decay!r}; expected a number of at least 0"
            )
        if self.learning_rate is not None and (not _number(self.learning_rate) or self.learning_rate <= 0):
            raise InvalidInputError(f"learning_rate: got {self.learning_rate!r}; expected a number above 0")

    @property
    def peak_rate(self) -> float:
        """The learning rate after the warm-up."""
        return self.learning_rate if self.learning_rate is not None else RATES[self.method]

    @property
    def pairs_in_step(self) -> int:
        """How many pairs are negatives of each other in one step."""
        return self.batch_size * self.accumulate

    def record(self) -> dict[str, Any]:
        """As JSON has it, with the learning rate that is used."""
        return {**asdict(self), "learning_rate": self.peak_rate}


def rate_at(step: int, steps: int, peak: float) -> float:
    """The learning rate of a step: up in a straight line over a tenth of all, then down half a cosine.

    A function of the step alone, so a run that goes on needs no state of it.
    Source: Loshchilov & Hutter 2017, without restarts; linear warm-up as in Radford et al. 2021, section 2.5.
    """
    warm = max(1, steps // 10)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))) / 2


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_of(name: str, value: object, options: tuple[str, ...]) -> None:
    if value not in options:
        raise InvalidInputError(f"{name}: got {value!r}; expected one of {', '.join(options)}")
