"""Paths, patterns, addresses and manifests, as a user gives them -> entries, one at a time."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from glob import has_magic
from pathlib import Path

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.choosing import EVERYTHING, Choice, Selection
from clip_embeddings.ingestion.find.covering import covered, reached_from, reaching
from clip_embeddings.ingestion.find.documents import DocumentPictures
from clip_embeddings.ingestion.find.entries import (
    Entry,
    IngestProblem,
    absolute,
    checked_schemes,
    has_surrogates,
    located,
    printable,
    scheme_of,
)
from clip_embeddings.ingestion.find.found import Found
from clip_embeddings.ingestion.find.manifests import read_manifest
from clip_embeddings.ingestion.find.walking import Pattern, Walker
from clip_embeddings.ingestion.read.local import MAX_BYTES
from clip_embeddings.ingestion.read.remote import check_readers
from clip_embeddings.ingestion.rows.checks import check_metadata, check_string
from clip_embeddings.ingestion.rows.values import shown

AnyPath = str | os.PathLike[str]


def discover(
    paths: AnyPath | Iterable[AnyPath],
    *,
    manifests: AnyPath | Iterable[AnyPath] = (),
    allow_schemes: Iterable[str] = (),
    captions: Mapping[str, str] | None = None,
    choice: Choice = EVERYTHING,
    name_empty: bool = False,
    encoding: str | None = None,
    max_bytes: int = MAX_BYTES,
) -> Found:
    """Find what there is to ingest. Memory does not grow with the number of files.

    What a manifest names comes first, so that the entry that has a caption is met before the one that the
    same file gives as part of a folder. Then come the paths in the order given, and each folder in the order
    of its paths. Hidden files are left out, and so are the manifests themselves and what is not chosen; see
    `choosing.py`. A file that several of `paths` lead to comes once, unless they are patterns.

    A linked folder is followed once, under the name of the link, unless it is walked under its own name too.

    Args:
        paths: files; folders; patterns such as "photos/**/*.jpg", where there is no file of that very name;
            `file://` addresses; and addresses of schemes that are allowed.
        manifests: JSONL, CSV or Parquet files; see `read_manifest`.
        allow_schemes: of addresses that may be read, such as "https" and "s3".
        captions: path -> words about the file; those of a manifest come before them.
        choice: what of that is left out. A manifest's items are not, nor what is named by itself.
        name_empty: whether folders with nothing in them are problems too.
        encoding, max_bytes: of documents that are looked through for pictures, as `ingest` has them.
    Returns:
        Entries, and a problem for each folder that cannot be read, each directory loop, each pattern that
        nothing matches, each bad line of a manifest and each ignore file that cannot be read. Closing it
        closes the manifest that it is at.
    Raises:
        InvalidInputError: at once: no such file or folder, a scheme that is not allowed, or a manifest that
            cannot be read at all.
        MissingExtraError: at once: Parquet without pyarrow, or a scheme whose package is not installed.
    """
    schemes = checked_schemes(allow_schemes)
    given = list(dict.fromkeys(_root(path, schemes) for path in several(paths)))
    listed = [os.path.abspath(_not_remote(path)) for path in several(manifests)]  # noqa: PTH100
    used = {scheme for root in given if isinstance(root, str) and (scheme := scheme_of(root))}
    check_readers(schemes if listed else used)  # what a manifest names is not known yet
    rows = [read_manifest(path, allow_schemes=schemes) for path in listed]
    named = {str(absolute(path)): _words(path, caption) for path, caption in (captions or {}).items()}
    roots = {root for root in given if isinstance(root, str)}
    patterns = [root for root in given if isinstance(root, Pattern)]
    selection = Selection(
        choice,
        named=roots.__contains__,
        asked=lambda path: any(pattern.asks_for(path) for pattern in patterns),
    )
    pictures = DocumentPictures(selection, encoding, max_bytes)
    entries = _entries(given, rows, set(listed), selection, pictures, name_empty=name_empty)
    return Found((_captioned(each, named) for each in entries), selection)


def _captioned(each: Entry | IngestProblem, captions: Mapping[str, str]) -> Entry | IngestProblem:
    if isinstance(each, Entry) and each.caption is None and (caption := captions.get(each.uri)):
        return replace(each, caption=caption)
    return each


def _words(path: AnyPath, caption: object) -> str:
    """A caption as a store takes it; without words it is none, as in a manifest."""
    name = f"captions[{shown(path)}]"
    check_string(name, caption)
    check_metadata(name, {}, (str(caption),))
    return str(caption or "").strip()


def several(paths: AnyPath | Iterable[AnyPath]) -> list[AnyPath]:
    """A list of one or of all; it may be gone through twice.

    Raises:
        InvalidInputError: neither.
    """
    if isinstance(paths, str | os.PathLike):
        return [paths]
    if not isinstance(paths, Iterable):
        raise InvalidInputError(f"paths: got {type(paths).__name__}; expected a path, or a list of them")
    return list(paths)


def _not_remote(path: AnyPath) -> str:
    text = os.fspath(path)
    if scheme_of(text) not in (None, "file"):
        raise InvalidInputError(f"{text}: a manifest is read from disk; download it and give its path")
    return located(text, base=Path(), schemes=frozenset())


def _root(path: AnyPath, schemes: frozenset[str]) -> str | Pattern:
    """An absolute path, an address or a pattern."""
    text = os.fspath(path)
    if not isinstance(text, str) or not text:
        raise InvalidInputError(f"paths: got {path!r}; expected the path of a file or a folder")
    if not isinstance(path, str):
        root = os.path.abspath(text)  # noqa: PTH100  # a Path is never an address
    else:
        root = located(text, base=Path(), schemes=schemes)
        if scheme_of(root):
            return root
    if os.path.exists(root):  # noqa: PTH110  # Path.exists raises where a folder above may not be read
        return root
    if has_magic(root) and (pattern := Pattern(root)) and Path(pattern.base).is_dir():
        return pattern
    raise InvalidInputError(f"no such file or folder: {printable(root)}")


def _entries(
    given: list[str | Pattern],
    rows: list[Iterator[Entry | IngestProblem]],
    manifests: set[str],
    selection: Selection,
    pictures: DocumentPictures,
    *,
    name_empty: bool,
) -> Iterator[Entry | IngestProblem]:
    for manifest in rows:
        yield from manifest
    roots = {root for root in given if isinstance(root, str)}
    # A link leads to real paths, so those are what it is looked up among.
    real = {os.path.realpath(root) for root in roots if not scheme_of(root)}
    walker = Walker(lambda folder: covered(folder, reaching(folder, real, selection)), name_empty=name_empty)
    earlier: set[str] = set()
    for root in given:
        # One that an earlier root leads to by a link, or does not come to, was left to its own turn.
        met = {above for above in earlier if isinstance(root, str) and reached_from(above, root, selection)}
        for found in _under(root, walker, selection):
            yield from _taken(selection)
            if isinstance(found, IngestProblem):
                yield found
                continue
            if isinstance(root, Pattern):
                met = reaching(os.path.dirname(found), roots, selection)  # noqa: PTH120
            if found not in manifests and not covered(found, met) and _is_chosen(found, root, selection):
                entry = _entry(found)
                if isinstance(entry, Entry):
                    yield from pictures.with_shown(entry, _base(root))
                else:
                    yield entry
        yield from _taken(selection)
        if isinstance(root, str):
            earlier.add(root)


def _taken(selection: Selection) -> Iterator[IngestProblem]:
    while selection.problems:
        yield selection.problems.pop(0)


def _is_chosen(found: str, root: str | Pattern, selection: Selection) -> bool:
    return found == root or selection.takes(_base(root), found)


def _under(root: str | Pattern, walker: Walker, selection: Selection) -> Iterator[str | IngestProblem]:
    if isinstance(root, Pattern):
        yield from _matching(root, walker, selection)
    elif not scheme_of(root) and Path(root).is_dir():
        if selection.begins(root):
            yield from walker.walk(root, lambda folder: selection.enters(root, folder))
    else:
        yield root


def _matching(pattern: Pattern, walker: Walker, selection: Selection) -> Iterator[str | IngestProblem]:
    def enters(folder: str) -> bool:
        return pattern.enters(folder) and selection.enters(pattern.base, folder)

    matched = False
    for found in walker.walk(pattern.base, enters) if selection.begins(pattern.base) else ():
        if isinstance(found, IngestProblem):
            yield found
        elif pattern.wants(found):
            matched = True
            yield found
    if not matched:
        yield IngestProblem(printable(pattern.text), "no file matches this pattern")


def _entry(found: str) -> Entry | IngestProblem:
    if has_surrogates(found):
        reason = "its name is not UTF-8, which a store needs; rename it"
        return IngestProblem(printable(found), reason)
    return Entry(found, place=found)


def _base(root: str | Pattern) -> str:
    """The folder that a root is; "" for a file by itself, or an address."""
    if isinstance(root, Pattern):
        return str(root.base)
    return root if not scheme_of(root) and Path(root).is_dir() else ""
