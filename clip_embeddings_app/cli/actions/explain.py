"""`clip-embeddings explain`: how far apart the pictures and texts of a collection lie, and what helps."""

from pathlib import Path

from rich.console import Console

from clip_embeddings import CLIPEmbedder, GapReport
from clip_embeddings.config import REFERENCE
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.chroma import calibrating
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.sample import read_queries
from clip_embeddings_app.cli.store import open_existing
from clip_embeddings_app.cli.terminal import quoted


def run(
    place: Place,
    name: str,
    *,
    model: str | None,
    queries: Path | None,
    calibration: str | None,
    size: int,
    seed: int,
    report: Path | None,
    as_json: bool,
) -> None:
    """Measure a sample of the collection, print the numbers, and draw them if asked."""
    from clip_embeddings.stores.collection import explain

    asked = read_queries(queries)
    collection = open_existing(place, name, model)
    seen = explain(collection, queries=asked, size=size, seed=seed, calibration=calibration)
    own = collection.embedder.calibration
    if as_json:
        where = {"store": str(place), "collection": name, "own_calibration": own.id if own else None}
        render.print_json(
            {**where, **seen.to_record(points=False), "picture": str(report) if report else None}
        )
    else:
        out = render.console()
        out.print(
            f"The collection {name!r} in {place} ({'calibrated' if own else 'raw'})",
            style="bold",
            soft_wrap=True,
        )
        out.print(f"{seen.sample}, drawn at random\n")
        show_report(out, seen)
        if own is None:
            _next_steps(out, place, name, calibration or _reference(collection.embedder))
    draw_report(report, seen, f"Modality gap of the collection {name!r}", quiet=as_json)


def show_report(out: Console, seen: GapReport) -> None:
    """The numbers of every view side by side."""
    heads = {"before": "raw", "after": "calibrated"}
    made = render.table("", *(heads[name] for name in seen.views), right=range(1, 1 + len(seen.views)))
    for label, values in seen.facts():
        made.add_row(label, *values)
    out.print(made)
    if seen.calibration:
        out.print(f"Calibration {seen.calibration}.", style="dim")
    out.print(f"\n{seen.verdict}", soft_wrap=True)


def draw_report(path: Path | None, seen: GapReport, title: str, *, quiet: bool) -> None:
    """Write the picture or the page, if one is asked for."""
    if path is None:
        return
    from clip_embeddings_app.figures.gap_figure import write_report

    write_report(path, seen, title)
    if not quiet:
        render.console().print(f"\nReport: {path}", soft_wrap=True)


def _reference(embedder: CLIPEmbedder) -> str | None:
    from clip_embeddings.ingestion.auto import ships_with_reference

    return REFERENCE if ships_with_reference(embedder) else None


def _next_steps(out: Console, place: Place, name: str, calibration: str | None) -> None:
    where = place.naming(name)
    out.print("\nNext, to rank both in one list:", style="bold")
    if not calibration:
        calibration = "cal.json"
        out.print(f"  clip-embeddings calibrate {where} {quoted('--output', calibration)}", soft_wrap=True)
    out.print(f"  {calibrating(place, name, calibration)}", soft_wrap=True)
