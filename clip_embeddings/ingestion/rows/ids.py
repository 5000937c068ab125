"""The one grammar of ids and of the metadata that ingestion writes: the same content is the same row.

    image:SHA256             a picture, by the bytes of its file
    text:SHA256:START-END    a passage of a text, in characters
    caption:SHA256:MARK      a caption of the picture with that digest, as a text of its own

Whatever makes or reads an id does it here, so a file has one row whichever door it came by.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

OURS = frozenset({"modality", "uri", "uris", "content_sha256", "start", "end", "caption_of"})
"""Metadata fields that ingestion writes; the others are the user's."""
PICTURES, CAPTIONS = ("image:", "image;"), ("caption:", "caption;")
"""Between these are the ids of a kind, in the order of strings."""
_MARK = 16  # hexadecimal digits
_MOST_PAGES = 10**9
_DIGEST = slice(len("caption:"), len("caption:") + 64)
_ID = re.compile(
    "image:([0-9a-f]{64})|text:([0-9a-f]{64}):[0-9]{1,18}-[0-9]{1,18}|caption:([0-9a-f]{64}):[0-9a-f]{16}"
)
PICTURE_OF_CAPTION = f"'image:' || substr({{}}, {_DIGEST.start + 1}, 64)"
"""The same as `picture_of`, in SQL."""


def digest(content: bytes) -> str:
    """What ids are made of."""
    return hashlib.sha256(content).hexdigest()


def picture_id(sha256: str) -> str:
    return f"image:{sha256}"


def passage_id(sha256: str, start: int, end: int) -> str:
    return f"text:{sha256}:{start}-{end}"


def caption_id(sha256: str, caption: str) -> str:
    """Of a caption of the picture with that digest."""
    return f"caption:{sha256}:{mark_of(caption)}"


def mark_of(caption: str) -> str:
    """What tells captions of one picture apart."""
    return digest(caption.encode())[:_MARK]


def is_picture(id: str) -> bool:
    return id.startswith("image:")


def is_caption(id: str) -> bool:
    return id.startswith("caption:")


def picture_of(caption_id: str) -> str:
    """The id of the picture that a caption's row belongs to."""
    return picture_id(caption_id[_DIGEST])


def mark_in(caption_id: str) -> str:
    return caption_id[-_MARK:]


def span_of(passage_id: str) -> tuple[int, int]:
    """Where a passage begins and ends in its text, in characters."""
    start, end = passage_id.rpartition(":")[2].split("-")
    return int(start), int(end)


def passages_of(sha256: str) -> tuple[str, str]:
    """Between these are the ids of a text's passages."""
    return f"text:{sha256}:", f"text:{sha256};"


def is_ingested(id: str, metadata: Mapping[str, Any]) -> bool:
    """Whether ingestion made a row; others in the collection are left alone."""
    found = _ID.fullmatch(id)
    return found is not None and metadata.get("content_sha256") == found[found.lastindex or 0]


def uris_of(metadata: Mapping[str, Any]) -> list[str]:
    """All uris of a row, from its metadata."""
    first, several = metadata.get("uri"), metadata.get("uris")
    uris = {first} if isinstance(first, str) else set()
    if several:
        with suppress(TypeError, ValueError):
            found = json.loads(several)
            uris |= {uri for uri in found if isinstance(uri, str)} if isinstance(found, list) else set()
    return sorted(uris)


def fields_of_uris(uris: list[str]) -> dict[str, Any]:
    """The metadata that says where a row's files are, sorted. A field with None is taken away."""
    return {"uri": uris[0], "uris": json.dumps(uris, ensure_ascii=False) if len(uris) > 1 else None}


def page_of(metadata: Mapping[str, Any]) -> int | None:
    """The page of a document that a row is of, from its metadata, which may be anybody's."""
    page = metadata.get("page")
    return page if type(page) is int and abs(page) < _MOST_PAGES else None


def name_of(uri: str | None) -> str:
    """The file name at the end of a path or URI; "" where there is none."""
    if uri is None or uri.startswith("data:"):
        return ""
    return PurePath(unquote(urlsplit(uri).path) if "://" in uri else uri).name
