"""The collections that every method is searched in, and what it finds there. Imports its neighbours.

Each function takes a `Search`: one method, one set of queries, one set of pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.mixed.data import Pairs, Queries
from benchmarks.mixed.methods import Method, raw
from benchmarks.mixed.metrics import Bools, Columns, Floats, Judged, best, judge, mean

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
EVEN = SHARES.index(0.5)
INNER = slice(1, -1)  # the shares at which both modalities are there
METRICS = ("ndcg", "first", "found", "reciprocal")


class Search:
    """One method's scores of all rows, of which a collection is a part."""

    def __init__(self, method: Method, queries: Queries, pairs: Pairs) -> None:
        self.queries, self.pairs, self._merge = queries, pairs, method.merge
        self._scores = method.score(queries, pairs)  # (Q, R)
        self._raw = raw(queries, pairs) if method.merge else self._scores

    def judged(self, columns: Columns, *, without: Bools | None = None) -> Judged:
        """Search a collection of some rows; `without` (Q, R) takes more of them away from single queries."""
        scores, cosines = self._scores[:, columns], self._raw[:, columns]
        relevant, picture = self.queries.relevant[:, columns], self.pairs.picture[columns]
        if without is not None:
            gone = without[:, columns]
            scores, cosines = np.where(gone, -np.inf, scores), np.where(gone, -np.inf, cosines)
            relevant = relevant & ~gone
        if self._merge:
            scores = self._merge(scores, cosines, picture)
        return judge(best(scores), relevant, picture)

    def per_pair(self, values: Floats, kept: Bools | None = None) -> Floats:
        """Mean over each pair's queries (…, Q) -> (N,), NaN for a pair without a value."""
        taken = ~np.isnan(values) if kept is None else kept & ~np.isnan(values)
        owners = np.broadcast_to(self.queries.owner, values.shape)[taken]
        sums = np.bincount(owners, values[taken], self.pairs.number)
        counts = np.bincount(owners, minlength=self.pairs.number)
        with np.errstate(invalid="ignore"):
            return np.asarray(sums / counts, np.float64)


@dataclass(frozen=True)
class Sweep:
    """What a method finds as the share of pictures grows (P shares, S seeds, Q queries).

    Attributes:
        values: of each of METRICS, (P, S, Q).
        picture: (P, S, Q) whether the query's own pair stood there as picture.
        exposure: (P, S).
        even: per pair (N,) NDCG in the 1:1 mix, of pairs that stood there as text and as picture.
    """

    values: dict[str, Floats]
    picture: Bools
    exposure: Floats
    even: tuple[Floats, Floats]

    def at(self, share: int, metric: str = "ndcg", *, picture: bool | None = None) -> float:
        """Mean at a share, by its place in SHARES; of one target modality, or of all queries."""
        values = self.values[metric][share]
        return mean(values if picture is None else values[self.picture[share] == picture])

    def macro(self, metric: str) -> float:
        """In the 1:1 mix, both target modalities counting the same."""
        return (self.at(EVEN, metric, picture=False) + self.at(EVEN, metric, picture=True)) / 2

    def worst(self, metric: str) -> float:
        """In the 1:1 mix, the worse of the two target modalities."""
        return min(self.at(EVEN, metric, picture=False), self.at(EVEN, metric, picture=True))

    def only(self, chosen: Bools) -> "Sweep":
        """Of some of the queries; exposure and pairs stay those of all."""
        values = {name: each[:, :, chosen] for name, each in self.values.items()}
        return Sweep(values, self.picture[:, :, chosen], self.exposure, self.even)

    @property
    def curve(self) -> list[float]:
        return [self.at(i) for i in range(len(SHARES))]

    @property
    def exposures(self) -> list[float]:
        return [mean(row) for row in self.exposure]


def sweep(search: Search, seeds: int) -> Sweep:
    """A: each pair stands in the collection as picture with probability p, else as text."""
    number, owner = search.pairs.number, search.queries.owner
    shape = (len(SHARES), seeds, len(owner))
    values = {name: np.empty(shape) for name in METRICS}
    picture, exposure = np.empty(shape, bool), np.empty(shape[:2])
    alone: dict[float, Judged] = {}  # at p = 0 and 1 every seed gives the same collection
    for seed in range(seeds):
        chances = np.random.default_rng(seed).random(number)
        for i, share in enumerate(SHARES):
            drawn = chances < share  # (N,)
            found = alone.get(share) or search.judged(np.arange(number) + number * drawn)
            if share in (0, 1):
                alone[share] = found
            for name in METRICS:
                values[name][i, seed] = getattr(found, name)
            picture[i, seed], exposure[i, seed] = drawn[owner], found.exposure
    even = values["ndcg"][EVEN]
    texts, pictures = (search.per_pair(even, picture[EVEN] == wanted) for wanted in (False, True))
    return Sweep(values, picture, exposure, (texts, pictures))


def thirds(search: Search, weights: Sequence[int], seeds: int) -> dict[str, float]:
    """B: pairs that stand there as text, as picture or as both, in this proportion."""
    number, owner = search.pairs.number, search.queries.owner
    chances = np.array(weights) / sum(weights)
    found: dict[str, list[float]] = {"text": [], "picture": [], "both": [], "all": [], "E": []}
    for seed in range(seeds):
        form = np.random.default_rng(seed).choice(3, number, p=chances)
        columns = np.concatenate([np.flatnonzero(form != 1), number + np.flatnonzero(form != 0)])
        judged = search.judged(columns)
        for i, name in enumerate(("text", "picture", "both")):
            found[name].append(mean(judged.ndcg[form[owner] == i]))
        found["all"].append(mean(judged.ndcg))
        found["E"].append(judged.exposure)
    return {name: mean(values) for name, values in found.items()}


def distractors(search: Search) -> Judged:
    """C: all pictures, among all texts but those that answer the query; each picture has a near miss."""
    pairs = search.pairs
    answers = search.queries.relevant & ~pairs.picture
    return search.judged(np.arange(len(pairs.rows)), without=answers)


@dataclass(frozen=True)
class Confounded:
    """D: a collection whose pictures are about one topic and whose texts about another.

    Attributes:
        name: in words.
        pictures, texts: the pairs that stand there as such, as many of both.
    """

    name: str
    pictures: Columns
    texts: Columns

    @classmethod
    def both_ways(cls, pairs: Pairs) -> list["Confounded"]:
        """The two collections; none where the topics are unknown."""
        if pairs.topic is None:
            return []
        one, other = np.flatnonzero(pairs.topic), np.flatnonzero(~pairs.topic)
        size = min(len(one), len(other))
        one, other = one[:size], other[:size]
        return [cls("animals and people as pictures", one, other), cls("as texts", other, one)]

    def found(self, search: Search) -> Floats:
        """Mean NDCG of text targets and of picture targets, and the exposure: (3,).

        The search is one of the queries of these pairs only: `Queries.of`.
        """
        judged = search.judged(np.concatenate([self.texts, search.pairs.number + self.pictures]))
        wants_picture = np.isin(search.queries.owner, self.pictures)
        by_target = [mean(judged.ndcg[wants_picture == wanted]) for wanted in (False, True)]
        return np.array([*by_target, judged.exposure])


def pure(search: Search, *, picture: bool) -> Floats:
    """Guard: NDCG per pair (N,) where only pictures, or only texts, are stored."""
    number = search.pairs.number
    return search.per_pair(search.judged(np.arange(number) + number * picture).ndcg)
