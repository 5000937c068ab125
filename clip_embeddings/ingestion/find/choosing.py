"""Which of the files found in folders are ingested, and a count of those that are not.

What decides, the later over the earlier: `notes.py`; `.clipignore` files, those of inner folders over those
of outer ones; `exclude`; `include`. What is named outright is taken in any case.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from stat import S_ISREG
from typing import Literal, get_args

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.captioned import is_caption_table
from clip_embeddings.ingestion.find.entries import IngestProblem, printable
from clip_embeddings.ingestion.find.ignoring import Rules
from clip_embeddings.ingestion.find.notes import DATA, TABLES, kind_of

IGNORE_FILE = ".clipignore"
EXCLUDED = "files excluded"
FOLDERS = "folders excluded"
Only = Literal["pictures", "texts"]

_LARGEST = 1_000_000  # bytes of an ignore file
_KEPT = 1_000  # folders whose ignore files are remembered
_NAMED = 100  # tables of captions that are told by name

_NONE = Rules()
_Judge = Callable[[str], bool]


def _no(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user chose: patterns of what is left out and what is taken, and one modality or both."""

    exclude: Rules = _NONE
    include: Rules = _NONE
    only: Only | None = None


EVERYTHING = Choice()
"""But for what is no note."""


def choice_of(exclude: str | Iterable[str], include: str | Iterable[str], only: str | None) -> Choice:
    """The arguments of `ingest`, checked.

    Raises:
        InvalidInputError: what is no pattern, or another `only`.
    """
    if only is not None and only not in get_args(Only):
        raise InvalidInputError(f"only: got {only!r}; expected 'pictures', 'texts' or None")
    included = _checked("include", include)
    if negated := next((pattern for pattern in included if pattern.startswith("!")), None):
        raise InvalidInputError(
            f"include: {negated!r} takes back what was left out already; write it without !"
        )
    return Choice(Rules.of(_checked("exclude", exclude)), Rules.of(included), only)  # type: ignore[arg-type]


def _checked(name: str, patterns: str | Iterable[str]) -> list[str]:
    given = [patterns] if isinstance(patterns, str) else list(patterns)
    for pattern in given:
        if not isinstance(pattern, str) or not Rules.of([pattern]) or "\n" in pattern:
            raise InvalidInputError(f"{name}: got {pattern!r}; expected a pattern such as '*.json' or 'raw/'")
    return given


class Selection:
    """The choice, over one search for files.

    Args:
        named: whether a path was given by itself, so that no rule leaves it out.
        asked: whether files of its kind were asked for, so that what is left out by default is taken.
    Attributes:
        left_out: how many files were left out, by kind; of a folder that was, nobody counts the files.
        tables: paths of the first tables of captions.
        problems: ignore files that cannot be read; their folders are left out. Take them out.
    """

    def __init__(self, choice: Choice, *, named: _Judge = _no, asked: _Judge = _no) -> None:
        self._choice, self._is_named, self._is_asked = choice, named, asked
        self._files: dict[str, Rules | None] = {}  # folder -> its ignore file; None cannot be read
        self.left_out: Counter[str] = Counter()
        self.tables: list[str] = []
        self.problems: list[IngestProblem] = []

    def begins(self, root: str) -> bool:
        """Whether a folder may be walked: not where its ignore file is there and cannot be read."""
        return self._ignored(root) is not None

    def enters(self, root: str, folder: str) -> bool:
        """Whether to go into a folder that was found under a root."""
        if self._verdict(root, folder, is_folder=True) and not self._is_named(folder):
            self.left_out[FOLDERS] += 1
            return False
        return self.begins(folder)

    def takes(self, root: str, path: str) -> bool:
        """Whether a file that was found under a root is wanted; counts what is not."""
        if self._is_named(path):
            return True
        verdict = self._verdict(root, path, is_folder=False)
        kind = EXCLUDED if verdict else None
        if verdict is None and not self._is_asked(path):
            kind = _kind(path)
        if kind is None:
            return True
        self.left_out[kind] += 1
        if kind == TABLES and len(self.tables) < _NAMED:
            self.tables.append(path)
        return False

    def reaches(self, root: str, folder: str) -> bool:
        """Whether a walk of a root comes to a folder; not where it is not under the root."""
        if folder == root:
            return True
        above = root.rstrip(os.sep)
        if not folder.startswith(above + os.sep):
            return False
        for part in _parts(root, folder):
            above = f"{above}{os.sep}{part}"
            if self._verdict(root, above, is_folder=True) and not self._is_named(above):
                return False
        return True

    def leaves_out(self, root: str, path: str) -> bool:
        """Whether a file under a root is excluded, by itself or with a folder; counts nothing."""
        reached = self.reaches(root, os.path.dirname(path))  # noqa: PTH120
        return not reached or bool(self._verdict(root, path, is_folder=False))

    def _verdict(self, root: str, path: str, *, is_folder: bool) -> bool | None:
        parts = _parts(root, path)
        if self._choice.include.verdict(parts, is_folder=is_folder) is not None:
            return False
        if (verdict := self._choice.exclude.verdict(parts, is_folder=is_folder)) is not None:
            return verdict
        above = path
        for start in range(len(parts) - 1, -1, -1):  # from the folder that it is in outwards
            above = above[: above.rfind(os.sep)] if start else root
            rules = self._ignored(above)
            if rules and (verdict := rules.verdict(parts[start:], is_folder=is_folder)) is not None:
                return verdict
        return None

    def _ignored(self, folder: str) -> Rules | None:
        if folder not in self._files:
            if len(self._files) >= _KEPT:
                self._files.clear()
            self._files[folder] = self._read(folder)
        return self._files[folder]

    def _read(self, folder: str) -> Rules | None:
        path = os.path.join(folder, IGNORE_FILE)  # noqa: PTH118
        try:
            facts = os.stat(path)  # noqa: PTH116
        except OSError:
            return _NONE  # if it is the folder that cannot be read, listing it will say so
        try:
            if not S_ISREG(facts.st_mode) or facts.st_size > _LARGEST:
                raise OSError(0, f"no regular file of at most {_LARGEST:,} bytes")
            # A name that is not UTF-8 is read as Python reads it in a folder.
            with open(path, encoding="utf-8-sig", errors="surrogateescape") as file:  # noqa: PTH123
                return Rules.of(file)
        except OSError as error:
            reason = f"cannot be read ({error.strerror or error}), so all of its folder is left out"
            self.problems.append(IngestProblem(printable(path), reason, True))
            return None


def _kind(path: str) -> str | None:
    kind = kind_of(os.path.basename(path))  # noqa: PTH119
    return TABLES if kind in (None, DATA) and is_caption_table(path) else kind


def _parts(root: str, path: str) -> tuple[str, ...]:
    return tuple(path[len(root) :].strip(os.sep).split(os.sep))  # noqa: PTH206
