"""Ordered, bounded, overlapped work: threads prepare the next items while the caller uses the last ones.

Imports the standard library, and rich for a progress bar.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def map_ordered(
    work: Callable[[T], R], items: Iterable[T], *, threads: int, ahead: int
) -> Generator[R, None, None]:
    """Yield work(item) for each item in order, at most `ahead` results waiting.

    Leaving the loop early cancels what has not begun. An exception in `work` is raised at its item's turn.
    """
    source = iter(items)
    with ThreadPoolExecutor(threads, thread_name_prefix="clip-embeddings") as pool:
        waiting: deque[Future[R]] = deque(pool.submit(work, item) for item in islice(source, ahead))
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(pool.submit(work, item) for item in islice(source, 1))
                yield result
        finally:
            for future in waiting:
                future.cancel()


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Consecutive pieces of at most `size` items; as that of itertools, which Python 3.12 brings."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def map_in_lanes(work: Callable[[T], R], items: Iterable[T], *, lanes: int) -> Iterator[R]:
    """Yield work(item) in order, `lanes` items under way at once: 1 works in the caller's thread.

    On a GPU a second lane stacks and copies the next batch while the device works on the last one.
    """
    return map(work, items) if lanes == 1 else map_ordered(work, items, threads=lanes, ahead=lanes)


def progress(items: Iterable[T], label: str, total: int, show: bool) -> Iterable[T]:
    """The items, with a progress bar while they are gone through if it was asked for."""
    if not show:
        return items
    from rich.progress import track

    return track(items, label, total=total)
