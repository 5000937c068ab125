"""explain_vectors: the modality gap of a sample in numbers, before and after a calibration.

Imports numpy and the modules beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.calibration.kinds import Kind, unit_rows
from clip_embeddings.calibration.modality import ModalityCalibration
from clip_embeddings.calibration.verdict import findings, verdict
from clip_embeddings.calibration.view import BINS, TOP, GapView, view_of
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.types import Modality

FEWEST = 10
"""Texts and pictures that a report needs of each."""
MOST = 2000
"""Rows of a kind that are looked at, spread evenly over those given: all pairs of them are compared."""
_WIDTH = 76
_NAMES: dict[Modality, str] = {"text": "text", "image": "picture"}


@dataclass(frozen=True, eq=False, repr=False)
class GapReport:
    """How far apart texts and pictures lie, and what a calibration makes of it.

    Made by `explain_vectors`. `str(report)` is a short summary; a notebook shows a table.

    Attributes:
        counts: (role, modality) -> rows looked at; queries only if there were some of their own.
        before: the raw vectors.
        after: the same under the calibration; None without one.
        calibration: its id, or None.
    """

    counts: Mapping[Kind, int]
    before: GapView
    after: GapView | None = None
    calibration: str | None = None

    @property
    def views(self) -> dict[str, GapView]:
        """ "before", and "after" if there is one."""
        return {"before": self.before} | ({"after": self.after} if self.after else {})

    def to_record(self, *, points: bool = True) -> dict[str, Any]:
        """All of it as JSON values.

        Args:
            points: with each view's plane, two numbers for every document.
        """
        views = {name: view.to_record() for name, view in self.views.items()}
        for view in views.values():
            if not points:
                del view["plane"]
        counts = {" ".join(kind): count for kind, count in self.counts.items()}
        bins = BINS.round(4).tolist()
        return {
            "counts": counts,
            "calibration": self.calibration,
            "verdict": self.verdict,
            "findings": findings(*self._judged)._asdict(),
            "bins": bins,
            "after": None,
            **views,
        }

    def __str__(self) -> str:
        lines = [f"Modality gap in {self.sample}", _line("", list(self.views))]
        lines += [_line(label, values) for label, values in self.facts()]
        lines += [f"after: calibration {self.calibration}"] if self.calibration else []
        return "\n".join([*lines, *wrap(self.verdict, _WIDTH)])

    def __repr__(self) -> str:
        return f"<GapReport of {self.sample}>\n{self.verdict}"

    def _repr_html_(self) -> str:
        from clip_embeddings.showing.elements import block, paragraph, table

        facts = [(label, *values) for label, values in self.facts()]
        after = paragraph(f"after: calibration {self.calibration}", quiet=True) if self.calibration else ""
        sample = paragraph(f"Modality gap in {self.sample}.", quiet=True)
        return block(paragraph(self.verdict), sample, table(facts, ["", *self.views]), after)

    @property
    def sample(self) -> str:
        """What was looked at, in words: "500 texts and 400 pictures, 20 text queries"."""
        counted = {kind: f"{count:,} {_named(kind)}" for kind, count in self.counts.items()}
        documents = f"{counted.pop(('document', 'text'))} and {counted.pop(('document', 'image'))}"
        return ", ".join([documents, *counted.values()])

    @property
    def verdict(self) -> str:
        """How fair, how sure, and what to do, in three sentences."""
        return verdict(*self._judged)

    @property
    def _judged(self) -> tuple[float, float | None, int]:
        after = self.after.exposure["text"] if self.after else None
        fewest = min(self.counts["document", kind] for kind in _NAMES)
        return self.before.exposure["text"], after, fewest

    def facts(self) -> list[tuple[str, list[str]]]:
        """The numbers in words: a label and a value for each view, most telling first."""
        views = list(self.views.values())
        facts = [("distance of the mean picture from the mean text", [f"{view.gap:z.2f}" for view in views])]
        for query, name in _NAMES.items():
            label = f"{name} query: pictures in the top {TOP}, 1 = their share"
            facts.append((label, [f"{view.exposure[query]:z.2f}" for view in views]))
        for pair in self.before.scores:
            label = f"{_NAMES[pair[0]]} query with {_NAMES[pair[1]]}s: median cosine"
            facts.append((label, [f"{view.scores[pair].median:z.2f}" for view in views]))
        return facts


def explain_vectors(
    texts: ArrayLike,
    images: ArrayLike,
    *,
    text_queries: ArrayLike | None = None,
    image_queries: ArrayLike | None = None,
    calibration: ModalityCalibration | None = None,
) -> GapReport:
    """Measure the modality gap of raw vectors, and what a calibration makes of it.

    The exposure compares the pictures among the ten best hits with their share of the rows. It is about 1
    where a query meets either modality as often as there is of it; where the wanted rows are of one modality,
    another value is right.

    Args:
        texts, images: raw unit rows (n, D) and (m, D) of documents, at least 10 of each; 2000 of each are
            looked at.
        text_queries, image_queries: raw unit rows of queries. None takes the documents in their place, each
            without itself.
        calibration: what to look through as well.
    Raises:
        InvalidInputError: too few rows, rows that are not unit vectors of one length.
    """
    given: dict[Kind, ArrayLike | None] = {
        ("document", "text"): texts,
        ("document", "image"): images,
        ("query", "text"): text_queries,
        ("query", "image"): image_queries,
    }
    rows = {kind: _checked(vectors, kind) for kind, vectors in given.items() if vectors is not None}
    if len(lengths := {each.shape[1] for each in rows.values()}) > 1:
        raise InvalidInputError(f"got vectors of {sorted(lengths)} numbers; expected all from one model")
    counts = {kind: len(each) for kind, each in rows.items()}
    after = view_of(rows, calibration) if calibration else None
    return GapReport(counts, view_of(rows, None), after, calibration.id if calibration else None)


def _checked(vectors: ArrayLike, kind: Kind) -> NDArray[np.float32]:
    """Unit rows, no more than are looked at."""
    name, fewest = _named(kind), FEWEST if kind[0] == "document" else 1
    rows = unit_rows(vectors, name)
    if len(rows) < fewest:
        raise InvalidInputError(
            f"{name}: got {len(rows)}; the gap needs at least {fewest} to be seen. Add more"
        )
    places = np.linspace(0, len(rows) - 1, min(len(rows), MOST)).round().astype(int)
    kept: NDArray[np.float32] = rows[places]
    return kept


def _named(kind: Kind) -> str:
    return f"{_NAMES[kind[1]]} queries" if kind[0] == "query" else f"{_NAMES[kind[1]]}s"


def _line(label: str, values: list[str]) -> str:
    return f"{label:<52}" + "".join(f"{value:>8}" for value in values)
