"""Many texts or picture files, from item to vector, beside the peers and stage by stage."""

from collections.abc import Sequence

from benchmarks.shared.figures import ratios
from benchmarks.speed.engines import ENGINES, PEERS
from benchmarks.speed.rounds import Bench, Line, Rates
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.workload import PHONE, SMALL, Counts, captions, passages, pictures

# Those that bound the rate of everything are named by what stands after the colon.
_STAGES = {"texts": ["tokenise", "texts: model"], "pictures": ["decode", "preprocess", "pictures: model"]}
_LIMITS = {"texts": ["model"], "pictures": ["model", "decode"]}
_THREE = ("chroma", "langchain", "sentence-transformers")


def short_text(bench: Bench) -> str:
    """1,000 captions of 5 to 15 words."""
    texts = captions(bench.sizes.captions.whole)
    body, _ = _measure(bench, "short text", "texts", texts, bench.sizes.captions)
    return f"{len(texts):,} captions of 5-15 words.\n\n{body}"


def long_text(bench: Bench) -> str:
    """200 passages of 150 to 300 words, cut off or in windows; the peers cut them off."""
    texts, counts = passages(bench.sizes.passages.whole), bench.sizes.passages
    label, options = "clip-embeddings, chunk", {"long_text": "chunk"}
    chunk = Line("ours", "texts", texts[: counts.part], label, options=options)
    body, _ = _measure(bench, "long text", "texts", texts, counts, chunk)
    return (
        f'{len(texts)} passages of 150-300 words. Ours ("truncate") and the peers read the first 77 tokens, '
        f'"chunk" all of them.\n\n{body}'
    )


def small_pictures(bench: Bench) -> str:
    """256 JPEG files of 500x375."""
    files = pictures(bench.setting.work, SMALL, bench.sizes.small.whole)
    body, _ = _measure(bench, "small pictures", "pictures", files, bench.sizes.small)
    return f"{len(files)} JPEG files of 500x375, quality 90.\n\n{body}"


def phone_photos(bench: Bench) -> str:
    """32 JPEG files of 4000x3000, by default and by the other setting of `draft`."""
    files = pictures(bench.setting.work, PHONE, bench.sizes.phone.whole)
    other = not bench.workers.there["ours"].facts["drafts"]
    line = Line("ours", "pictures", files, f"clip-embeddings, draft={other}", options={"draft": other})
    body, rates = _measure(bench, "phone photos", "pictures", files, bench.sizes.phone, line)
    record_best(bench, "phone photos", rates)
    return f"{len(files)} JPEG files of 4000x3000, quality 90; ours has draft={not other} here.\n\n{body}"


def beside_peers(bench: Bench, call: str, items: Sequence[str], counts: Counts, times: int = 1) -> list[Line]:
    """Ours on all items; the others on the first ones, as rates are of one item and theirs are slow."""
    names = ["ours", *([] if bench.float32_is_default else ["ours-float32"]), *PEERS]
    parts = [counts.single if ENGINES[name].single else counts.part for name in names]
    parts[0] = counts.whole
    return [Line(name, call, items[:part], times=times) for name, part in zip(names, parts, strict=True)]


def _measure(
    bench: Bench, case: str, call: str, items: Sequence[str], counts: Counts, *others: Line
) -> tuple[str, Rates]:
    """The tables of a case; what is compared most is measured one after the other."""
    lines, (*ready, model) = beside_peers(bench, call, items, counts), _STAGES[call]
    stages = [Line("ours", stage, items[: counts.part], stage) for stage in ready]
    stages.append(Line("ours", model, items, "model"))
    rates = bench.rates([lines[0], *stages, *others, *lines[1:]])
    record(bench, case, lines, rates)
    own = {line.label: rates[line.label] for line in stages} | {END_TO_END: rates[lines[0].label]}
    table, bench.figures[f"{case}: efficiency"] = stages_table(own, call, _LIMITS[call])
    return f"{peers_table(bench, [lines[0], *others, *lines[1:]], rates, call)}\n\n{table}", rates


def record(bench: Bench, case: str, lines: Sequence[Line], rates: Rates) -> None:
    """Keep ours over each peer for the table of targets, as "auto" chose and in float32."""
    for name, engine in (("ours", "ours"), ("ours in float32", "ours-float32")):
        own = rates[ENGINES["ours" if bench.float32_is_default else engine].label]
        for line in lines:
            if line.engine in PEERS and own and rates[line.label]:
                bench.figures[f"{case}: {name} over {line.engine}"] = ratios(own, rates[line.label])


def record_best(bench: Bench, case: str, rates: Rates) -> None:
    """Keep ours over the best of three peers, if all of them were measured."""
    own, *others = [rates[ENGINES[name].label] for name in ("ours", *_THREE)]
    if own and all(others):
        bench.figures[f"{case}: ours over the best of these three"] = ratios(own, list(map(max, *others)))
