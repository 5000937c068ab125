"""`clip-embeddings similarity`: the table of the CLIP notebooks, cosines and probabilities."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from clip_embeddings_app.cli import render

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clip_embeddings import ScoreFunction


def run(images: Sequence[Path], texts: Sequence[str], *, model: str | None, as_json: bool) -> None:
    """Compare every picture with every text.

    Source: the probabilities are those of section 3.1.2 of Radford et al. 2021, a softmax over the texts of
    logit_scale * cosine; those of SigLIP judge each text by itself (Zhai et al. 2023).
    """
    from clip_embeddings import CLIPEmbedder

    embedder = CLIPEmbedder(model) if model else CLIPEmbedder()
    cosines = embedder.similarity(images, texts)  # (N, M)
    shares = embedder.scoring.probabilities(cosines)
    if as_json:
        pictures = [
            {"path": str(path), "cosines": row.tolist(), "probabilities": share.tolist()}
            for path, row, share in zip(images, cosines, shares, strict=True)
        ]
        scale = embedder.logit_scale
        render.print_json(
            {"model": embedder.config.model, "logit_scale": scale, "texts": list(texts), "images": pictures}
        )
        return
    out = render.console()
    for path, row, share in zip(images, cosines, shares, strict=True):
        out.print(_table(path, texts, row, share))
        out.print()
    out.print(f"Probability: {_how(embedder.scoring)}, the model's own numbers.", style="dim")


def _how(scoring: "ScoreFunction") -> str:
    """How cosines became probabilities, in words."""
    if scoring.kind == "softmax":
        return f"softmax over the texts of {scoring.scale:.1f} x cosine"
    return f"each text by itself, sigmoid of {scoring.scale:.1f} x cosine {scoring.bias:+.1f}"


def _table(
    path: Path, texts: Sequence[str], cosines: "NDArray[np.float32]", shares: "NDArray[np.float32]"
) -> Table:
    """One picture against all texts, the likeliest in bold."""
    made = render.table("text", "cosine", "probability", title=render.short_path(path), right=(1, 2))
    best = int(shares.argmax())
    for index, text in enumerate(texts):
        style = "bold" if index == best else ""
        made.add_row(
            Text(render.clean(text), style),
            Text(f"{cosines[index]:.4f}", style),
            Text(f"{shares[index]:.1%}", style),
        )
    return made
