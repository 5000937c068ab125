"""Metadata of rows, which may be anybody's, as JSON that is not too long. Imports the core."""

import json
from collections.abc import Mapping
from typing import Any

from clip_embeddings.context import plain

_LONGEST = 1_000  # characters of one text, where there is not room for all
MORE = "[...]"


def plain_metadata(metadata: Mapping[str, Any], room: int) -> dict[str, Any]:
    """As much of a row's metadata as there is room for.

    Args:
        room: characters of JSON. A longer text is cut, and what then does not fit is counted under "[...]".
    """
    whole: dict[str, Any] = plain(metadata)
    if len(json.dumps(whole, ensure_ascii=False)) <= room:
        return whole
    kept: dict[str, Any] = {}
    for key, value in whole.items():
        cut = isinstance(value, str) and len(value) > _LONGEST
        shown = f"{value[:_LONGEST]} {MORE}" if cut else value
        size = len(json.dumps({key: shown}, ensure_ascii=False))
        if size <= room:
            room, kept[key] = room - size, shown
    if dropped := len(whole) - len(kept):
        kept[MORE] = f"{dropped} more, left out for want of room"
    return kept
