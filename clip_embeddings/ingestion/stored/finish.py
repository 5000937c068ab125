"""After everything new is stored: rows of files that moved, changed or vanished are brought up to date.

Every step follows from what is stored and what this run has seen, so a run that is killed here and started
again comes to the same end.
"""

import json
import math
from collections.abc import Sequence, Set
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.entries import SHOWN_AS, printable
from clip_embeddings.ingestion.report import Recorder
from clip_embeddings.ingestion.retry import Stopped, Target
from clip_embeddings.ingestion.rows.checks import check_limits
from clip_embeddings.ingestion.rows.growth import joined
from clip_embeddings.ingestion.rows.ids import (
    CAPTIONS,
    PICTURE_OF_CAPTION,
    fields_of_uris,
    is_caption,
    is_picture,
    name_of,
    picture_of,
    uris_of,
)
from clip_embeddings.ingestion.store import Metadata, Stored
from clip_embeddings.ingestion.stored.joining import join, now_of
from clip_embeddings.ingestion.stored.ledger import Given, Ledger, digest_of
from clip_embeddings.ingestion.stored.prune import Pruning, vanished

_PAGE = 200
_IS_CAPTION = f"(s.id >= '{CAPTIONS[0]}' AND s.id < '{CAPTIONS[1]}')"
_ITS_PICTURE = PICTURE_OF_CAPTION.format("s.id")

# Its file was read in this run and does not ask for it any more. A caption's row stays while its picture
# does, unless other captions were to be embedded.
_CHANGED = f"""
INSERT OR IGNORE INTO gone SELECT s.id, s.uri, 'changed' FROM stored_uri s
WHERE EXISTS (SELECT 1 FROM seen WHERE uri = s.uri)
AND NOT EXISTS (SELECT 1 FROM seen WHERE id = s.id AND uri = s.uri)
AND (NOT {_IS_CAPTION}
  OR NOT EXISTS (SELECT 1 FROM seen WHERE uri = s.uri AND id = {_ITS_PICTURE})
  OR (? AND EXISTS (SELECT 1 FROM entry WHERE uri = s.uri AND caption IS NOT NULL)))
"""
# Another file asked for it in this run, so where this one is gone, it was moved or was a copy.
_ELSEWHERE = """
SELECT s.id, s.uri FROM stored_uri s WHERE EXISTS (SELECT 1 FROM seen WHERE id = s.id)
AND NOT EXISTS (SELECT 1 FROM seen WHERE uri = s.uri)
"""
# Captions whose picture was seen, and they were not.
_CAPTIONS = f"""
SELECT s.id, s.uri FROM stored_uri s WHERE {_IS_CAPTION}
AND EXISTS (SELECT 1 FROM seen WHERE id = {_ITS_PICTURE})
AND NOT EXISTS (SELECT 1 FROM seen WHERE id = s.id) AND NOT EXISTS (SELECT 1 FROM seen WHERE uri = s.uri)
"""
_AFFECTED = """
SELECT id FROM stored s WHERE EXISTS (SELECT 1 FROM gone WHERE id = s.id)
OR EXISTS (SELECT 1 FROM seen n WHERE n.id = s.id AND (
  NOT EXISTS (SELECT 1 FROM stored_uri WHERE id = s.id AND uri = n.uri)
  OR EXISTS (SELECT 1 FROM entry WHERE uri = n.uri)))
"""
_URIS = """
SELECT uri FROM stored_uri WHERE id = ?1 UNION SELECT uri FROM seen WHERE id = ?1
EXCEPT SELECT uri FROM gone WHERE id = ?1
"""


