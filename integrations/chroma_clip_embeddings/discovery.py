"""Paths, patterns, addresses and manifests, as a user gives them -> entries, one at a time.

Imports the public core.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from glob import has_magic
from pathlib import Path

from chroma_clip_embeddings.checks import check_metadata, check_string
from chroma_clip_embeddings.entries import (
    Entry,
    IngestProblem,
    checked_schemes,
    has_surrogates,
    located,
    printable,
    scheme_of,
)
from chroma_clip_embeddings.manifests import read_manifest
from chroma_clip_embeddings.remote import check_readers
from chroma_clip_embeddings.sources import absolute
from chroma_clip_embeddings.values import shown
from chroma_clip_embeddings.walking import Pattern, Walker
from clip_embeddings import InvalidInputError

AnyPath = str | os.PathLike[str]


def discover(
    paths: AnyPath | Iterable[AnyPath],
    *,
    manifests: AnyPath | Iterable[AnyPath] = (),
    allow_schemes: Iterable[str] = (),
    captions: Mapping[str, str] | None = None,
) -> Generator[Entry | IngestProblem, None, None]:
    """Find what there is to ingest. Memory does not grow with the number of files.

    What a manifest names comes first, so that the entry that has a caption is met before the one that the
    same file gives as part of a folder. Then come the paths in the order given, and each folder in the order
    of its paths. Hidden files are left out, and so are the manifests themselves. A file that several of
    `paths` lead to comes once, unless they are patterns.

    A linked folder is followed once, under the name of the link, unless it is walked under its own name too.

    Args:
        paths: files; folders; patterns such as "photos/**/*.jpg", where there is no file of that very name;
            `file://` addresses; and addresses of schemes that are allowed.
        manifests: JSONL, CSV or Parquet files; see `read_manifest`.
        allow_schemes: of addresses that may be read, such as "https" and "s3".
        captions: path -> words about the file; those of a manifest come before them.
    Returns:
        Entries, and a problem for each folder that cannot be read, each directory loop, each pattern that
        nothing matches and each bad line of a manifest. Closing it closes the manifest that it is at.
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
    return (_captioned(each, named) for each in _entries(given, rows, set(listed)))


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
    """A list of one or of all; it may be gone through twice."""
    return [paths] if isinstance(paths, str | os.PathLike) else list(paths)


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
    given: list[str | Pattern], rows: list[Iterator[Entry | IngestProblem]], manifests: set[str]
) -> Iterator[Entry | IngestProblem]:
    for manifest in rows:
        yield from manifest
    roots = {root for root in given if isinstance(root, str)}
    # A link leads to real paths, so those are what it is looked up among.
    real = {os.path.realpath(root) for root in roots if not scheme_of(root)}
    walker = Walker(lambda folder: _covered(folder, real))
    earlier: set[str] = set()
    for root in given:
        met = roots
        if isinstance(root, str):  # one that an earlier root leads to by a link was left to its own turn
            met = {above for above in earlier if not _linked_below(root, above)}
        for found in _under(root, walker):
            if isinstance(found, IngestProblem):
                yield found
            elif found not in manifests and not _covered(found, met):
                yield _entry(found)
        if isinstance(root, str):
            earlier.add(root)


def _under(root: str | Pattern, walker: Walker) -> Iterator[str | IngestProblem]:
    if isinstance(root, Pattern):
        yield from _matching(root, walker)
    elif not scheme_of(root) and Path(root).is_dir():
        yield from walker.walk(root, _anything)
    else:
        yield root


def _anything(folder: str) -> bool:
    return True


def _matching(pattern: Pattern, walker: Walker) -> Iterator[str | IngestProblem]:
    matched = False
    for found in walker.walk(pattern.base, pattern.enters):
        if isinstance(found, IngestProblem):
            yield found
        elif pattern.wants(found):
            matched = True
            yield found
    if not matched:
        yield IngestProblem(printable(pattern.text), "no file matches this pattern")


def _linked_below(root: str, above: str) -> bool:
    """Whether a link lies between a folder and one above it."""
    if scheme_of(root) or not root.startswith(above.rstrip(os.sep) + os.sep):
        return False
    return os.path.realpath(root) != os.path.join(os.path.realpath(above), os.path.relpath(root, above))  # noqa: PTH118


def _covered(path: str, roots: set[str]) -> bool:
    """Whether a walk of the roots meets this path: one is it, or holds it with nothing hidden between."""
    if path in roots:
        return True
    if not roots or scheme_of(path):
        return False
    above = path
    while (parent := os.path.dirname(above)) != above:  # noqa: PTH120
        if os.path.basename(above).startswith("."):  # noqa: PTH119
            return False
        if parent in roots:
            return True
        above = parent
    return False


def _entry(found: str) -> Entry | IngestProblem:
    if has_surrogates(found):
        reason = "its name is not UTF-8, which a store needs; rename it"
        return IngestProblem(printable(found), reason)
    return Entry(found, place=found)
