"""Docstrings as the site's reader of them wants them: see `extensions` in mkdocs.yml. Imports griffe.

It takes "Raises:" for a section only below an empty line; in the code sections follow each other without one.
"""

import re
from typing import Any

import griffe

SECTION = re.compile(r"(?<=[^\n])\n(?=(?:Args|Attributes|Raises|Returns|Source|Warns|Yields):)")


class SectionsApart(griffe.Extension):
    """Puts an empty line above each section."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = SECTION.sub("\n\n", obj.docstring.value)
