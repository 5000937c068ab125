"""Pictures that documents show -> entries that say so. Imports `read`, which reads the documents."""

from collections.abc import Iterator
from os.path import dirname
from pathlib import Path

from clip_embeddings.ingestion.find.choosing import Selection
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.read.documents import names_document, shown_in
from clip_embeddings.ingestion.read.local import UnusableFile, read_file
from clip_embeddings.ingestion.read.texts import unicode_text

_REMEMBERED = 10_000  # pictures; one that many pages show is read once


class DocumentPictures:
    """Of one search for files."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._met: dict[str, None] = {}

    def of(self, entry: Entry | IngestProblem) -> Iterator[Entry]:
        """The local pictures of a document, each for the first document that shows it."""
        if not isinstance(entry, Entry) or not names_document(entry.uri):
            return
        base = entry.base or dirname(entry.uri)  # noqa: PTH120
        try:
            text = unicode_text(read_file(Path(entry.uri)))
        except UnusableFile:
            return  # reading the document itself will say so
        for shown in shown_in(text or "", entry.uri, base):
            if shown.uri in self._met or self._selection.leaves_out(base, shown.uri):
                continue
            if len(self._met) >= _REMEMBERED:
                self._met.pop(next(iter(self._met)))
            self._met[shown.uri] = None
            yield shown
