"""Pairs from a folder: pictures and a `pairs.csv` with the columns picture, text and, if there are, query
and language. Imports the standard library and the embedder.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.mixed.data import Pairs, Queries
from clip_embeddings import CLIPEmbedder, InvalidInputError

NAME = "pairs.csv"
_SHOWN = 5  # bad lines in one message


@dataclass(frozen=True)
class Line:
    """One pair: a picture's path, the text that stands for it, a query for either, and its language."""

    picture: Path
    text: str
    query: str
    language: str


def read_lines(folder: Path) -> list[Line]:
    """The pairs of a folder, in file order; without a column `query` a pair's text is its query too.

    Raises:
        InvalidInputError: no such file, a column is missing, or lines without text, query or picture; names
            the first of them.
    """
    path = folder / NAME
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, restval="")
            columns, numbered = list(rows.fieldnames or ()), [(rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text in UTF-8"
        raise InvalidInputError(f"{path}: {reason}; expected a table of pairs") from error
    if missing := [name for name in ("picture", "text") if name not in columns]:
        raise InvalidInputError(
            f"{path}: no column {' and '.join(missing)}; its first line is {columns}. Expected picture, text "
            "and optionally query, language"
        )
    bad = [f"line {n}: {fault}" for n, row in numbered if (fault := _fault(row, columns, folder))]
    if bad:
        more = f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        raise InvalidInputError(f"{path}: {'; '.join(bad[:_SHOWN])}{more}. Correct or remove them")
    return [
        Line(folder / row["picture"], row["text"], row.get("query", row["text"]), row.get("language", ""))
        for _, row in numbered
    ]


def has_queries(lines: Sequence[Line]) -> bool:
    """Whether any query is other than its document's text; else text targets are trivial."""
    return any(line.query != line.text for line in lines)


def halves(lines: Sequence[Line], *, seed: int = 0) -> tuple[list[Line], list[Line]]:
    """A calibration split and a test split, drawn at random."""
    order = np.random.default_rng(seed).permutation(len(lines))
    return [lines[i] for i in order[::2]], [lines[i] for i in order[1::2]]


def folder_pairs(embedder: CLIPEmbedder, lines: Sequence[Line], name: str) -> Pairs:
    """Embed pairs; a query is answered by its own pair alone. There are no picture or short queries.

    Raises:
        ImageDecodeError: a picture that cannot be read.
    """
    count = len(lines)
    own = np.eye(count, dtype=bool)
    queries = Queries(
        vectors=embedder.embed_texts([line.query for line in lines]),
        modality="text",
        relevant=np.concatenate([own, own], axis=1),
        owner=np.arange(count),
        languages=np.array([line.language for line in lines]),
    )
    texts = embedder.embed_texts([line.text for line in lines])
    pictures = embedder.embed_images([line.picture for line in lines])
    picture = np.repeat([False, True], count)
    return Pairs(name, count, np.concatenate([texts, pictures]), picture, {"text": queries})


def _fault(row: dict[str, str], columns: Sequence[str], folder: Path) -> str:
    if None in row:
        return "more fields than columns (a comma in a text needs quotes)"
    for name in ("picture", "text", *(["query"] if "query" in columns else [])):
        if not row[name].strip():
            return f"no {name}"
    if not (folder / row["picture"]).is_file():
        return f"no picture {row['picture']!r} in the folder"
    return ""
