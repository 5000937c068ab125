"""What commands do with a store of Chroma's and no other: look for lost vectors, recalibrate, list."""

from typing import TYPE_CHECKING, cast

from clip_embeddings.errors import InvalidInputError
from clip_embeddings_app.cli.options import CHROMA, Place
from clip_embeddings_app.cli.store import existing_store
from clip_embeddings_app.cli.terminal import quoted

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

    from chroma_clip_embeddings.plugin import ChromaStore


def client_of(place: Place, command: str) -> "ClientAPI":
    """A client of a store that is there.

    Raises:
        InvalidInputError: a store of another kind.
        StoreError: the store is not there, or does not answer.
    """
    if place.kind != CHROMA:
        raise InvalidInputError(f"{command} is for stores of Chroma; {place} is one of {place.kind}")
    return cast("ChromaStore", existing_store(place)).client


def recalibrating(place: Place, name: str, calibration: object) -> str | None:
    """The command that gives a collection another calibration; None where there is none for its store."""
    if place.kind != CHROMA:
        return None
    return f"clip-embeddings recalibrate {place.naming(name)} {quoted('--calibration', calibration)}"


def calibrating(place: Place, name: str, calibration: object) -> str:
    """The command that ranks a raw collection by a calibration: for good if it can, else in a search."""
    late = f"clip-embeddings search QUERY {place.naming(name)} {quoted('--calibration', calibration)}"
    return recalibrating(place, name, calibration) or late
