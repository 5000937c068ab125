"""`--since` and `--until` -> a condition on the day that a photo was taken. Imports typer and the core."""

import re
from calendar import monthrange
from datetime import date

import typer

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
FIELD = "day"
"""The field that `ingest --exif` stores it in, as 20240501."""


def between(since: str | None, until: str | None) -> str:
    """A condition in words; "" without dates."""
    first = _day(since, "since", end=False) if since else None
    last = _day(until, "until", end=True) if until else None
    if first and last and first > last:
        raise typer.BadParameter(f"{since} is later than {until}", param_hint="--since / --until")
    clauses = (f"{FIELD} >= {first}" if first else "", f"{FIELD} <= {last}" if last else "")
    return " and ".join(filter(None, clauses))


def _day(text: str, option: str, *, end: bool) -> int:
    """The first day of a year, a month or a day, or the last one."""
    from clip_embeddings.ingestion.read.photo import day_of

    if found := _DATE.fullmatch(text.strip()):
        year, month, day = (int(part) if part else 0 for part in found.groups())
        month = month or (12 if end else 1)
        if year and 1 <= month <= 12:
            last = monthrange(year, month)[1]
            day = day or (last if end else 1)
            if day <= last:
                return day_of(date(year, month, day))
    raise typer.BadParameter(
        f"got {text!r}; expected a date such as 2024-05-01, 2024-05 or 2024", param_hint=f"--{option}"
    )
