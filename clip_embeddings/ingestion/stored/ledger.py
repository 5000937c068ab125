"""What a collection holds and what this run asks for, side by side in a temporary database.

Memory stays flat however many rows there are.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Any, NamedTuple

from clip_embeddings.ingestion.read.sources import Source
from clip_embeddings.ingestion.rows.ids import (
    OURS,
    PICTURES,
    is_ingested,
    is_picture,
    mark_in,
    mark_of,
    passages_of,
    span_of,
    uris_of,
)
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.ingestion.store import Stored

# The uri of a row and the row of a uri are both asked for. A row is here once it is on its way to the store.
_SCHEMA = """
CREATE TABLE stored (id TEXT PRIMARY KEY, document BLOB, extra TEXT) WITHOUT ROWID;
CREATE TABLE stored_uri (id TEXT, uri TEXT, PRIMARY KEY (id, uri)) WITHOUT ROWID;
CREATE INDEX stored_uri_by_uri ON stored_uri (uri, id);
CREATE TABLE seen (id TEXT, uri TEXT, PRIMARY KEY (id, uri)) WITHOUT ROWID;
CREATE INDEX seen_by_uri ON seen (uri, id);
CREATE TABLE entry (uri TEXT PRIMARY KEY, caption TEXT, metadata TEXT) WITHOUT ROWID;
CREATE TABLE caption (uri TEXT, mark TEXT, metadata TEXT, PRIMARY KEY (uri, mark)) WITHOUT ROWID;
CREATE TABLE gone (id TEXT, uri TEXT, why TEXT, PRIMARY KEY (id, uri)) WITHOUT ROWID;
"""

# Many ids in one step: the threads that read files run during each, and take their time to give way.
_AMONG = "SELECT json_group_array(id) FROM stored WHERE id IN (SELECT value FROM json_each(?))"
_ASKED = """
INSERT OR IGNORE INTO seen SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""
# Captions of all files that are one picture, each once.
_BESIDE = f"""
SELECT COALESCE(SUM(number - 1), 0) FROM (
  SELECT COUNT(DISTINCT c.mark) AS number FROM seen s JOIN caption c ON c.uri = s.uri
  WHERE s.id >= '{PICTURES[0]}' AND s.id < '{PICTURES[1]}' GROUP BY s.id)
"""


class Given(NamedTuple):
    """What this run was told of a uri."""

    uri: str
    caption: str | None
    metadata: dict[str, Any]


class Passages(NamedTuple):
    """What is stored of a text.

    Attributes:
        ids: if `complete`, all of them; else those that are of the text as one row.
        complete: whether the parts of it make up the text.
    """

    ids: list[str]
    complete: bool


def digest_of(document: str) -> bytes:
    return blake2b(document.encode(), digest_size=16).digest()


