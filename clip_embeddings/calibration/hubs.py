"""Hubs: one score for a row, less what it scores with every query, as one plain cosine in any store.

Some rows are near to everything, and some queries are nearer to one modality than to the other. Both can be
said by a number for a row and one for a query; here they lie inside the vectors, whose length stays the same:

    x" = unit(x' + bias(u) * spare)                     of a document; u is x' without its part along spare
    q" = unit(q' + along * spare + shift(q') * gap)     of a query, which has no other part along either

    bias(u)   = weight / along * min(0, usual - nearness of u to typical texts)    usual: of its modality
    shift(q') = what brings the nearest typical texts and pictures to one score, as far as it is no noise

So a score is nearly q . x less what the row is too near, and neither modality is ahead for what the query is
like. `spare` is where vectors of this model are shortest: what is given up for it is next to nothing. A bias
depends on u and the modality alone, and x" still shows u, so it can be taken back. A row that is far from all
typical texts gains nothing by it: what is stored later may be about other things.

What is usual is measured for each modality, as pictures about other things than the texts are less near to
every text. The shift has no such guard, so it is for pairs only.

Source: the bias is that of NNN (arXiv 2410.24114); that it lies in the vector, and the shift, are ours.

Imports numpy, bank, similarity and errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration.bank import Bank
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Embeddings, Modality

FEWEST = 500
"""Texts that it takes, of pairs pictures too; of fewer, too few are near to a row to tell hubs by."""
WEIGHT, ALONG = 0.75, 0.3
_HUBS_ONE_IN, _TOP_ONE_IN = 64, 32  # rows of a bank that are looked at
_MOST_BIAS = 0.9  # from 1 on nothing could be taken back
_MOST_SHIFT = 0.5
_NOISE = 1.5  # standard deviations
_SPARE = 0.1  # of what an average direction carries

Direction = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Hubs:
    """What is held back of rows that are near to everything, and where in the vector that is kept.

    Attributes:
        spare: float32 (D,), a unit vector across the gap.
        bank: calibrated texts without their parts along the gap and `spare`; pictures too, if there is noise.
        usual: mean nearness of the texts and of the pictures that were measured to the texts of the bank.
        levels: mean part of stored texts and of stored pictures along the gap.
        weight: how much of what a row is too near is taken off its scores.
        along: a text query's part along `spare`.
        noise: a query's preference for one modality is taken off as far as it is above this; None leaves it.
    """

    spare: Direction
    bank: Bank
    usual: Mapping[Modality, float]
    levels: Mapping[Modality, float]
    weight: float = WEIGHT
    along: float = ALONG
    noise: float | None = None

    def __post_init__(self) -> None:
        if self.spare.shape != self.bank.axes.shape[1:]:
            raise InvalidInputError(
                f"hubs: a spare direction of shape {self.spare.shape}; expected ({self.bank.axes.shape[1]},)"
            )
        numbers = self._numbers()
        if (
            not np.isfinite(numbers).all()
            or not 0 < self.along < 1
            or not (self.noise is None or self.noise > 0)
        ):
            raise InvalidInputError(
                f"hubs: usual, levels, weight, along, noise are {numbers}; expected finite numbers, along "
                "between 0 and 1, noise above 0"
            )
        if "text" not in self.bank.rows or (self.noise and "image" not in self.bank.rows):
            raise InvalidInputError(
                f"hubs: a bank of {sorted(self.bank.rows)}; expected text, with noise image too"
            )
        if self.noise and not -1 < self.levels["text"] < self.levels["image"] < 1:
            raise InvalidInputError(f"hubs: levels are {dict(self.levels)}; expected texts below pictures")

    def to_bytes(self) -> bytes:
        """What it does to vectors, for a digest."""
        bank = self.bank
        numbers = np.array([bank.axis_step, bank.row_step, *self._numbers()], "<f8")
        whole = [bank.axes, *(bank.rows[name] for name in get_args(Modality) if name in bank.rows)]
        return (
            self.spare.astype("<f4").tobytes() + b"".join(map(np.ndarray.tobytes, whole)) + numbers.tobytes()
        )

    def store(self, rows: Embeddings, modality: Modality) -> Embeddings:
        """Rows of documents with their bias: (N, D) -> (N, D), unit rows."""
        return l2_normalize(rows + self.biases(rows, modality))

    def biases(self, rows: NDArray[np.floating[Any]], modality: Modality) -> Embeddings:
        """What `store` adds, the same for a row and for what `store` made of it: (N, D) -> (N, D)."""
        across = _across(rows.astype(np.float32), self.spare)
        near = self.bank.nearness(across, "text", one_in=_HUBS_ONE_IN)
        bias = np.clip(self.weight / self.along * (self.usual[modality] - near), -_MOST_BIAS, 0)
        biases: Embeddings = np.outer(bias, self.spare).astype(np.float32)
        return biases

    def ask(self, rows: Embeddings, modality: Modality, gap: Direction) -> Embeddings:
        """Rows of queries that are calibrated but for this: (N, D) -> (N, D), unit rows.

        A text asks for what is no hub; a picture does not mind.
        """
        asked = _across(rows, self.spare)
        along = np.float32(self.along if modality == "text" else 0.0)
        asked = asked + along * self.spare
        if self.noise:
            # A picture prefers pictures far beyond any noise.
            asked += np.outer(self._shifts(rows, self.noise if modality == "text" else 0.0), gap)
        return l2_normalize(asked)

    def _shifts(self, rows: Embeddings, noise: float) -> NDArray[np.float32]:
        """Part along the gap that brings the best texts and the best pictures of the bank to one score."""
        prefers = self.preference(_across(rows, self.spare))
        certain = prefers**2 / np.maximum(prefers**2 + noise**2, 1e-12)
        shifts = prefers * certain / (self.levels["text"] - self.levels["image"])
        clipped: NDArray[np.float32] = np.clip(shifts, -_MOST_SHIFT, _MOST_SHIFT).astype(np.float32)
        return clipped

    def preference(self, rows: Embeddings) -> NDArray[np.float32]:
        """By how much queries score higher with the nearest pictures than with the nearest texts."""
        tops = {
            name: self.bank.nearness(rows, name, one_in=_TOP_ONE_IN) * np.float32(np.sqrt(1 - level**2))
            for name, level in self.levels.items()
        }
        prefers: NDArray[np.float32] = tops["image"] - tops["text"]
        return prefers

    def _numbers(self) -> tuple[float, ...]:
        by_modality = [each[name] for each in (self.usual, self.levels) for name in get_args(Modality)]
        return (*by_modality, self.weight, self.along, *([self.noise] if self.noise is not None else ()))


def hubs_of(documents: Mapping[Modality, Embeddings], gap: Direction, *, paired: bool) -> Hubs | None:
    """Measure them; None where rows are too few or no direction can be spared.

    Args:
        documents: rows of each modality (N, D), calibrated but for this.
        gap: unit (D,), where levels lie.
        paired: whether the texts are captions of the pictures.
    """
    kept: tuple[Modality, ...] = ("text", "image") if paired else ("text",)
    if min(len(documents[name]) for name in kept) < FEWEST:
        return None
    if (spare := spare_direction(np.concatenate(list(documents.values())), gap)) is None:
        return None
    across = {name: _across(_across(rows, gap), spare) for name, rows in documents.items()}
    levels = {name: round(float((rows @ gap).mean()), 6) for name, rows in documents.items()}
    made = Hubs(spare, Bank.of({name: across[name] for name in kept}), dict.fromkeys(documents, 0.0), levels)
    near = {
        name: made.bank.nearness(_across(rows, spare), "text", one_in=_HUBS_ONE_IN)
        for name, rows in documents.items()
    }
    usual = {name: round(float(each.mean()), 6) for name, each in near.items()}
    # Typical texts prefer neither modality: what they differ by says nothing.
    noise = max(round(_NOISE * float(made.preference(across["text"]).std()), 6), 1e-6) if paired else None
    return replace(made, usual=usual, noise=noise)


def spare_direction(rows: Embeddings, gap: Direction) -> Direction | None:
    """The unit direction across the gap in which rows are shortest; None where they are not short enough.

    Half of the rows chooses one and the other half says what it carries: of few rows in many dimensions some
    direction is always empty.
    """
    carried = float(((rows[1::2] @ _shortest(rows[::2], gap)) ** 2).mean())
    if not carried < _SPARE / rows.shape[1]:
        return None
    shortest = _shortest(rows, gap)
    shortest *= np.sign(shortest[np.abs(shortest).argmax()])  # either sign is right: always the same one
    return shortest


def _shortest(rows: Embeddings, gap: Direction) -> Direction:
    across = (rows - np.outer(rows @ gap, gap)).astype(np.float64)
    moments = across.T @ across / len(rows) + np.outer(gap, gap)  # the gap itself is not to be chosen
    shortest: Direction = np.linalg.eigh(moments)[1][:, 0].astype(np.float32)
    return shortest


def _across(rows: Embeddings, direction: Direction) -> Embeddings:
    """Rows without their part along it, as unit rows: (N, D), (D,) -> (N, D)."""
    return l2_normalize(rows - np.outer(rows @ direction, direction))
