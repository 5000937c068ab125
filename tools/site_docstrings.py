"""Docstrings as the site's reader of them wants them: see `extensions` in mkdocs.yml. Imports griffe.

It takes "Raises:" for a section only below an empty line; in the code sections follow each other without one.
Of "images, passages: rows added" it takes the second for a type, unless no ordinary space stands between.
"""

import re
from typing import Any

import griffe

SECTION = re.compile(r"(?<=[^\n])\n(?=(?:Args|Attributes|Raises|Returns|Source|Warns|Yields):)")
BETWEEN_NAMES = re.compile(r"(?<=\w,) (?=\w+(?:, \w+)*:)")


class SectionsApart(griffe.Extension):
    """Puts an empty line above each section, and keeps names that share a line together."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            apart = SECTION.sub("\n\n", obj.docstring.value)
            obj.docstring.value = BETWEEN_NAMES.sub("\N{NO-BREAK SPACE}", apart)
