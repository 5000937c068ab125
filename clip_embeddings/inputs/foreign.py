"""Formats that Pillow does not read: those that another package adds to it, and those that are named for what
they are. Imports Pillow and its neighbours.
"""

import importlib
from functools import cache
from importlib.util import find_spec
from pathlib import PurePath

from PIL import Image

from clip_embeddings.inputs.pdf import MARK, missing_reader

HEIF_NAMES = frozenset({".heic", ".heif", ".hif"})
_RAW_NAMES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw", ".x3f"}
)
_HEIF = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"heif", b"mif1", b"msf1"})
_NO_VIDEO = frozenset({b"avif", b"avis", b"jxl ", b"M4A ", b"M4B "})
_ADVICE = "HEIC or HEIF, a format of phones, needs an extra: pip install 'clip-embeddings[heif]'"
_RAW = "a camera's raw file; they are not read: export a JPEG from it"
_FILM = "a video or a sound recording; neither is read"
_OFFICE_NAMES = frozenset(
    {
        *(".doc", ".docx", ".docm", ".rtf", ".odt", ".xls", ".xlsx", ".xlsm", ".ods", ".numbers"),
        *(".ppt", ".pptx", ".pptm", ".odp", ".key", ".hwp", ".hwpx", ".pages", ".epub"),
    }
)
_OFFICE_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")
_MARKS = {
    b"\x00\x00\x00\x0cJXL ": "JPEG XL; it is not read: convert it to JPEG or PNG",
    b"\xff\x0a": "JPEG XL; it is not read: convert it to JPEG or PNG",
    b"FUJIFILMCCD-RAW": _RAW,
    b"\x1aE\xdf\xa3": _FILM,
}


@cache
def register_readers() -> None:
    """Pillow with its own formats and, where pillow-heif is installed, HEIC and HEIF. Once in a process."""
    Image.init()
    if "HEIF" not in Image.OPEN and find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()


def foreign_kind(content: bytes) -> str:
    """What a file is, in words, by its first bytes, if nothing here reads it; "" where that is not known."""
    if content.startswith(MARK):
        return missing_reader()
    for mark, words in _MARKS.items():
        if content.startswith(mark):
            return words
    if content[4:8] != b"ftyp":
        return ""
    brand = content[8:12]
    if brand in _HEIF:
        return "" if "HEIF" in Image.OPEN else _ADVICE
    if brand == b"crx ":
        return _RAW
    return "" if brand in _NO_VIDEO else _FILM


def refused_by_name(name: PurePath, content: bytes) -> str:
    """Words for what its name alone tells: a camera's raw file, of which Pillow would show the preview, or
    one of an office program, which is an archive; else ""."""
    ending = name.suffix.lower()
    if ending in _RAW_NAMES:
        return _RAW
    if ending in _OFFICE_NAMES and content.startswith(_OFFICE_MARKS):
        return "a file of an office program; those are not read: save it as PDF, or as text"
    return ""
