"""GapView: what one state of a sample shows, raw or calibrated. Imports numpy and the modules beside it.

Scores are cosines of queries with documents, as a search sees them. No query has a part along the gap once
it is calibrated, so the gap and the plane of a calibrated sample leave that part of the documents out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration.kinds import Kind, Pair
from clip_embeddings.calibration.levels import SAME
from clip_embeddings.calibration.modality import ModalityCalibration
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Modality, Role

BINS = np.linspace(-1, 1, 81)
"""Edges of the histograms' bins, on every report the same."""
TOP = 10  # hits that the exposure looks at
_MODALITIES: tuple[Modality, Modality] = ("text", "image")
_ROWS: tuple[Pair, ...] = (("text", "text"), ("image", "image"), ("text", "image"))

Floats = NDArray[np.float32]
Rows = Mapping[Kind, Floats]


@dataclass(frozen=True, eq=False)
class CosineSpread:
    """How the cosines of a pair of modalities are spread.

    Attributes:
        median, low, high: the 50th, 5th and 95th percentile.
        counts: int64 (80,), pairs in each bin of `BINS`.
    """

    median: float
    low: float
    high: float
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, cosines: Floats) -> "CosineSpread":
        low, median, high = (float(value) for value in np.percentile(cosines, [5, 50, 95]))
        counts = np.histogram(np.clip(cosines, -1, 1), BINS)[0].astype(np.int64)
        return cls(median, low, high, counts)

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        numbers = {"median": self.median, "5%": self.low, "95%": self.high}
        return {**{name: round(value, 4) for name, value in numbers.items()}, "counts": self.counts.tolist()}


@dataclass(frozen=True, eq=False)
class GapView:
    """A sample before or after a calibration.

    Attributes:
        gap: distance of the mean picture from the mean text, as far as queries can see it.
        rows: (modality, modality) of two documents -> their cosines.
        scores: (modality of the query, of the document) -> their cosines.
        exposure: modality of the query -> share of pictures among the ten best, over their share of the rows:
            1 where they come up as often as there are of them.
        plane: modality -> float32 (n, 2), the documents seen from where text and pictures differ most.
    """

    gap: float
    rows: Mapping[Pair, CosineSpread]
    scores: Mapping[Pair, CosineSpread]
    exposure: Mapping[Modality, float]
    plane: Mapping[Modality, Floats]

    def to_record(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "gap": round(self.gap, 4),
            "exposure": {name: round(value, 4) for name, value in self.exposure.items()},
            "rows": {" ".join(pair): each.to_record() for pair, each in self.rows.items()},
            "scores": {" ".join(pair): each.to_record() for pair, each in self.scores.items()},
            "plane": {name: points.round(4).tolist() for name, points in self.plane.items()},
        }


def view_of(raw: Rows, calibration: ModalityCalibration | None) -> GapView:
    """Look at a sample of raw unit rows under a calibration, or as they are.

    Args:
        raw: (role, modality) -> (n, D); where there are no queries, documents stand in for them.
    """
    documents = {name: _moved(calibration, raw["document", name], name) for name in _MODALITIES}
    queries = {
        name: _moved(calibration, raw.get(("query", name), raw["document", name]), name, "query")
        for name in _MODALITIES
    }
    scores = _cosines(queries, documents)
    rows = _cosines(documents, documents)
    for name in _MODALITIES:
        same = _same(raw["document", name])
        rows[name, name][same] = -np.inf
        if ("query", name) not in raw:
            scores[name, name][same] = -np.inf
    seen = {name: _across(calibration, each) for name, each in documents.items()}
    return GapView(
        gap=float(np.linalg.norm(_apart(seen))),
        rows={pair: CosineSpread.of(each[np.isfinite(each)]) for pair, each in rows.items() if pair in _ROWS},
        scores={pair: CosineSpread.of(each[np.isfinite(each)]) for pair, each in scores.items()},
        exposure={name: _exposure(scores[name, "text"], scores[name, "image"]) for name in _MODALITIES},
        plane=_plane(seen),
    )


def _moved(
    calibration: ModalityCalibration | None, rows: Floats, modality: Modality, role: Role = "document"
) -> Floats:
    return calibration.apply(rows, modality, role) if calibration else rows


def _across(calibration: ModalityCalibration | None, rows: Floats) -> Floats:
    """Rows without their part along the gap, where calibrated queries have none."""
    if not calibration:
        return rows
    return rows - np.outer(rows @ calibration.direction, calibration.direction)


def _cosines(left: Mapping[Modality, Floats], right: Mapping[Modality, Floats]) -> dict[Pair, Floats]:
    return {
        (a, b): left[a] @ right[b].T for a in _MODALITIES for b in _MODALITIES
    }  # (n, D), (m, D) -> (n, m)


def _same(rows: Floats) -> NDArray[np.bool_]:
    """Pairs of a row with itself or with a copy of it, which say nothing about the others."""
    same: NDArray[np.bool_] = rows @ rows.T > SAME
    np.fill_diagonal(same, True)
    return same


def _exposure(texts: Floats, images: Floats) -> float:
    """Share of pictures among the best of each query, over their share of what it could find."""
    cosines = np.concatenate([texts, images], axis=1)  # (n, t), (n, i) -> (n, t + i)
    best = np.argsort(-cosines, axis=1, kind="stable")[:, :TOP]
    found = np.take_along_axis(np.isfinite(cosines), best, axis=1)
    pictures = (best >= texts.shape[1]) & found
    there = np.isfinite(images).sum() / np.isfinite(cosines).sum()
    return float(pictures.sum() / found.sum() / there)


def _apart(rows: Mapping[Modality, Floats]) -> Floats:
    apart: Floats = rows["image"].mean(axis=0) - rows["text"].mean(axis=0)
    return apart


def _plane(rows: Mapping[Modality, Floats]) -> dict[Modality, Floats]:
    """Across: from the mean text to the mean picture. Up: the widest spread of what is left."""
    everything = np.concatenate([rows[name] for name in _MODALITIES]).astype(np.float64)
    everything -= everything.mean(axis=0)
    across = l2_normalize(_apart(rows))[0]
    rest = everything - np.outer(everything @ across, across)
    up = np.linalg.eigh(rest.T @ rest)[1][:, -1]
    up *= np.sign(up[np.abs(up).argmax()])  # either sign is right: always the same one
    points = np.stack([everything @ across, everything @ up], axis=1).astype(np.float32)  # (n, D) -> (n, 2)
    return dict(zip(_MODALITIES, np.split(points, [len(rows["text"])]), strict=True))
