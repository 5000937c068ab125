"""The collection that `ingest_dataset` stores in, by the arguments that it has for one."""

from collections.abc import Mapping

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.stores.lookup import split_address
from ray_clip_embeddings.collection import CollectionSink

HOST, PORT = "localhost", 8000


class Server(CollectionSink):
    """A collection of a Chroma server.

    Args:
        headers: in pairs, for example (("Authorization", "Bearer ..."),).
        patience: seconds that the server may be away before a job ends.
        fingerprint: of the collection's vectors.
    """

    def __init__(
        self,
        collection: str,
        host: str,
        port: int,
        ssl: bool,
        headers: tuple[tuple[str, str], ...],
        patience: float,
        fingerprint: str,
    ) -> None:
        scheme, name = "https" if ssl else "http", f"[{host}]" if ":" in host else host
        super().__init__(f"chroma:{scheme}://{name}:{port}", collection, patience, fingerprint, headers)


def named(
    collection: str | None,
    store: str | None,
    server: tuple[str, int, bool],
    headers: Mapping[str, str] | None,
    patience: float,
    embedder: CLIPEmbedder,
) -> CollectionSink | None:
    """The collection that is named, if one is; nothing is opened.

    Args:
        store: its store, "NAME:PLACE"; None for the Chroma server.
        server: host, port and ssl of that.
    Raises:
        InvalidInputError: no such store, a server beside it, or no collection.
    """
    pairs = tuple(sorted((headers or {}).items()))
    if store is not None:
        split_address(store)
        if server != (HOST, PORT, False):
            raise InvalidInputError(
                f"store={store!r}: host=, port= and ssl= are of a Chroma server; name one"
            )
        if collection is None:
            raise InvalidInputError(f"store={store!r}: name the collection in it too, collection=")
        return CollectionSink(store, collection, patience, embedder.fingerprint, pairs)
    return None if collection is None else Server(collection, *server, pairs, patience, embedder.fingerprint)
