"""The section of RESULTS.md: which tables, in which order, and what to know to read them. Imports report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mixed import report
from benchmarks.mixed.cost import BATCH, Cost
from benchmarks.mixed.measure import Measured
from benchmarks.mixed.methods import RAW, SHIPPED
from benchmarks.shared.results import machine

READING = """\
A collection holds texts and pictures; one query should find the right row whichever it is. NDCG@10 counts all
relevant rows, also those that were not found. E, the exposure ratio, is the share of pictures among the first
ten over their share among the relevant rows: 1 is fair, 0 means that no picture is ever seen. "Pictures" and
"texts" are what the query's own pair stands there as. R@k: a relevant row is among the first k. Intervals are
95 %, from a paired bootstrap over pairs.

A method may ship if, in the 1:1 mix, its gain over raw has an interval above zero in the target modality
where raw is worse, and no collection of one modality loses more than .01 of NDCG@10. The z-scores and all
calibrations are measured on other pairs than those searched. "Two queries" search each modality by itself,
with a filter."""


@dataclass(frozen=True)
class Run:
    """All that a section tells.

    Attributes:
        model: its name.
        sets: what was measured, the headline first.
        methods: names of those that are compared.
        variants: names of the shipped method with other calibrations.
        held: which of both are held to the targets.
        cost: of the calibration.
        seeds: collections of each composition.
        notes: what a reader must know of these pairs.
    """

    model: str
    sets: Sequence[Measured]
    methods: Sequence[str]
    variants: Sequence[str]
    held: Sequence[str]
    cost: Cost
    seeds: int
    notes: Sequence[str] = ()


def section(run: Run, *, title: str, plot: str | None) -> str:
    """Markdown of a run; `plot` is the picture's address."""
    parts = [f"## {title}", _setting(run), *run.notes, READING]
    for measured in run.sets:
        parts += [f"### Summary: {measured.pairs.name}", report.summary(measured, run.methods)]
        if plot and measured is run.sets[0]:
            parts.append(f"![NDCG@10 and exposure over the share of pictures]({plot})")
    parts += ["### Targets", *(report.target_table(measured, run.held) for measured in run.sets)]
    parts += _details(run)
    parts += ["### Cost", f"One batch is {BATCH}.", report.costs(run.cost)]
    return "\n\n".join(part for part in parts if part)


def brief_section(run: Run, *, title: str, note: str) -> str:
    """Markdown of a run with another model: what was chosen on the first one, held against the others."""
    parts = [f"## {title}", _setting(run), *([note] if note else []), *run.notes[1:]]
    names = [name for name in run.methods if "two queries" not in name and "projection" not in name]
    for measured in run.sets:
        parts += [f"### Summary: {measured.pairs.name}", report.summary(measured, names)]
        parts.append(report.verdicts(measured, names))
        for kind, told in (("picture", "Queries by picture"), ("short", "Short queries")):
            if kind in measured.sweeps:
                parts += [f"{told}:", report.brief(measured, names, kind=kind)]
        if measured.confounded:
            parts += ["Pictures and texts about different topics:"]
            parts.append(report.confounded(measured, [*names, *run.variants]))
    return "\n\n".join(parts)


def _setting(run: Run) -> str:
    sizes = ", ".join(f"{m.pairs.number} ({m.pairs.name})" for m in run.sets)
    return (
        f"Run on {machine()}.\nModel {_name(run.model)}; pairs: {sizes}; {run.seeds} random collections of "
        "each composition."
    )


def _name(model: str) -> str:
    """A folder's own name says enough."""
    return Path(model).name if Path(model).is_dir() else model


def _details(run: Run) -> list[str]:
    """The headline set's tables; of the others, the verdicts and D."""
    first, every = run.sets[0], [*run.methods, *run.variants]
    few = [RAW, SHIPPED, *run.variants]
    parts = [
        f"### A, sweep: a pair stands there as picture with probability p ({first.pairs.name})",
        report.curves(first, run.methods),
        report.exposures(first, run.methods),
        report.even_mix(first, run.methods),
        report.by_language(first, run.methods),
    ]
    for measured in run.sets:
        parts += [f"### Verdicts: {measured.pairs.name}", report.verdicts(measured, every)]
    parts += ["### B, thirds: text : picture : both", report.proportions(first, run.methods)]
    parts += ["### C, distractors: all pictures, among all texts that do not answer the query"]
    parts.append(report.distracted(first, run.methods))
    parts.append("### D, confounded: pictures and texts about different topics")
    for measured in run.sets:
        if measured.confounded:
            parts += [f"{measured.pairs.name}:", report.confounded(measured, every)]
        else:
            parts.append("Skipped: nothing is known of the topics of these pairs.")
    for kind, told in (("picture", "Queries by picture"), ("short", "Short queries, with many answers")):
        for measured in run.sets:
            if kind in measured.sweeps:
                parts += [f"### {told}: {measured.pairs.name}", report.brief(measured, every, kind=kind)]
    if run.variants:
        for measured in run.sets:
            parts += [f"### Other calibrations: {measured.pairs.name}", report.summary(measured, few)]
    return parts
