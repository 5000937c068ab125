"""Results of a search -> numbered parts for a language model, texts and pictures, within a budget.

Pictures are read when the parts are made, from where their rows say. Imports errors and its neighbours.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from clip_embeddings.context.budget import Budget
from clip_embeddings.context.encoding import EncodedPicture
from clip_embeddings.context.reading import picture_of
from clip_embeddings.context.roots import AnyRoots, resolved_roots
from clip_embeddings.context.sources import Source, encodable, once, one_line
from clip_embeddings.errors import ImageDecodeError

_CITED = re.compile(r"\[(\d{1,6}(?:\s{0,9}[,;]\s{0,9}\d{1,6})*)\]")
_WORTH_CUTTING = 40  # tokens; less of a text says nothing
_CUT = " [...]"
_LONGEST = 100  # characters of a token; a longer text is cut before it is counted
_NAMED = 20  # pictures that are not shown

Kind = Literal["text", "image", "missing", "unshown"]


@dataclass(frozen=True, slots=True)
class Part:
    """One result as it is shown.

    Attributes:
        number: what an answer cites it by, from 1 on.
        kind: "text"; "image" with its picture; "missing", a picture that cannot be read; "unshown", one that
            the budget has no room for.
        source: the row.
        label: one line: number, name, and what is to be known of it.
        text: the passage, as much of it as there is room for, or the caption; "" where there is none.
        picture: of kind "image".
    """

    number: int
    kind: Kind
    source: Source
    label: str
    text: str = ""
    picture: EncodedPicture | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """All parts.

    Attributes:
        parts: in the order of the results.
        left_out: how many results the budget had no room for.
    """

    parts: tuple[Part, ...]
    left_out: int = 0

    def cited(self, answer: str) -> list[Source]:
        """The sources that an answer names as [1] or [1, 3], in that order, each once."""
        numbers = [int(each) for group in _CITED.findall(answer) for each in re.split(r"\s*[,;]\s*", group)]
        there = {part.number: part.source for part in self.parts}
        return [there[number] for number in dict.fromkeys(numbers) if number in there]


def context_of(
    sources: Iterable[Source],
    budget: Budget | None = None,
    *,
    roots: AnyRoots | None = None,
) -> Context:
    """Make what a language model is shown.

    A picture comes once, with the row that ranks first among it and its captions; equal texts of one file
    come once. A picture that cannot be read, or is at an address, is a line that says so.

    Args:
        sources: best first.
        budget: `Budget()` by default.
        roots: folders that pictures may be read from; None allows any place that a row names.
    """
    return _Assembling(budget or Budget(), None if roots is None else resolved_roots(roots)).of(sources)


class _Assembling:
    """What is left of a budget while parts are made."""

    def __init__(self, budget: Budget, roots: list[Path] | None) -> None:
        self.budget, self.roots = budget, roots
        self.images, self.named, self.tokens = budget.images, _NAMED, budget.tokens

    def of(self, sources: Iterable[Source]) -> Context:
        found = once(sources)
        # What was found comes first to the budget, what stands with it has the room that is left.
        made: dict[int, Part] = {}
        for place in sorted(range(len(found)), key=lambda place: found[place].is_brought):
            make = self._picture if found[place].shows_picture else self._text
            if part := make(found[place]):
                made[place] = part
        parts = [
            replace(made[place], number=number, label=f"[{number}] {made[place].label}")
            for number, place in enumerate(sorted(made), 1)
        ]
        return Context(tuple(parts), len(found) - len(parts))

    def _text(self, source: Source) -> Part | None:
        if not (text := self._room_for(source.text)):
            return None
        return Part(0, "text", source, source.name, text)

    def _picture(self, source: Source) -> Part | None:
        label = source.name
        if not self.images:
            self.named -= 1
            if self.named < 0:
                return None
            note = " (a picture, not shown: the limit is reached)"
            return Part(0, "unshown", source, label + note, self._room_for(source.caption))
        caption = self._room_for(source.caption)
        pixels, most = self.budget.pixels, self.budget.image_bytes
        try:
            picture, said = picture_of(source, pixels=pixels, max_bytes=most, roots=self.roots)
        except ImageDecodeError as error:
            self.named -= 1
            if self.named < 0:
                return None
            note = f" (a picture that cannot be shown: {one_line(error.reason)})"
            return Part(0, "missing", source, label + note, caption)
        self.images -= 1
        note = f" ({said})" if said else ""
        return Part(0, "image", source, label + note, caption, picture)

    def _room_for(self, text: str) -> str:
        """As much of a text as there is room for; it is taken off."""
        count, room = self.budget.count_tokens, min(self.tokens, self.budget.text_tokens)
        text = encodable(text[: _LONGEST * room + 1])
        needed = count(text) if len(text) <= _LONGEST * room else room + 1
        if needed > room:
            if room < _WORTH_CUTTING:
                return ""
            low, high = 0, len(text)
            while low < high:  # the most characters that fit
                middle = (low + high + 1) // 2
                low, high = (middle, high) if count(text[:middle] + _CUT) <= room else (low, middle - 1)
            text, needed = text[:low].rstrip() + _CUT, room
        self.tokens -= needed
        return text
