"""Opening collections as the commands need it. The adapter is imported when a store is used."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.errors import StoreError
from clip_embeddings_app.cli.options import Place

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

    from clip_embeddings import CLIPEmbedder

NONE = "none"  # in place of a calibration
_CHROMA_FILE = "chroma.sqlite3"


def connect(place: Place) -> "ClientAPI":
    """A client of the store; a folder that is not there is made."""
    from chroma_clip_embeddings import connect

    return connect(host=place.host, port=place.port) if place.host else connect(place.db)


def connect_existing(place: Place) -> "ClientAPI":
    """A client of a store that is there: looking for something makes no empty store.

    Raises:
        StoreError: the folder holds none.
    """
    _check_there(place)
    return connect(place)


def _check_there(place: Place) -> None:
    if place.lancedb:
        there = "://" in place.lancedb or Path(place.lancedb).is_dir()
    else:
        there = bool(place.host) or (place.db / _CHROMA_FILE).is_file()
    if not there:
        raise StoreError(f"no store in {place}; make one: clip-embeddings ingest PATH... {place.arguments}")


def adapter_of(place: Place) -> Any:
    """The package whose `ingest` and `search` take what is opened here.

    Raises:
        MissingExtraError: its store is not installed.
    """
    return import_module("lancedb_clip_embeddings" if place.lancedb else "chroma_clip_embeddings")


def open_existing(place: Place, name: str, model: str | None) -> Any:
    """Open a collection to search it, with the model it was made with or one that equals it."""
    _check_there(place)
    embedder = embedder_for(model) if model else None
    stored = embedder_on_record(place, name) if embedder else None
    if embedder and stored:
        embedder = calibrated_as(stored, embedder)
    return _opened(place, name, embedder, create=False)


def open_or_create(place: Place, name: str, model: str | None, deployment: dict[str, Any]) -> Any:
    """Open a collection to add to it, or make it; see `choose_embedder`."""
    return open_with(place, name, choose_embedder(place, name, model, deployment)[0])


def open_with(place: Place, name: str, embedder: "CLIPEmbedder") -> Any:
    """Open a collection with an embedder, or make it."""
    return _opened(place, name, embedder, create=True)


def count_of(place: Place, collection: Any) -> int:
    """How many rows it has."""
    return int(collection.count_rows() if place.lancedb else collection.count())


def _opened(place: Place, name: str, embedder: "CLIPEmbedder | None", *, create: bool) -> Any:
    adapter = adapter_of(place)
    if place.lancedb:
        return adapter.open_table(place.lancedb, name, embedder=embedder, create=create)
    return adapter.open_collection(connect(place), name, embedder=embedder, create=create)


def choose_embedder(
    place: Place, name: str, model: str | None, deployment: dict[str, Any]
) -> tuple["CLIPEmbedder", bool]:
    """The embedder to add rows with, and whether the collection is there already; nothing is made.

    An existing collection keeps its calibration, and its model unless another is named.
    """
    # Before connecting: an unknown model leaves no empty store.
    named = embedder_for(model, deployment) if model else None
    stored = embedder_on_record(place, name)
    if stored is None:
        return named or embedder_for(DEFAULT_MODEL, deployment), False
    if named:
        return calibrated_as(stored, named), True
    return type(stored).from_config(replace(stored.config, **deployment)), True


def embedder_on_record(place: Place, name: str) -> "CLIPEmbedder | None":
    """The embedder that a collection was made with; None where there is no such collection."""
    made: CLIPEmbedder
    if place.lancedb:
        from lancedb_clip_embeddings import connect as connect_lance
        from lancedb_clip_embeddings import embedder_of as embedder_of_table

        db = connect_lance(place.lancedb)
        if name not in db.list_tables().tables:
            return None
        made = embedder_of_table(db.open_table(name))
        return made
    from chroma_clip_embeddings import embedder_of

    if not place.host and not (place.db / _CHROMA_FILE).is_file():
        return None
    client = connect(place)
    if name not in (each.name for each in client.list_collections()):
        return None
    made = embedder_of(client.get_collection(name, embedding_function=None))
    return made


def calibrated_as(stored: "CLIPEmbedder", embedder: "CLIPEmbedder") -> "CLIPEmbedder":
    """A model that was named, with the calibration of the collection if it is of this model."""
    calibration = stored.config.calibration
    of_this_model = embedder.matches_model(getattr(calibration, "model", None))
    return embedder.with_calibration(calibration) if of_this_model else embedder


def embedder_for(model: str, deployment: dict[str, Any] | None = None) -> "CLIPEmbedder":
    """An embedder whose model is found already."""
    from clip_embeddings import CLIPEmbedder

    embedder = CLIPEmbedder(model, **(deployment or {}))
    _ = embedder.fingerprint
    return embedder


def ships_with_reference(embedder: "CLIPEmbedder") -> bool:
    """Whether calibration="reference" is there for this model."""
    from clip_embeddings.models.hub.layout import CALIBRATION
    from clip_embeddings.models.hub.locate import locate

    config = embedder.config
    files = locate(
        config.model,
        config.revision,
        text_model=config.text_model,
        truncate_dim=config.truncate_dim,
        allow_pickle=config.allow_pickle,
    )
    return (files.folder / CALIBRATION).is_file()
