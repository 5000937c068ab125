"""Files of results: one section for each benchmark, written anew by it. Imports the standard library.

A section lies between two comments and says what it was run on, as its neighbours may have run elsewhere.
"""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from clip_embeddings import InvalidInputError

HEAD = "# Results\n\nWritten by the benchmarks, not by hand; each section says what it was run on.\n"


def machine(packages: Sequence[str] = ("torch", "numpy")) -> str:
    """One line: processor, cores, versions and date; no host name and no path."""
    versions = [f"{name} {version(name)}" for name in packages]
    date = datetime.now(UTC).date().isoformat()
    return ", ".join(
        [f"{_processor()}, {_cores()} cores", f"Python {platform.python_version()}", *versions, date]
    )


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are set flush right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replace_section(path: Path, name: str, body: str, *, head: str = HEAD) -> None:
    """Write one section of a results file; what lies outside it stays as it is.

    Args:
        path: created if it is not there.
        name: what the marks around the section say.
        body: Markdown.
        head: what a new file begins with.
    Raises:
        InvalidInputError: the file has one mark of the section without the other.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    text = path.read_text(encoding="utf-8") if path.exists() else head
    section = f"{begin}\n{body.strip()}\n{end}"
    start, stop = text.find(begin), text.find(end)
    if start < 0 and stop < 0:
        text = f"{text.rstrip()}\n\n{section}\n"
    elif 0 <= start < stop:
        text = text[:start] + section + text[stop + len(end) :]
    else:
        raise InvalidInputError(
            f"{path.name}: expected the marks {begin!r} and {end!r} in this order, or neither; put the "
            "missing one back or delete the other"
        )
    path.write_text(text, encoding="utf-8")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.exists() else ():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
