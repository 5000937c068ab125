"""Every method through the whole protocol on one set of pairs. Imports its neighbours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.mixed.calibrations import of_collection, shrunk
from benchmarks.mixed.data import Pairs
from benchmarks.mixed.methods import Method, calibrated
from benchmarks.mixed.metrics import Floats, Judged
from benchmarks.mixed.protocol import Confounded, Search, Sweep, distractors, pure, sweep, thirds
from clip_embeddings import ModalityCalibration

THIRDS = ((1, 1, 1), (70, 20, 10))
GUARDS = {  # kind of query, whether pictures are stored
    "text → text": ("text", False),
    "text → picture": ("text", True),
    "picture → picture": ("picture", True),
}
OWN, SHRUNK = "levels, the collection's own", "levels, its own shrunk to the reference"


@dataclass(frozen=True)
class Measured:
    """What every method found; the last key of each is the method's name.

    Attributes:
        pairs: what was searched.
        sweeps: kind of queries -> method -> A.
        thirds: weights -> method -> B.
        distractors: method -> C.
        confounded: method -> D, (2 collections, 3): NDCG of text and of picture targets, exposure. Empty
            where topics are unknown.
        guards: guard -> method -> NDCG per pair (N,).
    """

    pairs: Pairs
    sweeps: dict[str, dict[str, Sweep]] = field(default_factory=dict)
    thirds: dict[tuple[int, ...], dict[str, dict[str, float]]] = field(default_factory=dict)
    distractors: dict[str, Judged] = field(default_factory=dict)
    confounded: dict[str, Floats] = field(default_factory=dict)
    guards: dict[str, dict[str, Floats]] = field(default_factory=dict)


def measure(
    pairs: Pairs, methods: Sequence[Method], *, seeds: int, reference: ModalityCalibration | None = None
) -> Measured:
    """Run A to D and the guards.

    Args:
        pairs: the test split.
        methods: all that are compared.
        seeds: how many random collections of each composition.
        reference: D also tries the collection's own calibration, and that shrunk towards this one.
    """
    measured = Measured(pairs)
    for method in methods:
        for kind, queries in pairs.queries.items():
            search = Search(method, queries, pairs)
            measured.sweeps.setdefault(kind, {})[method.name] = sweep(search, seeds)
            for guard, (asked, picture) in GUARDS.items():
                if asked == kind:
                    measured.guards.setdefault(guard, {})[method.name] = pure(search, picture=picture)
            if kind == "text":
                for weights in THIRDS:
                    found = measured.thirds.setdefault(weights, {})
                    found[method.name] = thirds(search, weights, seeds)
                measured.distractors[method.name] = distractors(search)
    measured.confounded.update(_confounded(pairs, methods, reference))
    return measured


def _confounded(
    pairs: Pairs, methods: Sequence[Method], reference: ModalityCalibration | None
) -> Mapping[str, Floats]:
    found: dict[str, list[Floats]] = {}
    for collection in Confounded.both_ways(pairs):
        tried = [*methods, *_from_itself(pairs, collection, reference)]
        queries = pairs.queries["text"].of(np.concatenate([collection.texts, collection.pictures]))
        for method in tried:
            found.setdefault(method.name, []).append(collection.found(Search(method, queries, pairs)))
    return {name: np.array(rows) for name, rows in found.items()}


def _from_itself(pairs: Pairs, collection: Confounded, reference: ModalityCalibration | None) -> list[Method]:
    model = reference.model if reference else ""
    own = of_collection(pairs, collection.texts, collection.pictures, model)
    made = [Method(OWN, calibrated(own))]
    return [*made, Method(SHRUNK, calibrated(shrunk(own, reference)))] if reference else made
