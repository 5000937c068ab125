"""The figures as Markdown tables, a function for each. Imports its neighbours.

NDCG, R and MRR are out of 1; E is the exposure ratio.
"""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.mixed.cost import Cost
from benchmarks.mixed.measure import THIRDS, Measured
from benchmarks.mixed.methods import RAW, SHIPPED
from benchmarks.mixed.metrics import mean
from benchmarks.mixed.protocol import EVEN, INNER, SHARES, Sweep
from benchmarks.mixed.verdict import Target, cost_targets, decide, targets, worse_target
from benchmarks.shared.results import table

Names = Sequence[str]


def summary(measured: Measured, names: Names) -> str:
    """One line a method: the sweep, the 1:1 mix, the worst guard and the verdict, for text queries."""
    header = [
        "text queries",
        "lowest NDCG@10",
        "lowest / highest",
        "E",
        "1:1 mix: pictures",
        "1:1 mix: texts",
        "worst pure change",
        "verdict",
    ]
    rows = []
    for name in names:
        here, verdict = measured.sweeps["text"][name], decide(measured, name, SHIPPED)
        inner = here.curve[INNER]
        rows.append(
            [
                name,
                f"{min(inner):.3f}",
                f"{min(inner) / max(inner):.2f}",
                _range(here.exposures[1:]),
                f"{here.at(EVEN, picture=True):.3f}",
                f"{here.at(EVEN, picture=False):.3f}",
                f"{verdict.guards[verdict.worst_guard].mean:+.3f}",
                "" if name == RAW else str(verdict),
            ]
        )
    return _table(header, rows)


def verdicts(measured: Measured, names: Names, *, kind: str = "text") -> str:
    """The ship rule, with its intervals, and by how much each loses to the shipped method."""
    worse = ("texts", "pictures")[worse_target(measured.sweeps[kind][RAW])]
    header = [f"{kind} queries", f"gain over raw, {worse}", *(f"only {guard}" for guard in measured.guards)]
    header += [f"{target}, against {SHIPPED}" for target in ("pictures", "texts")]
    rows = []
    for name in names:
        verdict = decide(measured, name, SHIPPED, kind=kind)
        guards = [str(verdict.guards[guard]) for guard in measured.guards]
        against = ["" if name == SHIPPED else str(verdict.against[each]) for each in ("pictures", "texts")]
        rows.append([name, str(verdict.gain), *guards, *against])
    return _table(header, rows)


def target_table(measured: Measured, names: Names) -> str:
    """Promises, each with what was found and whether that keeps it, for the methods that are held to them."""
    columns = [list(targets(measured, name)) for name in names]
    rows = [[each[0].promise, *map(_kept, each)] for each in zip(*columns, strict=True)]
    return _table([f"target, {measured.pairs.name}", *names], rows)


def curves(measured: Measured, names: Names, *, kind: str = "text") -> str:
    """A: NDCG@10 over p."""
    shares = [f"p = {share:g}" for share in SHARES]
    sweeps = measured.sweeps[kind]
    rows = [[name, *(f"{value:.3f}" for value in sweeps[name].curve)] for name in names]
    return _table([f"NDCG@10, {kind} queries", *shares], rows)


def exposures(measured: Measured, names: Names, *, kind: str = "text") -> str:
    """A: the exposure ratio over p."""
    shares = [f"p = {share:g}" for share in SHARES[1:]]
    sweeps = measured.sweeps[kind]
    rows = [[name, *(f"{value:.2f}" for value in sweeps[name].exposures[1:])] for name in names]
    return _table([f"E, {kind} queries", *shares], rows)


def even_mix(measured: Measured, names: Names, *, kind: str = "text") -> str:
    """The 1:1 mix by every metric: macro over the target's modality, and the worse of the two."""
    metrics = {"ndcg": "NDCG@10", "first": "R@1", "found": "R@10", "reciprocal": "MRR@10"}
    header = [f"1:1 mix, {kind} queries", *(f"{shown}: macro, worse" for shown in metrics.values())]
    sweeps = measured.sweeps[kind]
    rows = [
        [name, *(f"{sweeps[name].macro(each):.3f}, {sweeps[name].worst(each):.3f}" for each in metrics)]
        for name in names
    ]
    return _table(header, rows)


