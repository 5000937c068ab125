"""`clip-embeddings ingest`: files into a collection, and a report of what became of them."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console

from clip_embeddings.errors import FingerprintMismatchError
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.choice import AUTO, choose, offer, tell
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.store import NONE, open_with

if TYPE_CHECKING:
    from clip_embeddings.ingestion import IngestReport

# Options of `ingest` that say what is read and how: they hold for what is sampled before it too.
_READING = ("manifests", "allow_schemes", "max_bytes", "encoding", "exclude", "include", "only", "pdf")
_NAMED = 3  # tables that are told by name


def run(
    paths: Sequence[str],
    place: Place,
    name: str,
    *,
    model: str | None,
    calibrate: str | None,
    deployment: dict[str, Any],
    sources: dict[str, Any],
    strict: bool,
    as_json: bool,
) -> None:
    """Ingest and report; exit with 1 if all files failed, and if `strict` and one did."""
    from clip_embeddings.stores.collection import ingest

    options: dict[str, Any] = {"model": model, "calibrate": calibrate, "deployment": deployment}
    options["sources"] = {key: sources[key] for key in _READING}
    choice = choose(paths, place, name, **options)
    try:
        collection = open_with(place, name, choice.embedder)
    except FingerprintMismatchError:
        if not choice.said:
            raise
        # Another process has made it while this one measured: that one's calibration holds.
        choice = choose(paths, place, name, **options)
        collection = open_with(place, name, choice.embedder)
    if choice.said:
        tell(choice.said, choice.embedder, place, name)
    progress = sys.stdout.isatty() and not as_json
    try:
        report = ingest(paths, collection, sample=choice.sample, show_progress=progress, **sources)
    except KeyboardInterrupt:
        say("stopped", "rows that are stored are safe; run the same command again to go on")
        raise
    embedder, rows = choice.embedder, collection.count()
    if embedder.calibration is None and not choice.said and calibrate != NONE:
        embedder = offer(collection, place, do=calibrate == AUTO)
    calibration = embedder.calibration
    if as_json:
        record = _record(report, place, name, rows)
        render.print_json({**record, "calibration": calibration.id if calibration else None})
    else:
        out = render.console()
        show_report(out, report)
        state = f"calibrated ({calibration.id})" if calibration else "raw"
        holds = f"The collection {name!r} in {place} holds {render.counted(rows, 'row')}, {state}."
        out.print(holds, soft_wrap=True)
    if report.failures and (strict or not (report.added or report.skipped)):
        raise typer.Exit(1)


def show_report(out: Console, report: "IngestReport") -> None:
    """A table of counts, then each failure with its reason."""
    out.print(render.facts({name: f"{count:,}" for name, count in report.facts().items()}, right=True))
    if report.failures:
        out.print()
        failed = render.table("file", "reason", title="Failed")
        for failure in report.failures:
            failed.add_row(render.short_path(failure.path), render.clean(failure.reason))
        out.print(failed)
    if not (report.added or report.skipped or report.failures or report.left_out):
        say("note", "no file was found that can be stored")
    for hint in _hints(report):
        out.print(f"\n{hint}", soft_wrap=True, markup=False)
    out.print(f"\n{report.seconds:.1f} s{_rate(report)}")


def _hints(report: "IngestReport") -> list[str]:
    """What to do about what was left out, where a user may not expect it."""
    from clip_embeddings.ingestion.find.notes import REASONS

    hints = []
    if report.tables:
        named = ", ".join(map(render.short_path, report.tables[:_NAMED]))
        more = f" and {len(report.tables) - _NAMED} more" if len(report.tables) > _NAMED else ""
        hints.append(
            f"Tables of captions are not read as notes: {named}{more}. --manifest FILE gives its captions to "
            "the pictures; the column of the pictures has to be called uri, and that of the words caption."
        )
    if kinds := [kind for kind in report.left_out if kind in REASONS]:
        hints.append(
            f"Left out because they are no notes: {', '.join(sorted(kinds))}. --include PATTERN takes them."
        )
    if report.captions_left_out:
        hints.append(
            "Of several captions of a picture one is kept; --embed-captions stores each as a row of its own."
        )
    return hints


def _rate(report: "IngestReport") -> str:
    rates = {"pictures": report.images_per_second, "passages": report.passages_per_second}
    return "".join(f", {rate:.1f} {name} a second" for name, rate in rates.items() if rate)


def _record(report: "IngestReport", place: Place, name: str, rows: int) -> dict[str, Any]:
    return {
        "store": str(place),
        "collection": name,
        "images": report.images,
        "passages": report.passages,
        "captions": report.captions,
        "first_of_several": report.first_of_several,
        "cached": report.cached,
        "skipped": report.skipped,
        "moved": report.moved,
        "updated": report.updated,
        "removed": report.removed,
        "pruned": report.pruned,
        "encodings": report.encodings,
        "left_out": report.left_out,
        "tables": report.tables,
        "captions_left_out": report.captions_left_out,
        "failures": [{"path": failure.path, "reason": failure.reason} for failure in report.failures],
        "seconds": round(report.seconds, 3),
        "images_per_second": round(report.images_per_second, 2),
        "passages_per_second": round(report.passages_per_second, 2),
        "rows": rows,
    }
