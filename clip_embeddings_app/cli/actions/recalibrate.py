"""`clip-embeddings recalibrate`: another calibration for a collection, or none, by arithmetic alone."""

import sys

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.chroma import client_of
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.store import NONE, open_existing


def run(place: Place, name: str, *, calibration: str, as_json: bool) -> None:
    """Move the stored vectors, and say from what to what, and how fair it is now."""
    client = client_of(place, "recalibrate")
    from chroma_clip_embeddings import embedder_of, recalibrate

    before = _id(open_existing(place, name, None).embedder)
    collection = recalibrate(
        client,
        name,
        None if calibration == NONE else calibration,
        show_progress=sys.stdout.isatty() and not as_json,
    )
    after, rows = _id(embedder_of(collection)), collection.count()
    verdict = _verdict(place, name)
    if as_json:
        record = {"store": str(place), "collection": name, "before": before, "after": after, "rows": rows}
        render.print_json({**record, "verdict": verdict})
        return
    counted, state = render.counted(rows, "row"), f"calibrated ({after})" if after else "raw"
    changed = f"are {state} now" if before != after else f"were {state} already: nothing to do"
    ranked = "Pictures and texts rank in one list." if after else "Pictures and texts are ranked apart."
    render.console().print(f"The {counted} of {name!r} in {place} {changed}. {ranked}", soft_wrap=True)
    if verdict:
        render.console().print(f"\n{verdict}", soft_wrap=True)


def _verdict(place: Place, name: str) -> str | None:
    """How fair the collection is now, in words; None where it has too few rows of a kind to tell."""
    from clip_embeddings.stores.collection import explain

    try:
        return explain(open_existing(place, name, None)).verdict
    except InvalidInputError:
        return None


def _id(embedder: CLIPEmbedder) -> str | None:
    return embedder.calibration.id if embedder.calibration else None
