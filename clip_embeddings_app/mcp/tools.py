"""The four tools: what each does with its arguments. Imports the core and its neighbours."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from mcp_types import CallToolResult, ResourceLink
from pydantic import ValidationError

from clip_embeddings.context import Source, context_of, path_below, with_pictures
from clip_embeddings.errors import ImageDecodeError, InvalidInputError
from clip_embeddings.ingestion.read.local import UnusableFile, read_file
from clip_embeddings.search import SearchResult
from clip_embeddings.stores import collection as stored
from clip_embeddings.stores.protocol import Collection
from clip_embeddings_app.library import Library
from clip_embeddings_app.mcp import answers, asked
from clip_embeddings_app.mcp.originals import Originals


class Tools:
    """Answers calls; any thread may ask.

    Args:
        roots: folders that pictures are read from, with links followed: those of results, and those that a
            client names. Without any a client names no path, and results show what their rows name.
        shown: how much of what is found is shown.
    """

    def __init__(
        self, library: Library, originals: Originals, roots: list[Path], shown: answers.Shown
    ) -> None:
        self._library, self._originals, self._roots, self._shown = library, originals, roots, shown

    def call(self, name: str, arguments: dict[str, Any]) -> CallToolResult:
        """The answer of a tool.

        Raises:
            ClipEmbeddingsError: what was asked wrongly, or why there is no answer.
        """
        known: dict[str, tuple[type[asked.Asked], Callable[[Any], CallToolResult]]] = {
            "search": (asked.Search, self._search),
            "similar": (asked.Similar, self._similar),
            "get": (asked.Get, self._get),
            "collections": (asked.Collections, self._collections),
        }
        if name not in known:
            raise InvalidInputError(f"no tool {name!r:.100}; expected one of {', '.join(known)}")
        kind, answer = known[name]
        try:
            wanted = kind.model_validate(arguments)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
            takes = ", ".join(kind.model_fields) or "nothing"
            raise InvalidInputError(f"{wrong[:1_000]} ({name} takes {takes})") from error
        return answer(wanted)

    def _search(self, wanted: asked.Search) -> CallToolResult:
        if (wanted.query is None) == (wanted.image is None):
            raise InvalidInputError("give exactly one of query and image")
        if wanted.query is not None and not wanted.query.strip():
            raise InvalidInputError("query: it is empty; say what to look for")
        picture = None if wanted.image is None else self._picture(wanted.image)

        def find(collection: Collection) -> SearchResult:
            try:
                return stored.search(
                    collection,
                    text=wanted.query,
                    image=picture,
                    k=wanted.k,
                    modality=wanted.modality,
                    where=wanted.where,
                )
            except ImageDecodeError as error:
                raise InvalidInputError(f"image: {wanted.image!r:.200}: {error.reason}") from error

        return self._found(wanted, find)

    def _similar(self, wanted: asked.Similar) -> CallToolResult:
        return self._found(
            wanted,
            lambda collection: stored.similar(
                collection, wanted.id, k=wanted.k, modality=wanted.modality, where=wanted.where
            ),
        )

    def _get(self, wanted: asked.Get) -> CallToolResult:
        name = self._library.chosen(wanted.collection)

        def find(collection: Collection) -> list[Source]:
            return self._brought(collection, [stored.row_of(collection, wanted.id)])

        sources = self._library.ask(name, find)
        context = context_of(sources, self._shown.one(len(sources)), roots=self._roots or None)
        return answers.row(context, sources[0], collection=name, links=self._links(name))

    def _collections(self, wanted: asked.Collections) -> CallToolResult:
        return answers.listing(self._library.facts(), self._library.default)

    def _found(
        self, wanted: asked.Search | asked.Similar, find: Callable[[Collection], SearchResult]
    ) -> CallToolResult:
        name = self._library.chosen(wanted.collection)

        def ask(collection: Collection) -> tuple[SearchResult, list[Source], int]:
            result = find(collection)
            # A raw collection gives so many of each modality.
            sources = [Source(hit.id, hit.document, hit.metadata) for hit in result.hits[: wanted.k]]
            if wanted.modality == "any":
                sources = self._brought(collection, sources, as_rows=not wanted.where)
            return result, sources, collection.count()

        found, sources, rows = self._library.ask(name, ask)
        context = context_of(sources, self._shown.several(), roots=self._roots or None)
        nothing = "" if rows else f"The collection {name!r} is empty."
        if rows and wanted.where:
            nothing = f"No row has metadata such that {wanted.where}."
        return answers.results(
            context,
            collection=name,
            ranked=found.ranked,
            scores={hit.id: hit.score for hit in found.hits},
            links=self._links(name),
            nothing=nothing,
        )

    def _brought(
        self, collection: Collection, sources: list[Source], *, as_rows: bool = True
    ) -> list[Source]:
        """Rows with the pictures that stand with their passages; as files only, where rows may not be."""
        find = partial(stored.rows_of, collection) if as_rows else None
        return with_pictures(sources, find, roots=self._roots)

    def _links(self, collection: str) -> Callable[[Source], ResourceLink | None]:
        return lambda source: self._originals.link(collection, source)

    def _picture(self, path: str) -> bytes:
        if not self._roots:
            raise InvalidInputError(
                "image: no folder is open to paths here; search by query, or with `similar`. The user "
                "opens one with clip-embeddings mcp --root DIR"
            )
        try:
            return read_file(path_below(path, self._roots))
        except UnusableFile as error:
            raise InvalidInputError(f"image: {path!r:.200}: {error}") from error
