"""Rows and reports -> JSON values of the page. Imports the core."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clip_embeddings import GapReport
from clip_embeddings.context import Source, encodable, plain
from clip_embeddings.context.sources import BROUGHT
from clip_embeddings.ingestion.rows.ids import OURS
from clip_embeddings.search import Hit
from clip_embeddings_app.files import files_of

_LETTERS = 600  # of a passage on a card
_POINTS = 400  # of a kind in a report's plane


def card(source: Source) -> dict[str, Any]:
    """What a card shows of a row: "picture" says whether it has one; "caption" is a picture's text."""
    said = source.caption if source.shows_picture else source.text
    return {
        "id": encodable(source.id),
        "picture": source.shows_picture,
        "name": source.file_name,
        "text": encodable(said[:_LETTERS]) + ("…" if len(said) > _LETTERS else ""),
        "page": source.page,
    }


def hit(found: Hit) -> dict[str, Any]:
    """A card with its score; "percentile" is None without a calibration."""
    return {**card(found.source), "score": found.score, "percentile": found.percentile}


def row(source: Source, brought: Sequence[Source], roots: Sequence[Path] | None) -> dict[str, Any]:
    """One row, whole: its text, its facts, where its files are, the pictures that stand with it.

    Returns:
        "original" is the name of the file that may be opened, None where there is none.
    """
    path = next(files_of(source, roots), None)
    hidden = OURS | {"pictures", "around", BROUGHT}
    facts = {name: value for name, value in source.metadata.items() if name not in hidden}
    return {
        **card(source),
        "text": encodable(source.caption if source.shows_picture else source.text),
        "places": [encodable(uri) for uri in source.uris],
        "original": None if path is None else encodable(path.name),
        "facts": plain(facts),
        # One that is no row of the collection has no thumbnail: its document names it.
        "brought": [card(each) for each in brought if each.id],
    }


def gap(report: GapReport) -> dict[str, Any]:
    """A report with fewer points: enough to be seen."""
    record = report.to_record()
    for name in report.views:
        plane = record[name]["plane"]
        record[name]["plane"] = {
            kind: points[:: len(points) // _POINTS + 1] for kind, points in plane.items()
        }
    return record
