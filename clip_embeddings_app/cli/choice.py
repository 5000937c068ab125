"""`ingest --calibrate`: what a new collection is calibrated with; an existing one keeps what it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.calibration import MINIMUM
from clip_embeddings.config import REFERENCE
from clip_embeddings_app.cli.chroma import calibrating, recalibrating
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.store import NONE, choose_embedder, ships_with_reference

if TYPE_CHECKING:
    from clip_embeddings.ingestion import FileSample

AUTO = "auto"
_RAW = "the collection is made raw, and its pictures and texts are ranked apart."


@dataclass(frozen=True, slots=True)
class Choice:
    """The embedder to ingest with, and the vectors that the measuring has made already."""

    embedder: CLIPEmbedder
    sample: "FileSample | None" = None


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
    """Choose a calibration; says on stderr what a user would not expect.

    Args:
        sources: keywords of `sample_files` that say what else than `paths` is ingested.
    Raises:
        InvalidInputError: the collection exists and has another calibration; or the file cannot be used.
        FingerprintMismatchError: the file was measured on another model.
    """
    embedder, exists = choose_embedder(place, name, model, deployment)
    if exists:
        _keep(embedder, place, name, calibrate)
        return Choice(embedder)
    if calibrate == AUTO:
        return _measured(paths, embedder, sources)
    if calibrate is None:
        return Choice(_default(embedder))
    calibrated = embedder.with_calibration(None if calibrate == NONE else calibrate)
    _ = calibrated.calibration  # before connecting: a bad file leaves no empty store
    return Choice(calibrated)


def _keep(embedder: CLIPEmbedder, place: Place, name: str, calibrate: str | None) -> None:
    """An existing collection: what is asked for has to be what it has."""
    own, where = embedder.calibration, f"{place.arguments} --collection {name}"
    if calibrate is None:
        return
    if calibrate == AUTO:
        if own is None:
            say(
                "note",
                f"the collection {name!r} exists and stays raw. To calibrate it: clip-embeddings calibrate "
                f"{where} --output cal.json, then {calibrating(place, name, 'cal.json')}",
            )
        return
    wanted = embedder.with_calibration(None if calibrate == NONE else calibrate).calibration
    if wanted != own:
        state = f"is calibrated with {own.id}" if own else "is raw"
        change = recalibrating(place, name, calibrate)
        raise InvalidInputError(
            f"the collection {name!r} exists and {state}; --calibrate is for a new one. "
            + (f"To change it: {change}" if change else "Ingest into another one")
        )


def _measured(paths: Sequence[str], embedder: CLIPEmbedder, sources: dict[str, Any]) -> Choice:
    from clip_embeddings.ingestion import sample_files

    sample = sample_files(paths, embedder, **sources)
    pictures, texts = (sample.counts.get(modality, 0) for modality in ("image", "text"))
    if min(pictures, texts) >= MINIMUM:
        return Choice(embedder.with_calibration(sample.calibration(minimum=MINIMUM)), sample)
    few = f"{pictures:,} pictures and {texts:,} texts are too few to measure on ({MINIMUM} of each)"
    if ships_with_reference(embedder):
        say("note", f"{few}; the calibration that the model ships with is used")
        return Choice(embedder.with_calibration(REFERENCE), sample)
    say("note", f"{few}; {_RAW}")
    return Choice(embedder, sample)


def _default(embedder: CLIPEmbedder) -> CLIPEmbedder:
    if ships_with_reference(embedder):
        return embedder.with_calibration(REFERENCE)
    say(
        "note",
        f"the model {embedder.config.model!r} ships with no calibration; {_RAW} To rank them in one list: "
        "--calibrate auto for a new collection, or clip-embeddings calibrate and recalibrate",
    )
    return embedder