def proportions(measured: Measured, names: Names) -> str:
    """B: text : picture : both."""
    header, kinds = ["text queries"], ("text", "picture", "both", "all")
    for weights in THIRDS:
        header += [f"{':'.join(map(str, weights))} NDCG@10 of {', '.join(kinds)}", "E"]
    rows = []
    for name in names:
        row = [name]
        for weights in THIRDS:
            found = measured.thirds[weights][name]
            row += [", ".join(f"{found[kind]:.3f}" for kind in kinds), f"{found['E']:.2f}"]
        rows.append(row)
    return _table(header, rows)


def distracted(measured: Measured, names: Names) -> str:
    """C: the wanted picture among texts that are nearly right."""
    rows = []
    for name in names:
        found, alone = measured.distractors[name], measured.sweeps["text"][name].curve[-1]
        figures = (mean(found.ndcg), mean(found.first), mean(found.found), mean(found.reciprocal), alone)
        rows.append([name, *(f"{figure:.3f}" for figure in figures)])
    return _table(["text queries", "NDCG@10", "R@1", "R@10", "MRR@10", "NDCG@10 with no texts"], rows)


def confounded(measured: Measured, names: Names) -> str:
    """D: pictures and texts about different topics."""
    ways = ("animals, people as pictures", "animals, people as texts")
    header = ["NDCG@10, text queries", *(f"{way}: texts, pictures, macro, E" for way in ways)]
    rows = []
    for name in [*names, *(each for each in measured.confounded if each not in measured.sweeps["text"])]:
        row = [name]
        for texts, pictures, shown in measured.confounded[name]:
            row.append(f"{texts:.3f}, {pictures:.3f}, {(texts + pictures) / 2:.3f}, {shown:.2f}")
        rows.append(row)
    return _table(header, rows)


def brief(measured: Measured, names: Names, *, kind: str) -> str:
    """Other queries in one line a method."""
    header = [f"{kind} queries", "lowest NDCG@10", "lowest / highest", "E, p = .1 to 1"]
    header += ["1:1 mix: NDCG@10", "pictures", "texts", "E"]
    rows = []
    for name in names:
        here = measured.sweeps[kind][name]
        inner, both = here.curve[INNER], (here.at(EVEN, picture=True), here.at(EVEN, picture=False))
        figures = [f"{min(inner):.3f}", f"{min(inner) / max(inner):.2f}", _range(here.exposures[1:])]
        figures += [f"{value:.3f}" for value in (here.curve[EVEN], *both)]
        rows.append([name, *figures, f"{here.exposures[EVEN]:.2f}"])
    return _table(header, rows)


def by_language(measured: Measured, names: Names) -> str:
    """The 1:1 mix for the queries of each language; empty where there is but one."""
    queries = measured.pairs.queries["text"]
    languages = [str(each) for each in np.unique(queries.languages)]
    if len(languages) < 2:
        return ""
    rows = []
    for name in names:
        here: Sweep = measured.sweeps["text"][name]
        row = [name]
        for language in languages:
            part = here.only(queries.languages == language)
            row += [f"{part.at(EVEN, picture=True):.3f}", f"{part.at(EVEN, picture=False):.3f}"]
        rows.append(row)
    header = [
        f"{language or 'none named'}: {what}" for language in languages for what in ("pictures", "texts")
    ]
    return _table(["1:1 mix, NDCG@10", *header], rows)


def costs(cost: Cost) -> str:
    """What was timed, and whether that keeps the promises."""
    promised = _table(["target", "found"], [[each.promise, _kept(each)] for each in cost_targets(cost)])
    return (
        promised
        + "\n\n"
        + _table(["ms", "median (least to most)"], [[name, str(times)] for name, times in cost.rows.items()])
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """With a dash where nothing could be measured, as with few pairs."""
    return re.sub(r"[+-]?\bnan\b", "–", table(header, rows))


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}"


def _kept(target: Target) -> str:
    return f"{'pass' if target.met else '**miss**'}: {target.found}"
