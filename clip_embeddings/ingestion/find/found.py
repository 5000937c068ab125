"""What a search for files gives."""

from collections.abc import Generator

from clip_embeddings.ingestion.find.choosing import Selection
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem


class Found:
    """What `discover` finds, one at a time, and what it leaves out on the way."""

    def __init__(self, entries: Generator[Entry | IngestProblem, None, None], selection: Selection) -> None:
        self._entries, self._selection = entries, selection

    def __iter__(self) -> "Found":
        return self

    def __next__(self) -> Entry | IngestProblem:
        return next(self._entries)

    def close(self) -> None:
        """Ends it; a manifest that it is at is closed."""
        self._entries.close()

    @property
    def left_out(self) -> dict[str, int]:
        """How many files were left out so far, by kind."""
        return dict(self._selection.left_out)

    @property
    def tables(self) -> list[str]:
        """Paths of tables of captions among them, the first ones."""
        return list(self._selection.tables)
