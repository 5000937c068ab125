"""`clip-embeddings demo`: pictures and notes made here, one collection, six queries, a contact sheet."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from clip_embeddings.config import REFERENCE
from clip_embeddings.showing.notes import PERCENTILE
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.store import open_or_create
from clip_embeddings_app.cli.terminal import quoted
from clip_embeddings_app.demo.notes import NOTES
from clip_embeddings_app.demo.scenes import write_query, write_scenes

if TYPE_CHECKING:
    from clip_embeddings.search import SearchResult
    from clip_embeddings.stores.protocol import Collection

QUERIES = (
    "a photo of a cat",
    "a photo of a dog",
    "a landscape with mountains",
    "a happy dog running on the beach",
    "노을지는 바다",
)
COLLECTION = "demo"
_K = 10
_TITLE = "One collection, searched by words and by picture"
_SUBTITLE = "Drawn scenes and notes in English and Korean, ranked in one list by a calibrated model."


def run(folder: Path) -> None:
    """Make the files, ingest them, answer the queries, draw the sheet, and say what to do next."""
    out = render.console()
    out.print(f"Drawing scenes and writing notes into {folder}.")
    write_files(folder)
    place = opt.place(folder / "db", None, None)
    collection = open_or_create(place, COLLECTION, "tiny", {"calibration": REFERENCE})
    out.print(f"Ingesting both into one collection in {place}, with the bundled model.")
    _ingest(out, folder, collection)
    answers = _ask(out, folder, collection)
    sheet = folder / "contact-sheet.png"
    _draw(sheet, answers)
    _next_steps(out, folder, sheet)


def write_files(folder: Path) -> None:
    """Write pictures, notes and the picture to search with; what is there already stays."""
    write_scenes(folder / "pictures")
    write_query(folder / "query.png")
    notes = folder / "notes"
    notes.mkdir(parents=True, exist_ok=True)
    for name, text in NOTES.items():
        if not (notes / name).exists():
            (notes / name).write_text(text, encoding="utf-8")


def _ingest(out: Console, folder: Path, collection: "Collection") -> None:
    from clip_embeddings.stores.collection import ingest

    report = ingest([folder / "pictures", folder / "notes"], collection, show_progress=out.is_terminal)
    if report.images or report.passages:
        pictures, passages = (
            render.counted(report.images, "picture"),
            render.counted(report.passages, "passage"),
        )
        out.print(f"{pictures} and {passages} of text added in {report.seconds:.1f} s.")
    else:
        out.print(f"Nothing to add: all {report.skipped} rows are there already.")
    for failure in report.failures:
        say("warning", f"{failure.path}: {failure.reason}")


def _ask(
    out: Console, folder: Path, collection: "Collection"
) -> list[tuple[str | None, Path | None, "SearchResult"]]:
    """Search for every query and print its tables."""
    from clip_embeddings.stores.collection import search

    picture = folder / "query.png"
    answers: list[tuple[str | None, Path | None, SearchResult]] = [
        (query, None, search(collection, text=query, k=_K)) for query in QUERIES
    ]
    answers.append((None, picture, search(collection, image=picture, k=_K)))
    for query, image, result in answers:
        out.print()
        out.rule(f'"{query}"' if query else f"Like the picture {image}", align="left", style="dim")
        render.show_result(out, result, modality="any")
    out.print()
    out.print(PERCENTILE, style="dim")
    return answers


def _draw(sheet: Path, answers: list[tuple[str | None, Path | None, "SearchResult"]]) -> None:
    from clip_embeddings_app.figures.fonts import KOREAN_FONT_NOTE
    from clip_embeddings_app.figures.sheet import Panel, write_sheet

    panels = [Panel(query, image, result.hits, mixed=result.ranked) for query, image, result in answers]
    if write_sheet(sheet, panels, title=_TITLE, subtitle=_SUBTITLE).romanized:
        say("note", KOREAN_FONT_NOTE)


def _next_steps(out: Console, folder: Path, sheet: Path) -> None:
    store = quoted("--db", folder / "db", "--collection", COLLECTION)
    out.print()
    out.print("Next:", style="bold")
    out.print(f"  open {sheet}: all of the above as pictures", soft_wrap=True)
    out.print(f'  clip-embeddings search "two boats at night" {store}', soft_wrap=True)
    out.print(f"  clip-embeddings search {quoted('--image', folder / 'query.png')} {store}", soft_wrap=True)
    out.print(f"  clip-embeddings ui {store} --open   (the same in a browser)", soft_wrap=True)
    out.print(
        "  clip-embeddings ingest YOUR-FOLDER --db my-db   (pictures and texts of your own)", soft_wrap=True
    )
