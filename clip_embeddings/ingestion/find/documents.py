"""Pictures that documents show -> entries that say so. Imports `read`, which reads the documents."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from clip_embeddings.ingestion.find.choosing import Selection
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.read.documents.markup import may_show_pictures
from clip_embeddings.ingestion.read.documents.parts import names_document, shown_in, text_of
from clip_embeddings.ingestion.read.local import MAX_BYTES, read_file

_REMEMBERED = 10_000  # pictures; one that many pages show is read once


class DocumentPictures:
    """Of one search for files.

    Whoever wrote a document does not say which files are read. Of one in a folder that is walked, those are
    taken that the walk comes to; of one that was named by itself, those in its own folder, links followed.

    Args:
        encoding: what a document that is not Unicode is in; None finds out.
        max_bytes: a larger one is not read.
    """

    def __init__(self, selection: Selection, encoding: str | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._selection, self._encoding, self._max_bytes = selection, encoding, max_bytes
        self._met: dict[str, None] = {}

    def with_shown(self, entry: Entry, base: str) -> Iterator[Entry]:
        """The pictures of a document, each for the first document that shows it, and the document itself.

        Args:
            base: the folder that it was found under; "" where it was named by itself.
        """
        shown = self._shown(entry.uri, base) if names_document(entry.uri) else []
        for each in shown:
            if each.uri in self._met:
                continue
            if len(self._met) >= _REMEMBERED:
                self._met.pop(next(iter(self._met)))
            self._met[each.uri] = None
            yield each
        yield replace(entry, shows=tuple(dict.fromkeys(each.uri for each in shown))) if shown else entry

    def _shown(self, uri: str, base: str) -> list[Entry]:
        try:
            content = read_file(Path(uri), max_bytes=self._max_bytes)
            text, _ = text_of(content, PurePath(uri), self._encoding)
            if not may_show_pictures(text):
                return []
            return [each for each in shown_in(text, uri) if self._may_be_read(each.uri, uri, base)]
        except Exception:  # reading the document itself will say what is wrong with it
            return []

    def _may_be_read(self, picture: str, document: str, base: str) -> bool:
        folder = base or os.path.dirname(document)  # noqa: PTH120
        if not _is_seen_below(picture, folder) or self._selection.leaves_out(folder, picture):
            return False
        return bool(base) or _is_seen_below(os.path.realpath(picture), os.path.realpath(folder))


def _is_seen_below(path: str, base: str) -> bool:
    """Whether it lies in a folder with nothing hidden between."""
    above = base.rstrip(os.sep) + os.sep
    return path.startswith(above) and not any(
        part.startswith(".") for part in PurePath(path[len(above) :]).parts
    )


class ShownOnce:
    """For who can read a picture only once: each that a document shows, as that says."""

    def __init__(self) -> None:
        self._shown: dict[str, Entry | None] = {}

    def note(self, each: Entry | IngestProblem) -> None:
        """An entry of a first search through the same files."""
        if isinstance(each, Entry) and "document" in each.metadata:
            self._shown.setdefault(each.uri, each)

    def of(self, entry: Entry) -> list[Entry]:
        """The entry to read in the second search; none where it was read before."""
        if entry.uri not in self._shown:
            return [entry]
        told, self._shown[entry.uri] = self._shown[entry.uri], None
        return [told] if told else []
