"""JSON that anybody may have written: whatever is wrong with its text is a ValueError. Standard library."""

import json
from typing import Any

DEPTH = 100
"""Objects and lists inside each other. Models, calibrations and classifiers have less than ten."""


def parsed(text: str | bytes) -> Any:
    """The content of a JSON text.

    What lies deeper than DEPTH is refused here: whoever follows it down later would run out of stack.

    Raises:
        ValueError: not JSON, not text, or nested too deeply.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    level = [content]
    for _ in range(DEPTH):
        level = [
            value
            for each in level
            if type(each) in (dict, list)
            for value in (each.values() if type(each) is dict else each)
            if type(value) is dict or type(value) is list
        ]
        if not level:
            return content
    raise ValueError(f"nested deeper than {DEPTH} levels")
