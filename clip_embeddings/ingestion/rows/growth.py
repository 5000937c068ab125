"""Rows that are written over others: Chroma adds new metadata to what a row has, call by call.

Each call by itself may be within what a store takes and their sum is not. Chroma keeps such a row, but it
can be copied nowhere any more.
"""

from collections.abc import Mapping
from typing import Any

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_limits, check_size
from clip_embeddings.ingestion.rows.values import shown


def joined(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a row has once new metadata is written over old; None takes a key away."""
    both = {**(old or {}), **(new or {})}
    return {key: value for key, value in both.items() if value is not None}


def check_growth(there: Any, batch: Mapping[str, Any], stored: str) -> None:
    """Refuse rows that would be too large with what is there under their ids.

    Args:
        there: those that are stored, with ids and metadatas.
        batch: the arguments of `upsert`.
        stored: how much of the call is stored, for the message.
    Raises:
        InvalidInputError: names the row, what it would have, the limit and what to do.
    """
    olds = dict(zip(there["ids"], there["metadatas"], strict=True))
    columns = (batch[name] for name in ("ids", "documents", "metadatas", "uris"))
    for id, document, new, uri in zip(*columns, strict=True):
        if not (old := olds.get(id)):
            continue
        row = joined(old, new)
        try:
            check_limits("metadata", row)
            check_size("metadata", [id, document or "", uri or "", *row, *row.values()])
        except InvalidInputError as error:
            raise InvalidInputError(
                f"row {shown(id)}: with the {len(old):,} keys that are stored under this id, {error}. "
                f"None as the value of a key takes it away. {stored}; the rest is not"
            ) from error
