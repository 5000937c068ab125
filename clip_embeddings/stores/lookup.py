"""Stores by name, through the entry points of what is installed. No adapter is imported before it is used."""

from collections.abc import Mapping
from importlib.metadata import EntryPoints, entry_points
from typing import TYPE_CHECKING

from clip_embeddings.errors import ClipEmbeddingsError, InvalidInputError, MissingExtraError, StoreError

if TYPE_CHECKING:
    from clip_embeddings.stores.protocol import Connect, Store

GROUP = "clip_embeddings.stores"


def store_names() -> list[str]:
    """Names of the stores that an adapter is installed for, whether or not the store itself is."""
    return sorted(_adapters().names)


def _adapters() -> EntryPoints:
    """Every distribution that is installed is looked at: some milliseconds."""
    return entry_points(group=GROUP)


def split_address(address: str) -> tuple[str, str]:
    """ "NAME:PLACE" -> a name that is known, and the place.

    Raises:
        InvalidInputError: says what is expected, and which names are known.
    """
    return _split(address, _adapters())


def _split(address: str, adapters: EntryPoints) -> tuple[str, str]:
    name, _, place = address.partition(":") if isinstance(address, str) else ("", "", "")
    if not place or name not in adapters.names:
        named = ", ".join(sorted(adapters.names)) or "none: clip-embeddings was not installed with pip"
        raise InvalidInputError(
            f"got {address!r}; expected lancedb:DIR or the like, the name of a store and where it is "
            f"(known names: {named})"
        )
    return name, place


def open_store(address: str, *, headers: Mapping[str, str] | None = None) -> "Store":
    """The store at an address.

    Args:
        address: "NAME:PLACE": "lancedb:DIR", "chroma:DIR", "chroma:http://localhost:8000".
        headers: of requests to a server.
    Raises:
        InvalidInputError: no such address, or headers for a store that has no use for them.
        MissingExtraError: what the adapter needs is not installed; names it.
        StoreError: the adapter is broken, or two distributions have one of this name; names them.
    """
    adapters = _adapters()
    name, place = _split(address, adapters)
    found, *others = adapters.select(name=name)
    by = found.dist.name if found.dist else found.value
    if others:
        also = ", ".join(sorted(each.dist.name if each.dist else each.value for each in others))
        raise StoreError(f"the store {name!r} is one of {by} and of {also}; uninstall all but one")
    try:
        connect: Connect = found.load()
        return connect(place, headers=headers)
    except ClipEmbeddingsError:
        raise
    except ImportError as error:
        raise MissingExtraError(
            f"the store {name!r} needs what is not installed ({error}); see how to install {by}"
        ) from error
    except Exception as error:  # whatever a package of others may raise
        said = f"{type(error).__name__}: {error}"
        raise StoreError(f"the store {name!r} cannot be used: {by} raised {said}. Ask who made it") from error