class Finish:
    """Compares the ledger's two sides and changes what differs.

    Args:
        lost: ids of rows without a vector; they are not changed.
    """

    def __init__(
        self,
        ledger: Ledger,
        target: Target,
        recorder: Recorder,
        *,
        embed_captions: bool,
        lost: Set[str] = frozenset(),
    ) -> None:
        self._ledger, self._target = ledger, target
        self._recorder, self._report = recorder, recorder.report
        self._embed_captions, self._without = embed_captions, lost

    def run(self, roots: Sequence[str], pruning: Pruning) -> None:
        """Update and remove rows.

        Args:
            roots: absolute paths; rows of files that are gone from under them are pruned.
            pruning: decides which.
        Raises:
            StoreError: the store refused or went away.
            Stopped: the run was called off.
        """
        self._ledger.database.execute(_CHANGED, (self._embed_captions,))
        self._drop_moved(pruning)
        self._follow_pictures(pruning)
        for root in roots:
            pruning.run(root)
        for page in self._ledger.each(_AFFECTED, page=_PAGE):
            if self._target.stop.is_set():
                raise Stopped
            self._settle([id for (id,) in page])

    def _drop_moved(self, pruning: Pruning) -> None:
        for page in self._ledger.each(_ELSEWHERE):
            rows = [pair for pair in page if vanished(pair[1]) and pruning.may_have_moved(pair[1])]
            self._ledger.database.executemany("INSERT OR IGNORE INTO gone VALUES (?, ?, 'moved')", rows)

    def _follow_pictures(self, pruning: Pruning) -> None:
        """A caption goes where its picture has gone, unless the picture came with another one."""
        pairs = [pair for page in self._ledger.each(_CAPTIONS) for pair in page if vanished(pair[1])]
        for id, uri in pairs:
            if pruning.may_have_moved(uri):
                self._ledger.database.execute("INSERT OR IGNORE INTO gone VALUES (?, ?, 'moved')", (id, uri))
            picture = self._seen(picture_of(id))
            if not (self._embed_captions and any(given.caption for given in self._given(picture))):
                self._ledger.ask_for(id, picture[0], new=False)
        self._ledger.write_asked()

    def _settle(self, ids: list[str]) -> None:
        uris = {id: [uri for page in self._ledger.each(_URIS, id) for (uri,) in page] for id in ids}
        self._remove([id for id in ids if not uris[id]], uris)
        changed = [id for id in ids if uris[id] and id not in self._without and self._differs(id, uris[id])]
        if changed:
            with self._target.changing():
                self._update(self._target.get(changed, vectors=True), uris)

    def _remove(self, ids: list[str], uris: dict[str, list[str]]) -> None:
        if not ids:
            return
        with self._target.changing():
            if lost := self._still_lost(ids, uris):
                self._target.delete(lost)
        for id in lost:
            if "vanished" in self._reasons(id):
                self._report.pruned += 1
            else:
                self._report.removed += 1

    def _still_lost(self, lost: list[str], uris: dict[str, list[str]]) -> list[str]:
        """Without those that another ingestion has found elsewhere meanwhile; they have its uris."""
        now = now_of(self._target, lost)
        for id in lost:
            uris[id] = sorted(now.get(id, set()).difference(self._stored(id)))
        return [id for id in lost if id in now and not uris[id]]

    def _differs(self, id: str, uris: list[str]) -> bool:
        """Whether the row has to change, from the ledger alone."""
        if sorted(self._stored(id)) != sorted(uris):
            return True
        ((document, extra),) = next(self._ledger.each("SELECT document, extra FROM stored WHERE id = ?", id))
        caption, metadata = self._given_to(id)
        known = json.loads(extra) if extra else {}
        if any(not _same(known.get(key), value) for key, value in metadata.items()):
            return True
        return bool(caption and digest_of(caption) != document)

    def _update(self, found: Stored, uris: dict[str, list[str]]) -> None:
        documents, metadatas = [], []
        for id, document, metadata in zip(found.ids, found.documents, found.metadatas, strict=True):
            others = set(uris_of(metadata)).difference(self._stored(id))  # of ingestions at the same time
            uris[id] = sorted(others.union(uris[id]))
            caption, more = self._given_to(id)
            documents.append(_document(id, document, metadata, uris[id], caption, more.get(SHOWN_AS)))
            metadatas.append({**self._that_fits(more, metadata, uris[id]), **fields_of_uris(uris[id])})
            if "moved" in self._reasons(id):
                self._report.moved += 1
            else:
                self._report.updated += 1
        if found.vectors is not None and found.ids:
            self._target.update(found.ids, found.vectors, metadatas, documents)
            join(self._target, {id: set(uris[id]) for id in found.ids})

    def _that_fits(self, more: dict[str, Any], stored: Metadata, uris: list[str]) -> dict[str, Any]:
        """New metadata, or none of it where the row would be too large with what it has: a failure then."""
        if not more:
            return more
        try:
            check_limits("metadata", joined(stored, {**more, **fields_of_uris(uris)}))
        except InvalidInputError as error:
            reason = (
                f"with the {len(stored):,} keys that its row has, {error}. Its new metadata is not stored"
            )
            self._recorder.failed(printable(uris[0]), reason)
            return {}
        return more

    def _given_to(self, id: str) -> tuple[str | None, dict[str, Any]]:
        """Caption and metadata that this run gives to a row; of several files the first counts.

        A caption's row has what came with that caption, not with the picture's others.
        """
        uris = self._seen(id)
        given = self._given(uris)
        fields = [each.metadata for each in given]
        if is_caption(id):
            own = [found for uri in uris if (found := self._ledger.metadata_with(id, uri)) is not None]
            fields = own or fields
        metadata = {key: value for each in reversed(fields) for key, value in each.items()}
        captions = [each.caption for each in given if each.caption] if is_picture(id) else []
        return (captions[0] if captions else None), metadata

    def _given(self, uris: list[str]) -> list[Given]:
        return [given for uri in uris if (given := self._ledger.given_for(uri))]

    def _stored(self, id: str) -> list[str]:
        query = "SELECT uri FROM stored_uri WHERE id = ?"
        return [uri for page in self._ledger.each(query, id) for (uri,) in page]

    def _seen(self, id: str) -> list[str]:
        query = "SELECT uri FROM seen WHERE id = ? ORDER BY uri"
        return [uri for page in self._ledger.each(query, id) for (uri,) in page]

    def _reasons(self, id: str) -> set[str]:
        return {why for page in self._ledger.each("SELECT why FROM gone WHERE id = ?", id) for (why,) in page}


def _document(
    id: str, stored: str, metadata: Metadata, uris: list[str], caption: str | None, said: str | None
) -> str:
    """A caption, else what a document says, else the name of the file; a caption that is there stays."""
    if not is_picture(id):
        return stored
    if caption:
        return caption
    names = {name_of(uri) or uri for uri in uris_of(metadata)}
    if said and (stored in names or stored == metadata.get(SHOWN_AS)):
        return said
    return (name_of(uris[0]) or uris[0]) if stored in names else stored


def _same(stored: object, given: object) -> bool:
    """Equal; stores are known to change the last digit of a number."""
    if isinstance(stored, float) and isinstance(given, float):
        return math.isclose(stored, given, rel_tol=1e-12)
    return stored == given
