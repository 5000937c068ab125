"""Passages of documents -> the pictures that stand with them. Imports ingestion and its neighbours.

Rows may be anybody's, so nothing here raises for what is in one.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from clip_embeddings.context.roots import is_below
from clip_embeddings.context.sources import BROUGHT, Source
from clip_embeddings.ingestion.find.entries import scheme_of
from clip_embeddings.ingestion.read.again import id_of_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.rows.ids import name_of

_CARRIED = ("heading", "page")
_MOST = 8  # pictures of one passage; a gallery would leave no room for anything else
Find = Callable[[list[str]], Iterable[Source]]


def with_pictures(
    sources: Iterable[Source], find: Find | None = None, *, roots: Sequence[Path] = ()
) -> list[Source]:
    """Each passage followed by the pictures that its document shows there, in their order; none twice.

    Of Markdown and web pages those are pictures that were found with the document, at most 8, of a PDF the
    page that the passage is from. `context_of` gives them the room that what was found leaves.

    Args:
        find: gives the rows of a store with some ids; a picture that is no row is named by its file.
        roots: from `resolved_roots`; files outside of them are not read to know which row they are.
    """
    found = list(sources)
    shown = {place for source in found if source.shows_picture for place in _places(source)}
    rows: list[tuple[Source, list[Source]]] = []
    for source in found:
        brought: list[Source] = []
        for picture in _some(source):
            if shown.isdisjoint(places := _places(picture)):
                brought.append(picture)
            shown |= places
        rows.append((source, brought))
    if find is not None:
        rows = _as_stored(rows, find, roots)
    return [each for source, brought in rows for each in (source, *brought)]


def _as_stored(
    rows: list[tuple[Source, list[Source]]], find: Find, roots: Sequence[Path]
) -> list[tuple[Source, list[Source]]]:
    """Pictures that are brought along as the rows that they are: with their ids and captions, each once."""
    ids = {id(each): known for _, brought in rows for each in brought if (known := _id_of(each, roots))}
    stored = {row.id: row for row in find(list(dict.fromkeys(ids.values())))} if ids else {}
    met = {source.id for source, _ in rows}
    result = []
    for source, brought in rows:
        kept: list[Source] = []
        for each in brought:
            row = stored.get(ids.get(id(each), ""))
            if row is None:
                kept.append(each)
            elif row.id not in met:
                met.add(row.id)
                kept.append(replace(row, metadata={**row.metadata, BROUGHT: each.metadata[BROUGHT]}))
        result.append((source, kept))
    return result


def _id_of(picture: Source, roots: Sequence[Path]) -> str:
    with suppress(UnusableFile, OSError, RuntimeError, ValueError, IndexError):
        path = Path(picture.uris[0])
        if not roots or is_below(path.resolve(), roots):
            return id_of_picture(path, picture.metadata)
    return ""


def _some(source: Source) -> list[Source]:
    with suppress(ValueError, TypeError):  # no file's name
        return list(pictures_of(source))[:_MOST]
    return []


def pictures_of(source: Source) -> Iterator[Source]:
    """The pictures that stand with a passage."""
    uri = next(iter(source.uris), "")
    if source.shows_picture or not uri or scheme_of(uri):
        return
    fields = {name: source.metadata[name] for name in _CARRIED if name in source.metadata}
    fields |= {"modality": "image", BROUGHT: source.id or uri}
    names = source.metadata.get("pictures")
    for name in names[:_MOST] if isinstance(names, list) else ():
        if isinstance(name, str) and name and "\0" not in name:
            path = os.path.normpath(os.path.join(os.path.dirname(uri), name))  # noqa: PTH118, PTH120
            facts = {**fields, "uri": path, "document": uri}
            yield Source("", name_of(path), {key: facts[key] for key in facts if key != "page"})
    if uri.lower().endswith(".pdf") and source.page is not None:
        yield Source("", name_of(uri), {**fields, "uri": uri})


def _places(source: Source) -> set[tuple[str, int | None]]:
    return {(uri, source.page) for uri in source.uris}
