"""How a collection's name passes from its old rows to their recalibrated copy, and how that is finished.

    photos                         the old rows
    photos, photos.recalibrating   a copy is made beside them
    photos.before, photos.recalibrating     for a moment there is no "photos"
    photos.before, photos          the copy has the name
    photos                         the old rows are gone

A copy that is complete has the id of the old collection in its metadata, so each state tells which one it is.
"""

from collections.abc import Iterable
from typing import Any

from chromadb.api.models.CollectionCommon import CollectionCommon

from chroma_clip_embeddings.client.private import AnyCollection

MARK = "clip_recalibration"  # in a copy's metadata: COPYING, then the id of the collection it takes over from
COPYING = "copying"


def copy_name(name: str) -> str:
    return f"{name}.recalibrating"


def old_name(name: str) -> str:
    return f"{name}.before"


def mark_of(collection: CollectionCommon[Any]) -> Any:
    return (collection.metadata or {}).get(MARK)


def interrupted_copy(name: str, collections: Iterable[AnyCollection]) -> AnyCollection | None:
    """The complete copy that a swap, interrupted between its two renamings, has left without the name.

    `interrupted_copy.modify(name=name)` finishes the swap.
    """
    there = {collection.name: collection for collection in collections}
    copy, old = there.get(copy_name(name)), there.get(old_name(name))
    if name in there or copy is None or old is None:
        return None
    return copy if mark_of(copy) == str(old.id) else None