class Ledger:
    """Used by one thread; gone when it is closed, and when the process is killed."""

    def __init__(self) -> None:
        # The empty name is SQLite's own for a file that is unlinked as soon as it is made.
        self.database = sqlite3.connect("", isolation_level=None)
        try:
            self.database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + _SCHEMA)
            self.database.execute("BEGIN")
        except BaseException:  # nobody else has it to close: a full disk shows here
            self.database.close()
            raise
        self._asked: dict[bool, list[tuple[str, str]]] = {True: [], False: []}  # by whether the row is new

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def fill(self, pages: Iterable[Stored]) -> None:
        """Take in what the collection holds."""
        for page in pages:
            self._store(zip(page.ids, page.documents, page.metadatas, strict=True))

    def put(self, rows: Iterable[Row]) -> None:
        """Rows are on their way to the store."""
        self._store((row.id, row.document, row.metadata) for row in rows)

    def _store(self, rows: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        stored, uris = [], []
        for id, document, metadata in rows:
            if not is_ingested(id, metadata):
                continue
            extra = {key: value for key, value in metadata.items() if key not in OURS}
            stored.append((id, digest_of(document), json.dumps(extra) if extra else None))
            uris += [(id, uri) for uri in uris_of(metadata)]
        self.database.executemany("INSERT OR REPLACE INTO stored VALUES (?, ?, ?)", stored)
        self.database.executemany("INSERT OR IGNORE INTO stored_uri VALUES (?, ?)", uris)

    def holds(self, id: str) -> bool:
        return bool(self.among([id]))

    def among(self, ids: Sequence[str]) -> set[str]:
        """Those of some ids that are stored."""
        ((found,),) = self._all(_AMONG, json.dumps(ids))
        return set(json.loads(found))

    def rereads(self, row: Row) -> bool:
        """Whether a row is stored with other words: its text was read in another encoding then."""
        found = self._all("SELECT document FROM stored WHERE id = ?", row.id)
        return bool(found) and found[0][0] != digest_of(row.document)

    def passages(self, source: Source) -> "Passages":
        """What is stored of a text, and whether that is all of it, so that it need not be split.

        A text that is not in Unicode may have been read in another encoding before, and of a document an
        earlier release took the marks too, so of such only passages with the same words count.

        It is where nothing but white space lies between its parts. A row that spans the text by itself says
        nothing: `ray_clip_embeddings` stores a text as one row if it is told to, and the model may have read
        the beginning.
        """
        text, asked = source.text or "", passages_of(source.sha256)
        found = self._all("SELECT id, document FROM stored WHERE id > ? AND id < ?", *asked)
        spans: dict[str, tuple[int, int]] = {}
        for id, document in found:
            start, end = span_of(id)
            if source.is_plain or document == digest_of(text[start:end]):
                spans[id] = start, end
        whole = [id for id, (start, end) in spans.items() if not (text[:start].strip() or text[end:].strip())]
        position = 0
        for start, end in sorted(span for id, span in spans.items() if id not in whole):
            if text[position:start].strip():
                return Passages(whole, complete=False)
            position = end
        complete = not text[position:].strip()
        return Passages(list(spans) if complete else whole, complete)

    def add_given(self, given: Given) -> None:
        """Note caption and metadata of a uri; of two captions the first counts, and both are on record."""
        if given.caption is None and not given.metadata:
            return
        known = self.given_for(given.uri)
        caption = given.caption if known is None or known.caption is None else known.caption
        metadata = {**given.metadata, **(known.metadata if known else {})}
        row = (given.uri, caption, json.dumps(metadata))
        self.database.execute("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", row)
        if given.caption:
            one = (given.uri, mark_of(given.caption), json.dumps(given.metadata))
            self.database.execute("INSERT OR IGNORE INTO caption VALUES (?, ?, ?)", one)

    def given_for(self, uri: str) -> Given | None:
        found = self._all("SELECT uri, caption, metadata FROM entry WHERE uri = ?", uri)
        return Given(found[0][0], found[0][1], json.loads(found[0][2])) if found else None

    def ask_for_all(self, uri: str, *, pictures: bool) -> None:
        """A file asks for all pictures that are stored of it, or for all texts."""
        for (id,) in self._all("SELECT id FROM stored_uri WHERE uri = ?", uri):
            if is_picture(id) == pictures:
                self.ask_for(id, uri, new=False)

    def metadata_with(self, id: str, uri: str) -> dict[str, Any] | None:
        """The metadata that came with the caption of which a row is; None if this run was told no such."""
        found = self._all("SELECT metadata FROM caption WHERE uri = ? AND mark = ?", uri, mark_in(id))
        return dict(json.loads(found[0][0])) if found else None

    def captions_left_out(self) -> int:
        """How many captions the pictures that were seen have beside the one that each can keep."""
        ((count,),) = self._all(_BESIDE)
        return int(count)

    def ask_for(self, id: str, uri: str, *, new: bool) -> None:
        """A file asks for a row, a new one or one that there is; written down by `write_asked`."""
        self._asked[new].append((id, uri))

    def write_asked(self) -> int:
        """Returns how often a file asked for a row that there was, each file and row once."""
        written = {True: 0, False: 0}
        for new, asked in self._asked.items():  # the new ones first: asking again adds nothing
            if asked:
                written[new] = self.database.execute(_ASKED, (json.dumps(asked),)).rowcount
                asked.clear()
        return written[False]

    def forget(self, id: str) -> list[str]:
        """A row cannot be made: it is as if it had not been asked for. Returns the files that did."""
        uris = [uri for (uri,) in self._all("SELECT uri FROM seen WHERE id = ? ORDER BY uri", id)]
        self.database.execute("DELETE FROM seen WHERE id = ?", (id,))
        return uris

    def each(self, query: str, *values: object, page: int = 500) -> Iterator[list[tuple[Any, ...]]]:
        """Pages of an answer. Tables that the query reads may not be changed in between."""
        cursor = self.database.execute(query, values)
        while rows := cursor.fetchmany(page):
            yield rows

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.database.execute(query, values).fetchall()
