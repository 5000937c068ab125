"""Passages of documents -> the pictures that stand with them. Imports ingestion and its neighbours."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from clip_embeddings.context.sources import Source
from clip_embeddings.ingestion.find.entries import scheme_of
from clip_embeddings.ingestion.read.again import id_of_picture
from clip_embeddings.ingestion.read.documents.parts import MOST
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.rows.ids import name_of

_CARRIED = ("heading", "page")


def with_pictures(
    sources: Iterable[Source], find: Callable[[list[str]], Iterable[Source]] | None = None
) -> list[Source]:
    """Each passage followed by the pictures that its document shows there, in their order; none twice.

    Of Markdown and web pages those are pictures that were found with the document, of a PDF the page that the
    passage is from.

    Args:
        find: gives the rows of a store with some ids; a picture that is no row is named by its file.
    """
    found = list(sources)
    shown = {place for source in found if source.shows_picture for place in _places(source)}
    result: list[Source] = []
    for source in found:
        result.append(source)
        for picture in pictures_of(source):
            if shown.isdisjoint(places := _places(picture)):
                result.append(picture)
            shown |= places
    known = {id(source) for source in found}
    return result if find is None else _as_stored(result, known, find)


def _as_stored(
    sources: list[Source], known: set[int], find: Callable[[list[str]], Iterable[Source]]
) -> list[Source]:
    """Pictures that were brought along as the rows that they are: with their ids and captions."""
    ids = {id(source): row for source in sources if id(source) not in known and (row := _id_of(source))}
    rows = {row.id: row for row in find(list(dict.fromkeys(ids.values())))} if ids else {}
    return [rows.get(ids.get(id(source), ""), source) for source in sources]


def _id_of(picture: Source) -> str:
    try:
        return id_of_picture(Path(picture.uris[0]), picture.metadata)
    except UnusableFile:
        return ""


def pictures_of(source: Source) -> Iterator[Source]:
    """The pictures that stand with a passage."""
    uri = next(iter(source.uris), "")
    if source.shows_picture or not uri or scheme_of(uri):
        return
    fields = {name: source.metadata[name] for name in _CARRIED if name in source.metadata}
    names = source.metadata.get("pictures")
    for name in names[:MOST] if isinstance(names, list) else ():
        if isinstance(name, str) and name and "\0" not in name:
            path = os.path.normpath(os.path.join(os.path.dirname(uri), name))  # noqa: PTH118, PTH120
            facts = {**fields, "modality": "image", "uri": path, "document": uri}
            yield Source("", name_of(path), {key: facts[key] for key in facts if key != "page"})
    if uri.lower().endswith(".pdf") and type(source.metadata.get("page")) is int:
        yield Source("", name_of(uri), {**fields, "modality": "image", "uri": uri})


def _places(source: Source) -> set[tuple[str, object]]:
    return {(uri, source.metadata.get("page")) for uri in source.uris}
