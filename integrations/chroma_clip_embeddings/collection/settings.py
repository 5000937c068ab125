"""What a caller asks of a collection: checked, handed to one that is made, compared with one that is there.

Chroma takes settings of the index in two places, `configuration={"hnsw": {...}}` and, as older tutorials
have it, metadata with names such as "hnsw:space". It passes over names in metadata that it does not know,
and over all of them where the collection exists. `max_neighbors=0` ends the process and 1 loses rows, so
what is handed on is checked.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chromadb.api.models.CollectionCommon import CollectionCommon

from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_metadata
from clip_embeddings.ingestion.rows.values import shown

SPACE, PREFIX = "cosine", "hnsw:"
_LEGACY = {
    "hnsw:space": "space",
    "hnsw:construction_ef": "ef_construction",
    "hnsw:search_ef": "ef_search",
    "hnsw:M": "max_neighbors",
    "hnsw:num_threads": "num_threads",
    "hnsw:batch_size": "batch_size",
    "hnsw:sync_threshold": "sync_threshold",
    "hnsw:resize_factor": "resize_factor",
}
_CHANGEABLE = ("ef_search", "num_threads", "batch_size", "sync_threshold", "resize_factor")
_MOST = 2**31 - 1
_NEIGHBOURS = (2, 1000)  # more take minutes for a thousand rows
_NAMES = ("metadata", "configuration")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks of a collection.

    Attributes:
        metadata: the caller's own, without settings of the index.
        index: settings of the index by Chroma's present names, the space among them if it was named.
    """

    metadata: dict[str, Any] = field(default_factory=dict)
    index: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, metadata: object, configuration: object, names: tuple[str, str] = _NAMES) -> "Wanted":
        """Read what a caller gave.

        Args:
            names: of the two arguments, as messages are to have them.
        Raises:
            InvalidInputError: names the setting: another space, an unknown one, a value that it cannot have.
        """
        given = _mapping(names[0], metadata)
        kept = {key: value for key, value in given.items() if not str(key).startswith(PREFIX)}
        check_metadata(names[0], kept)
        index: dict[str, Any] = {}
        for name, key, value in (*_of_metadata(names[0], given), *_of_configuration(names[1], configuration)):
            _check(name, key, value)
            if index.setdefault(key, value) != value:
                raise InvalidInputError(f"{name}: got {shown(value)}; {names[0]} has {shown(index[key])}")
        return cls(kept, index)

    def compare(self, collection: CollectionCommon[Any]) -> None:
        """Refuse settings that a collection does not have: Chroma would pass over them.

        Raises:
            InvalidInputError: names each with both values, and what to do.
        """
        has = index_of(collection)
        other = [name for name, value in self.index.items() if has.get(name, value) != value]
        if not other:
            return
        named = ", ".join(f"{name} {shown(has[name])} (got {shown(self.index[name])})" for name in other)
        change = {name: self.index[name] for name in other if name in _CHANGEABLE}
        fix = f"change it with collection.modify(configuration={{'hnsw': {change}}})"
        if len(change) < len(other):
            fix = "for others make a new collection and ingest into it" + (f"; {fix}" if change else "")
        raise InvalidInputError(
            f"collection {collection.name!r} was made with {named}. Leave out what is there already; {fix}"
        )

    def joined(self, metadata: Mapping[str, Any] | None) -> dict[str, Any]:
        """The metadata to store: what is on record, and what of the caller's is not; {} for no change."""
        there = dict(metadata or {})
        if self.metadata.keys() <= there.keys():
            return {}
        return {**self.metadata, **without_index(there)}


def without_index(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Metadata without settings of the index: Chroma refuses to be told its space again."""
    return {key: value for key, value in (metadata or {}).items() if not key.startswith(PREFIX)}


def index_of(collection: CollectionCommon[Any]) -> dict[str, Any]:
    """The settings of a collection's index, as far as Chroma tells them."""
    known = dict(collection.configuration_json.get("hnsw") or {})
    schema: Any = collection.get_model().serialized_schema or {}  # it has those that the configuration hides
    with_vectors = (schema.get("keys") or {}).get("#embedding") or {}
    config = ((with_vectors.get("float_list") or {}).get("vector_index") or {}).get("config") or {}
    return {**(config.get("hnsw") or {}), **known}


def _mapping(name: str, given: object) -> Mapping[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InvalidInputError(f"{name}: got {type(given).__name__}; expected a dictionary")
    return given


def _of_metadata(name: str, given: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for key, value in given.items():
        if str(key).startswith(PREFIX):
            shown_as = f"{name}[{key!r}]"
            if key not in _LEGACY:
                raise InvalidInputError(f"{shown_as}: no such setting; known are {', '.join(_LEGACY)}")
            yield shown_as, _LEGACY[key], value


def _of_configuration(name: str, given: object) -> Iterator[tuple[str, str, Any]]:
    settings = _mapping(name, given)
    for part, value in settings.items():
        if part != "hnsw" and value is not None:
            why = "it is that of the embedder" if part == "embedding_function" else 'expected "hnsw" alone'
            raise InvalidInputError(f"{name}[{part!r}]: cannot be chosen here: {why}")
    for key, value in _mapping(f"{name}['hnsw']", settings.get("hnsw")).items():
        shown_as = f"{name}['hnsw'][{key!r}]"
        if key not in _LEGACY.values():
            raise InvalidInputError(f"{shown_as}: no such setting; known are {', '.join(_LEGACY.values())}")
        yield shown_as, key, value


def _check(name: str, key: str, value: Any) -> None:
    """One setting."""
    if key == "space":
        if value != SPACE:
            raise InvalidInputError(
                f"{name}: got {shown(value)}; a collection of this package is of cosine space: its vectors "
                "are of unit length, for which l2 and ip rank alike. Leave it out"
            )
        return
    if key == "resize_factor":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < math.inf:
            raise InvalidInputError(f"{name}: got {shown(value)}; expected a number of at least 1")
        return
    least, most = _NEIGHBOURS if key == "max_neighbors" else (1, _MOST)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInputError(f"{name}: got {shown(value)}; expected an int from {least} to {most:,}")
