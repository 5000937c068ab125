"""`clip-embeddings check`: whether every row of a store has its vector."""

from typing import Any

import typer

from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.chroma import client_of
from clip_embeddings_app.cli.options import Place

_SHOWN = 5  # ids of damaged rows


def run(place: Place, name: str | None, *, as_json: bool) -> None:
    """Look through one collection or all; exit with 1 if rows have no vector. Nothing is changed.

    Raises:
        InvalidInputError: a store of another kind than Chroma.
        StoreError: no store there, no collection of that name, or the store does not answer.
    """
    records = [_record(collection) for collection in _collections(place, name)]
    if as_json:
        render.print_json({"store": str(place), "collections": records})
    else:
        out = render.console()
        for record in records:
            out.print(_words(record, place), soft_wrap=True)
        if not records:
            out.print(f"The store {place} has no collections.", soft_wrap=True)
    if any(record["without_vector"] for record in records):
        raise typer.Exit(1)


def _collections(place: Place, name: str | None) -> list[Any]:
    there = client_of(place, "check").list_collections()
    from chroma_clip_embeddings.collection.opening import absent

    chosen = [collection for collection in there if name in (None, collection.name)]
    if name is not None and not chosen:
        raise absent(name, there)
    return sorted(chosen, key=lambda collection: collection.name)


def _record(collection: Any) -> dict[str, Any]:
    from chroma_clip_embeddings.client.lost import rows_without_vectors

    lost = list(rows_without_vectors(collection.get))
    rows: int = collection.count()
    return {"collection": collection.name, "rows": rows, "without_vector": len(lost), "ids": lost}


def _words(record: dict[str, Any], place: Place) -> str:
    counted, lost = render.counted(record["rows"], "row"), record["without_vector"]
    if not lost:
        return f"{record['collection']!r}: {counted}, each with its vector."
    first = ", ".join(map(repr, record["ids"][:_SHOWN])) + (", ..." if lost > _SHOWN else "")
    return (
        f"{record['collection']!r}: {lost:,} of {counted} have no vector, as when two processes have written "
        f"into the folder at once: {first}. To make them again: clip-embeddings ingest PATH... "
        f"{place.naming(record['collection'])}"
    )
