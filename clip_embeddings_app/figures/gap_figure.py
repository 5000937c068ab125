"""The picture of a gap report, before and after: where the modalities lie and how they score.

Imports numpy, and matplotlib inside functions: it comes with the extra `report`.
"""

import io
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clip_embeddings import GapReport, MissingExtraError
from clip_embeddings.calibration.view import BINS, CosineSpread, GapView
from clip_embeddings.types import Modality

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TEXT, IMAGE, INK, QUIET = "#0072B2", "#D55E00", "#222222", "#666666"  # Okabe and Ito: for every kind of eye
_COLOURS: dict[Modality, str] = {"text": TEXT, "image": IMAGE}
_NAMES: dict[Modality, str] = {"text": "texts", "image": "pictures"}
_MARKS: dict[Modality, str] = {"text": "o", "image": "^"}
_TITLES = {"before": "Before: as the model gives them", "after": "After: calibrated"}
_FLAT = 0.62  # height of the plane over its width
_POINTS = 500  # drawn of each modality


def check_matplotlib() -> None:
    """Say that the extra is missing before any work is done.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError('a report needs matplotlib: pip install "clip-embeddings[report]"') from error


def write_report(path: Path, report: GapReport, title: str) -> None:
    """Write the picture (.png), or a page with the picture and all numbers (.html).

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    check_matplotlib()
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".html":
        from clip_embeddings_app.figures.gap_page import page

        path.write_text(page(report, title, _saved(draw(report), "svg").decode()), encoding="utf-8")
    else:
        path.write_bytes(_saved(draw(report, title=title), "png"))


def draw(report: GapReport, *, title: str = "") -> "Figure":
    """One column for each view: the plane above, the scores of text and of picture queries below."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    columns = list(report.views.items())
    figure = Figure(
        figsize=(5.6 * len(columns), 8.6 + 0.5 * bool(title)),
        layout=ConstrainedLayoutEngine(h_pad=0.09, w_pad=0.09),
    )
    rows = figure.subplots(3, len(columns), squeeze=False, height_ratios=[2.1, 1, 1])
    for place, (name, view) in enumerate(columns):
        _plane(rows[0, place], view, _reach(report), _TITLES[name])
        for row, query in enumerate(_NAMES, 1):
            _scores(rows[row, place], report, view, query)
    for axes in rows.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=9, colors=QUIET)
    if title:
        figure.suptitle(title, fontsize=14, color=INK, x=0.01, ha="left")
    return figure


def _plane(axes: "Axes", view: GapView, reach: float, title: str) -> None:
    """Documents as points; the mean of each modality as a cross."""
    for name, points in view.plane.items():
        some = points[np.linspace(0, len(points) - 1, min(len(points), _POINTS)).round().astype(int)]
        axes.scatter(
            some[:, 0],
            some[:, 1],
            s=16,
            c=_COLOURS[name],
            marker=_MARKS[name],
            alpha=0.45,
            linewidths=0,
            label=_NAMES[name],
        )
    for name, points in view.plane.items():
        x, y = points.mean(axis=0)
        axes.scatter([x], [y], s=110, c="white", marker="P", edgecolors=_COLOURS[name], linewidths=2)
    axes.set(xlim=(-reach / _FLAT, reach / _FLAT), ylim=(-reach, reach))
    axes.set_box_aspect(_FLAT)  # as wide as the column, and one scale both ways
    axes.set_title(f"{title}\n", fontsize=12.5, color=INK, loc="left")
    axes.text(
        0,
        1.015,
        f"The means (crosses) are {view.gap:.2f} apart",
        transform=axes.transAxes,
        fontsize=10,
        color=QUIET,
    )
    axes.set_xlabel("towards the mean picture", fontsize=9, color=QUIET)
    axes.set_ylabel("widest spread across", fontsize=9, color=QUIET)
    axes.legend(loc="upper right", fontsize=9.5, frameon=False, markerscale=1.5, handletextpad=0.1)


def _scores(axes: "Axes", report: GapReport, view: GapView, query: Modality) -> None:
    """How texts and how pictures score with one kind of query; the medians as lines."""
    spreads: dict[Modality, CosineSpread] = {name: view.scores[query, name] for name in _NAMES}
    for name, spread in spreads.items():
        share = 100 * spread.counts / spread.counts.sum()
        axes.stairs(share, BINS, color=_COLOURS[name], fill=True, alpha=0.25)
        axes.stairs(share, BINS, color=_COLOURS[name], linewidth=1.4)
        axes.axvline(spread.median, color=_COLOURS[name], linewidth=1.2, linestyle=(0, (4, 2)))
    every = [each.scores[query, name].counts for each in report.views.values() for name in _NAMES]
    full = np.flatnonzero(np.max([counts / counts.sum() for counts in every], axis=0) > 0.0005)
    top = max(100 * counts.max() / counts.sum() for counts in every)
    axes.set(xlim=(BINS[full[0]] - 0.05, BINS[full[-1] + 1] + 0.05), ylim=(0, 1.08 * top))
    asked = "Text" if query == "text" else "Picture"
    axes.set_title(f"{asked} queries\n", fontsize=11, color=INK, loc="left")
    axes.text(0, 1.05, _exposure(view.exposure[query]), transform=axes.transAxes, fontsize=10, color=QUIET)
    axes.set_xlabel("cosine with a row of the sample (dashed: median)", fontsize=9, color=QUIET)
    axes.set_ylabel("% of pairs", fontsize=9, color=QUIET)


def _exposure(value: float) -> str:
    return f"Pictures among the ten best: {value:.2f} times their share"


def _reach(report: GapReport) -> float:
    """One scale for both planes, so that they can be compared."""
    return 1.08 * max(
        float(np.abs(points).max()) for view in report.views.values() for points in view.plane.values()
    )


def _saved(figure: "Figure", form: str) -> bytes:
    import matplotlib

    out = io.BytesIO()
    # No date and no links: the same report is the same file.
    metadata: dict[str, Any] = dict.fromkeys(("Creator", "Date", "Format", "Type")) if form == "svg" else {}
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "gap"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # a name in letters that the font has not
        figure.savefig(out, format=form, dpi=110, metadata=metadata, facecolor="white")
    return out.getvalue()
