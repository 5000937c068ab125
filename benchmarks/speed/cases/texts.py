"""Captions, and passages longer than the model reads."""

from benchmarks.speed.cases.common import beside_peers, record
from benchmarks.speed.figures import ratios
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.workload import captions, passages

_CHUNK = "clip-embeddings, chunk"


def short_text(bench: Bench) -> str:
    """1,000 captions of 5 to 15 words."""
    texts = captions(bench.sizes.captions)
    lines = beside_peers(
        bench, "texts", texts, batched=bench.sizes.captions_in_part, single=bench.sizes.single_texts
    )
    stages = [Line("ours", "tokenise", texts, "tokenise"), Line("ours", "texts: model", texts, "model")]
    rates = bench.rates([lines[0], *stages, *lines[1:]])  # what is compared most stands together
    record(bench, "short text", lines, rates)
    own = {**{line.label: rates[line.label] for line in stages}, END_TO_END: rates[lines[0].label]}
    table, bench.figures["short text: efficiency"] = stages_table(own, "captions", ["model"])
    beside = peers_table(lines, rates, bench.workers.missing, "captions")
    return f"{len(texts):,} captions of 5-15 words.\n\n{beside}\n\n{table}"


def long_text(bench: Bench) -> str:
    """200 passages of 150 to 300 words, cut off or in windows; the peers cut them off."""
    texts = passages(bench.sizes.passages)
    part = texts[: bench.sizes.passages_in_part]
    single = min(len(part), bench.sizes.single_texts // 2)
    lines = beside_peers(bench, "texts", texts, batched=len(part), single=single)
    policies = {"truncate": texts, "chunk": part}
    stages = [
        Line("ours", call, items, f"{policy}: {label}", options={"long_text": policy})
        for policy, items in policies.items()
        for call, label in (("tokenise", "tokenise"), ("texts: model", "model"))
    ]
    whole = Line("ours", "texts", part, _CHUNK, options={"long_text": "chunk"})
    rates = bench.rates([lines[0], *stages[:2], whole, *stages[2:], *lines[1:]])
    record(bench, "long text", lines, rates)
    tables = [peers_table([*lines, whole], rates, bench.workers.missing, "passages")]
    for policy, label in (("truncate", lines[0].label), ("chunk", _CHUNK)):
        own = {stage: rates[f"{policy}: {stage}"] for stage in ("tokenise", "model")}
        table, share = stages_table({**own, END_TO_END: rates[label]}, f"passages, {policy}", ["model"])
        bench.figures[f"long text: efficiency, {policy}"] = share
        tables.append(table)
    cost = ratios(rates[lines[0].label], rates[_CHUNK]).text()
    facts = (
        f'{len(texts)} passages of 150-300 words. Ours ("truncate") and the peers read the first 77 tokens; '
        f'"chunk" reads all of a passage, in {cost} times the time.'
    )
    return "\n\n".join([facts, *tables])
