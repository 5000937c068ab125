"""The sweep as a picture: NDCG@10 and exposure over the share of pictures. Imports matplotlib."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.mixed.measure import Measured
from benchmarks.mixed.methods import RAW, SHIPPED
from benchmarks.mixed.protocol import SHARES
from benchmarks.mixed.verdict import EXPOSURES
from clip_embeddings import MissingExtraError

# Colours that remain apart for the colour-blind (Okabe and Ito); markers where lines lie on each other.
_COLORS = ("#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#f0e442", "#999999")
_MARKERS = "sv^DPX"


def plot_sweep(measured: Measured, names: Sequence[str], path: Path) -> None:
    """Draw A, for text queries, as one small PNG.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError('a plot needs matplotlib: pip install "clip-embeddings[report]"') from error
    figure = Figure(figsize=(12, 4.4), layout="constrained")
    whole, close, right = figure.subplots(1, 3)
    others = [name for name in names if name not in (RAW, SHIPPED)]
    for name in names:
        here = measured.sweeps["text"][name]
        style: dict[str, Any] = {"color": "black", "linestyle": "--", "marker": "x", "linewidth": 1.6}
        if name == SHIPPED:
            style = {"color": "#d55e00", "marker": "o", "linewidth": 2.6, "zorder": 5}
        elif name in others:
            place = others.index(name) % len(_COLORS)
            style = {"color": _COLORS[place], "marker": _MARKERS[place], "linewidth": 1.4, "markersize": 5}
        whole.plot(SHARES, here.curve, label=name, **style)
        close.plot(SHARES, here.curve, **style)
        right.plot(SHARES[1:], here.exposures[1:], **style)
    whole.set(title="NDCG@10 (flat is ideal)", ylim=(0, 1.02))
    close.set(title="the same, from near", ylim=(0.9, 1.002))
    right.set(title="exposure of pictures, E (1 is fair)", ylim=(0, 2.2), xlim=(-0.05, 1.05))
    right.axhspan(*EXPOSURES, color="#009e73", alpha=0.12, linewidth=0)
    for axes in (whole, close, right):
        axes.set_xlabel("share of pictures in the collection")
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
    figure.suptitle(f"One ranking over texts and pictures: text queries, {measured.pairs.name}")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
