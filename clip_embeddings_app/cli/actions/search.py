"""`clip-embeddings search`: a query in words, a picture or both, answered from a collection."""

from pathlib import Path
from typing import TYPE_CHECKING

from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Modality, Place
from clip_embeddings_app.cli.store import open_existing

if TYPE_CHECKING:
    from clip_embeddings.search import SearchResult


def run(
    query: str | None,
    image: Path | None,
    place: Place,
    name: str,
    *,
    model: str | None,
    k: int,
    modality: Modality,
    sheet: Path | None,
    html: Path | None,
    where: str | None,
    calibration: str | None,
    pictures: bool | None,
    as_json: bool,
) -> None:
    """Search, print the result, and draw it if asked."""
    from clip_embeddings.stores.collection import search as find

    collection = open_existing(place, name, model)
    result = find(
        collection,
        text=query,
        image=image,
        k=k,
        modality=modality.value,
        where=where,
        calibration=calibration,
    )
    if as_json:
        _print_json(query, image, modality, result)
    else:
        _print_tables(query, image, modality, result)
        _show_pictures(result, pictures)
    if where and not result.hits:
        say(
            "note",
            f"no row has metadata such that {where}. ingest --exif stores facts of photos (day, camera); "
            "other fields come from manifests, add_items and documents",
        )
    if sheet:
        draw_sheet(sheet, query, image, result)
        if not as_json:
            render.console().print(f"\nContact sheet: {sheet}")

    if html:
        write_page(html, query, image, result)
        if not as_json:
            render.console().print(f"\nPage: {html}")


def write_page(path: Path, query: str | None, image: Path | None, result: "SearchResult") -> None:
    """Write one query's page; its folder is made if need be."""
    from clip_embeddings.cards.hits import page_of_result

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page_of_result(result, query=query, image=image), encoding="utf-8")


def draw_sheet(path: Path, query: str | None, image: Path | None, result: "SearchResult") -> None:
    """Write one query's contact sheet."""
    from clip_embeddings_app.figures.fonts import KOREAN_FONT_NOTE
    from clip_embeddings_app.figures.sheet import Panel, write_sheet

    if write_sheet(path, [Panel(query, image, result.hits, mixed=result.ranked)]).romanized:
        say("note", KOREAN_FONT_NOTE)


def _print_tables(query: str | None, image: Path | None, modality: Modality, result: "SearchResult") -> None:
    out = render.console()
    asked = [] if image is None else [f"Like {image}"]
    asked += [] if query is None else [f'"{render.brief(query, 160)}"']
    out.print(", ".join(asked), style="bold")
    out.print()
    render.show_result(out, result, modality=modality.value)
    if note := render.note_of(result, mixed=modality is Modality.any):
        out.print()
        out.print(note, style="dim")


def _show_pictures(result: "SearchResult", wanted: bool | None) -> None:
    """In a terminal that shows them, numbered as in the tables."""
    if wanted is not False:
        from clip_embeddings_app.figures.strip import show_strips

        listed = result.hits if result.ranked else result.images
        show_strips(render.console(), listed, wanted=wanted)


def _print_json(query: str | None, image: Path | None, modality: Modality, result: "SearchResult") -> None:
    given = {"text": query, "image": None if image is None else str(image)}
    asked = {kind: value for kind, value in given.items() if value is not None}
    lists = [result.hits] if result.ranked else [result.images, result.texts]
    hits = [render.hit_record(hit, rank) for hits in lists for rank, hit in enumerate(hits, 1)]
    render.print_json({"query": asked, "modality": modality.value, "ranked": result.ranked, "hits": hits})
