"""Tables of captions, as data sets have them among their pictures: recognised by their first line."""

import json
import os
import re
from contextlib import suppress
from pathlib import PurePath
from stat import S_ISREG

from clip_embeddings.inputs.formats import named_as_picture

_LOOKED_AT = 65_536  # bytes; a first line of more is not one of a table of captions
# Columns that say which picture, in the data sets of this field and in ours.
_COLUMNS = frozenset(
    {"uri", "url", "path", "file", "filename", "filepath", "imagepath", "imagefile", "imagename", "image"}
    | {"img", "imageid", "photo", "photoid"}
)
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson")
# A text is looked into only where its name promises a table: most notes are .txt.
_NAMED = re.compile(r"caption|token|metadata|manifest|annotation|label", re.IGNORECASE)


def is_caption_table(path: str) -> bool:
    """Whether a file's first line has a column for pictures, or names one; never raises."""
    name = path[path.rfind(os.sep) + 1 :]  # millions of names come by here, so none is made a Path
    ending = name[name.rfind(".") :].lower()
    if ending not in _TABLES and not (ending == ".txt" and _NAMED.search(name)):
        return False
    line = _first_line(path)
    if ending in (".jsonl", ".ndjson"):
        return _is_object(line)
    return any(_is_row(line.split(mark)) for mark in (",", "\t", ";", "|"))


def _is_object(line: str) -> bool:
    with suppress(ValueError, RecursionError):
        found = json.loads(line)
        return isinstance(found, dict) and not _COLUMNS.isdisjoint(map(_plain, found))
    return False


def _is_row(fields: list[str]) -> bool:
    if len(fields) < 2:
        return False
    if not _COLUMNS.isdisjoint(map(_plain, fields)):
        return True
    first = fields[0].strip().strip('"').partition("#")[0]  # Flickr8k: "1000.jpg#0<tab>A child ..."
    return " " not in first and named_as_picture(PurePath(first))


def _plain(column: str) -> str:
    return re.sub(r"[\s_\-\"']", "", column).lower()


def _first_line(path: str) -> str:
    with suppress(OSError, ValueError):
        if S_ISREG(os.stat(path).st_mode):  # noqa: PTH116  # opening a pipe would wait for its other end
            with open(path, "rb") as file:  # noqa: PTH123
                return file.readline(_LOOKED_AT).decode("utf-8-sig", errors="replace").strip()
    return ""
