"""The cases, by name, in the order they run. A case takes a Bench and returns the body of its section."""

from collections.abc import Callable

from benchmarks.speed.cases.cold import cold_start
from benchmarks.speed.cases.items import long_text, phone_photos, short_text, small_pictures
from benchmarks.speed.cases.many import growth, store
from benchmarks.speed.cases.queries import callers, one_query
from benchmarks.speed.cases.settings import settings
from benchmarks.speed.rounds import Bench

CASES: dict[str, Callable[[Bench], str]] = {
    "short-text": short_text,
    "long-text": long_text,
    "small-pictures": small_pictures,
    "phone-photos": phone_photos,
    "query": one_query,
    "callers": callers,
    "store": store,
    "growth": growth,
    "settings": settings,
    "cold-start": cold_start,
}
