"""Patterns of what is left out, as git has them in `.gitignore`: one grammar for options and ignore files.

- `*.json` or `build`: a file or folder of this name, at any depth. `/notes.txt` and `2023/raw`: a slash at
  the beginning or between says where, from the folder that the pattern belongs to.
- `build/`: folders only. A folder that is left out is not looked into.
- `*`, `?` and `[a-z]` stand for what is within one name; `**/`, `/**/` and `/**` for folders, any number.
- `!` before a pattern takes back what an earlier one left out. The last pattern that fits counts.
- Blank lines and those that begin with `#` say nothing; `\\` before a character takes its meaning away.

Upper and lower case differ. What git has and this has not: classes such as `[[:alpha:]]`. What this has and
git has not: letters are compared whether accents and Hangul are written in one character or in several, as
disks of macOS have them. Standard library only.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import translate
from itertools import groupby
from unicodedata import normalize

_SPECIAL = "*?["
_Segment = re.Pattern[str] | None  # None is "**"


@dataclass(frozen=True, slots=True)
class Rules:
    """Patterns that belong to one folder; `verdict` judges what is in it."""

    patterns: "tuple[_Pattern, ...]" = ()

    @classmethod
    def of(cls, lines: Iterable[str]) -> "Rules":
        """Read patterns, one from each line."""
        return cls(tuple(_joined(pattern for line in lines if (pattern := _parsed(line)) is not None)))

    def __bool__(self) -> bool:
        return bool(self.patterns)

    def verdict(self, parts: tuple[str, ...], *, is_folder: bool) -> bool | None:
        """Whether a path is left out; False where `!` takes it back, None where no pattern fits.

        Args:
            parts: names of the path from the folder of the rules on; at least one.
        """
        if not self.patterns:
            return None
        parts = tuple(map(composed, parts))
        for pattern in reversed(self.patterns):
            if pattern.fits(parts, is_folder=is_folder):
                return not pattern.negated
        return None


def composed(name: str) -> str:
    """A name with its accents and Hangul in one character each."""
    return name if name.isascii() else normalize("NFC", name)


@dataclass(frozen=True, slots=True)
class _Pattern:
    segments: tuple[_Segment, ...]
    negated: bool
    folders_only: bool

    @property
    def name(self) -> re.Pattern[str] | None:
        """What a name at any depth has to be, for a pattern that says nothing else: the usual one."""
        return self.segments[1] if len(self.segments) == 2 and self.segments[0] is None else None

    @property
    def kind(self) -> tuple[bool, bool, bool]:
        """Equal for neighbours that can be asked in one."""
        return self.name is not None, self.negated, self.folders_only

    def fits(self, parts: tuple[str, ...], *, is_folder: bool) -> bool:
        if self.folders_only and not is_folder:
            return False
        if name := self.name:
            return name.match(parts[-1]) is not None
        # All places in the pattern that the names so far may have led to: time grows with their product only.
        places = self._opened({0})
        for part in parts:
            places = self._opened({next for place in places for next in self._after(place, part)})
        return len(self.segments) in places

    def _after(self, place: int, part: str) -> tuple[int, ...]:
        if place == len(self.segments):
            return ()
        segment = self.segments[place]
        if segment is None:
            return place, place + 1
        return (place + 1,) if segment.match(part) else ()

    def _opened(self, places: set[int]) -> set[int]:
        """With those behind a `**` that stands for no folder; at the end it stands for one name at least."""
        for place in sorted(places):
            while place < len(self.segments) - 1 and self.segments[place] is None:
                places.add(place := place + 1)
        return places


def _joined(patterns: "Iterable[_Pattern]") -> "Iterator[_Pattern]":
    """Neighbours that are names alone as one pattern: a thousand of them cost little more than one."""
    for (named, negated, folders_only), group in groupby(patterns, key=lambda pattern: pattern.kind):
        if not named:
            yield from group
            continue
        names = "|".join(pattern.name.pattern for pattern in group if pattern.name)
        yield _Pattern((None, re.compile(names)), negated, folders_only)


def _parsed(line: str) -> _Pattern | None:
    text = _trimmed(line.rstrip("\r\n"))
    if not text or text.startswith("#"):
        return None
    negated = text.startswith("!")
    text = composed(text.removeprefix("!"))
    folders_only, text = text.endswith("/"), text.rstrip("/")
    if not text:
        return None
    if "/" not in text:
        text = f"**/{text}"
    segments: list[_Segment] = []
    for part in text.removeprefix("/").split("/"):
        if part != "**":
            segments.append(re.compile(translate(_as_fnmatch(part))))
        elif not segments or segments[-1] is not None:
            segments.append(None)
    return _Pattern(tuple(segments), negated, folders_only)


def _trimmed(text: str) -> str:
    """Without the spaces at its end, unless a backslash keeps one."""
    bare = text.rstrip(" ")
    kept = (len(bare) - len(bare.rstrip("\\"))) % 2
    return bare + " " if kept and len(bare) < len(text) else bare


def _as_fnmatch(part: str) -> str:
    """git's `[^a]` and backslashes in the words of Python's fnmatch."""
    found = re.sub(
        r"\\(.)", lambda escaped: f"[{escaped[1]}]" if escaped[1] in _SPECIAL else escaped[1], part
    )
    return found.replace("[^", "[!")
