"""Opening collections as the commands need them. The adapter of a store is imported when it is used."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.errors import StoreError
from clip_embeddings.stores.lookup import open_store
from clip_embeddings_app.cli.options import Place

if TYPE_CHECKING:
    from clip_embeddings import CLIPEmbedder
    from clip_embeddings.stores.protocol import Collection, Store
    from clip_embeddings_app.library import Library

NONE = "none"  # in place of a calibration


def existing_store(place: Place) -> "Store":
    """A store that is there: looking for something makes no empty one.

    Raises:
        StoreError: it is not.
        MissingExtraError: what reaches it is not installed.
    """
    store = open_store(place.address)
    if not store.exists():
        raise StoreError(f"no store in {place}; make one: clip-embeddings ingest PATH... {place.arguments}")
    return store


def open_existing(place: Place, name: str, model: str | None) -> "Collection":
    """Open a collection to search it, with the model it was made with or one that equals it."""
    return open_in(existing_store(place), name, model)


def open_in(store: "Store", name: str, model: str | None) -> "Collection":
    """The same of a store that is open already."""
    if model is None:
        return store.open(name)
    embedder, found = embedder_for(model), store.find(name)
    return store.open(name, embedder=calibrated_as(found.embedder, embedder) if found else embedder)


def library_of(place: Place, default: str | None, model: str | None) -> "Library":
    """The collections of a store that is there, for a server.

    Raises:
        StoreError: the store is not there, or `default` is none of its collections.
    """
    from clip_embeddings_app.library import Library

    store = existing_store(place)
    if default is not None and default not in (names := store.names()):
        raise StoreError(f"no collection {default!r} in {place}; it has: {', '.join(names) or 'none'}")
    return Library(store, lambda name: open_in(store, name, model), default)


def open_or_create(place: Place, name: str, model: str | None, deployment: dict[str, Any]) -> "Collection":
    """Open a collection to add to it, or make it; see `choose_embedder`."""
    return open_with(place, name, choose_embedder(place, name, model, deployment)[0])


def open_with(place: Place, name: str, embedder: "CLIPEmbedder") -> "Collection":
    """Open a collection with an embedder, or make it."""
    return open_store(place.address).open(name, embedder=embedder, create=True)


def choose_embedder(
    place: Place, name: str, model: str | None, deployment: dict[str, Any]
) -> tuple["CLIPEmbedder", bool]:
    """The embedder to add rows with, and whether the collection is there already; nothing is made.

    An existing collection keeps its calibration, and its model unless another is named.
    """
    # Before connecting: an unknown model leaves no empty store.
    named = embedder_for(model, deployment) if model else None
    found = open_store(place.address).find(name)
    if found is None:
        return named or embedder_for(DEFAULT_MODEL, deployment), False
    stored = found.embedder
    if named:
        return calibrated_as(stored, named), True
    return type(stored).from_config(replace(stored.config, **deployment)), True


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
