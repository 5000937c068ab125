"""`clip-embeddings score`: CLIPScore and RefCLIPScore of pictures and captions."""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from rich.table import Table
from rich.text import Text

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.tasks.scoring import PREFIX, WEIGHT, CaptionScores, caption_scores
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.pairs import REFERENCE, read_pairs

_COLUMNS = ("picture", "text", "clip_score", "ref_clip_score")


class Wanted(NamedTuple):
    """Pictures, captions, and references[i] of images[i] if there are any."""

    images: Sequence[Path]
    texts: Sequence[str]
    references: Sequence[Sequence[str]] | None


def from_csv(file: Path) -> Wanted:
    """Read pairs and references.

    Raises:
        InvalidInputError: not such a file, or a line that cannot be scored; names the first one.
    """
    pairs, problems = read_pairs(file)
    told = any(pair.references for pair in pairs)
    if told:
        alone = [pair.line for pair in pairs if not pair.references]
        problems += [f"line {line}: no {REFERENCE}, and other lines have one" for line in alone]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise InvalidInputError(f"pairs {str(file)!r}: {problems[0]}{more}. Nothing was scored")
    references = [pair.references for pair in pairs] if told else None
    return Wanted([pair.picture for pair in pairs], [pair.text for pair in pairs], references)


def run(
    wanted: Wanted,
    *,
    matrix: bool,
    prefix: str | None,
    model: str | None,
    settings: dict[str, Any],
    output: Literal["table", "json", "csv"],
) -> None:
    """Score and print; `settings` are those of the embedder."""
    pictures, captions = len(wanted.images), len(wanted.texts)
    if not matrix and pictures != captions:
        raise InvalidInputError(
            f"{render.counted(pictures, 'picture')} and {render.counted(captions, 'caption')}; give one "
            "caption for each picture, or --matrix to score every picture with every caption"
        )
    embedder = CLIPEmbedder(model, **settings) if model else CLIPEmbedder(**settings)
    before = PREFIX if prefix is None else prefix.strip()
    scores = caption_scores(embedder, *wanted, pairwise=not matrix, prefix=before)
    records = _records(wanted, scores)
    if output == "json":
        render.print_json(
            {"model": embedder.config.model, "prefix": before, "weight": WEIGHT, "scores": records}
        )
    elif output == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        columns = _COLUMNS if scores.ref is not None else _COLUMNS[:-1]
        writer.writerow(columns)
        writer.writerows([record[column] for column in columns] for record in records)
    else:
        _show(records, before)


def _records(wanted: Wanted, scores: CaptionScores) -> list[dict[str, Any]]:
    """One for each pair, pictures in their order; (N,) or (N, M) scores."""
    across = range(len(wanted.texts))
    pairwise = scores.clip.ndim == 1
    made: list[dict[str, Any]] = []
    for row, picture in enumerate(wanted.images):
        for column in (row,) if pairwise else across:
            place = (row,) if pairwise else (row, column)
            made.append(
                {
                    "picture": str(picture),
                    "text": wanted.texts[column],
                    "clip_score": round(float(scores.clip[place]), 6),
                    "ref_clip_score": None if scores.ref is None else round(float(scores.ref[place]), 6),
                }
            )
    return made


def _show(records: Sequence[dict[str, Any]], prefix: str) -> None:
    told = any(record["ref_clip_score"] is not None for record in records)
    made = _table(told)
    for record in records:
        names = [
            Text(render.short_path(record["picture"])),
            Text(render.brief(record["text"], render.LETTERS)),
        ]
        numbers = [record["clip_score"], *([record["ref_clip_score"]] if told else [])]
        made.add_row(*names, *(Text(f"{number:.4f}") for number in numbers))
    out = render.console()
    out.print(made)
    out.print()
    before = f"each text follows {prefix!r}" if prefix else "no prefix"
    out.print(f"CLIPScore: {WEIGHT} x cosine of picture and text, at least 0; {before}.", style="dim")
    if told:
        out.print(
            "RefCLIPScore: harmonic mean with the best cosine of text and reference, at least 0.", style="dim"
        )


def _table(told: bool) -> Table:
    names = ["picture", "text", "CLIPScore", *(["RefCLIPScore"] if told else [])]
    return render.table(*names, right=range(2, len(names)))
