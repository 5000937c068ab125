"""Passages of documents -> the pictures that stand with them. Imports ingestion and its neighbours."""

import os
from collections.abc import Iterable, Iterator

from clip_embeddings.context.sources import Source
from clip_embeddings.ingestion.find.entries import scheme_of
from clip_embeddings.ingestion.read.documents.parts import MOST
from clip_embeddings.ingestion.rows.ids import name_of

_CARRIED = ("heading", "page")


def with_pictures(sources: Iterable[Source]) -> list[Source]:
    """Each passage followed by the pictures that its document shows there, in their order; none twice.

    Of Markdown and web pages those are pictures that were found with the document, of a PDF the page that the
    passage is from. They are named by their files, and nothing is asked of the store.
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
    return result


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
