"""`ingest --calibrate`: what a new collection is calibrated with; an existing one keeps what it has.

Left out, it is the model's own calibration, and for a model without one it is measured on the files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.calibration import MINIMUM
from clip_embeddings.config import REFERENCE
from clip_embeddings_app.cli.chroma import calibrating, client_of, recalibrating
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import CHROMA, Place
from clip_embeddings_app.cli.store import NONE, choose_embedder

if TYPE_CHECKING:
    from clip_embeddings.ingestion import FileSample
    from clip_embeddings.stores.protocol import Collection

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Choice:
    """The embedder to ingest with.

    Attributes:
        sample: vectors that the measuring has made already.
        said: what was decided and why, where a user would not expect it.
    """

    embedder: CLIPEmbedder
    sample: "FileSample | None" = None
    said: str = ""


def choose(
    paths: Sequence[str],
    place: Place,
    name: str,
    *,
    model: str | None,
    calibrate: str | None,
    deployment: dict[str, Any],
    sources: dict[str, Any],
) -> Choice:
    """Choose a calibration. It is measured before the collection is made: nobody writes raw rows into it.

    Args:
        sources: keywords of `sample_files` that say what else than `paths` is ingested.
    Raises:
        InvalidInputError: the collection exists and has another calibration; or the file cannot be used.
        FingerprintMismatchError: the file was measured on another model.
    """
    from clip_embeddings.ingestion import sample_files
    from clip_embeddings.ingestion.auto import decide, ships_with_reference

    embedder, exists = choose_embedder(place, name, model, deployment)
    if exists:
        _check_kept(embedder, place, name, calibrate)
        return Choice(embedder)
    if calibrate is None:
        calibrate = REFERENCE if ships_with_reference(embedder) else AUTO
    if calibrate == AUTO:
        decision = decide(embedder, sample_files(paths, embedder, **sources))
        return Choice(decision.embedder, decision.sample, decision.said)
    calibrated = embedder.with_calibration(None if calibrate == NONE else calibrate)
    _ = calibrated.calibration  # before connecting: a bad file leaves no empty store
    return Choice(calibrated)


def tell(said: str, embedder: CLIPEmbedder, place: Place, name: str) -> None:
    """What was decided, and how to take it back."""
    if embedder.calibration is None:
        say("note", said)
        return
    undo = recalibrating(place, name, NONE) or "ingest into another collection with --calibrate none"
    say("note", f"{said}. To undo: {undo}")


def offer(collection: "Collection", place: Place, *, do: bool) -> CLIPEmbedder:
    """One ranking for a raw collection that has enough of both modalities by now; its embedder after that.

    Args:
        do: whether it is to be recalibrated at once, where its store can.
    """
    counts = [sum(1 for _ in islice(collection.rows.ids(kind), MINIMUM)) for kind in ("image", "text")]
    if min(counts) < MINIMUM:
        return collection.embedder
    name, enough = collection.name, f"at least {MINIMUM} pictures and {MINIMUM} texts"
    if not do or place.kind != CHROMA:
        measure = f"clip-embeddings calibrate {place.naming(name)} --output cal.json"
        then = calibrating(place, name, "cal.json")
        say(
            "note",
            f"the collection {name!r} is raw and holds {enough}, which can be ranked in one list: {measure}, "
            f"then {then}. With --calibrate none this is not said",
        )
        return collection.embedder
    from chroma_clip_embeddings import embedder_of, recalibrate
    from clip_embeddings.tasks.stored import estimate

    seen, model = estimate(collection.rows, collection.embedder), collection.embedder.model_fingerprint
    calibration = seen.calibration(model, source=f"the collection {name!r}", minimum=MINIMUM)
    after = embedder_of(recalibrate(client_of(place, "recalibrate"), name, calibration))
    pictures, texts = (seen.counts["document", kind] for kind in ("image", "text"))
    said = (
        f"calibrated on {pictures:,} pictures and {texts:,} texts of the collection, nothing embedded again"
    )
    tell(said, after, place, name)
    return after


def _check_kept(embedder: CLIPEmbedder, place: Place, name: str, calibrate: str | None) -> None:
    """An existing collection: what is asked for has to be what it has."""
    if calibrate in (None, AUTO):
        return
    own, wanted = embedder.calibration, embedder.with_calibration(None if calibrate == NONE else calibrate)
    if wanted.calibration != own:
        state = f"is calibrated with {own.id}" if own else "is raw"
        change = recalibrating(place, name, calibrate)
        raise InvalidInputError(
            f"the collection {name!r} exists and {state}; --calibrate is for a new one. "
            + (f"To change it: {change}" if change else "Ingest into another one")
        )
