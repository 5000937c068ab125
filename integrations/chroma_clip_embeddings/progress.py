"""A progress bar that is shown on request. Imports rich when there is one to show."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def progress(items: Sequence[Item], text: str, show: bool) -> Iterable[Item]:
    """The items, with a bar that follows them if `show`."""
    if not show:
        return items
    from rich.progress import track

    return track(items, text)
