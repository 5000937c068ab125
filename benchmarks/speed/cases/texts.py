"""Captions, and passages longer than the model reads."""

from benchmarks.speed.cases.common import beside_peers, record
from benchmarks.speed.figures import Spread
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.workload import captions, passages


def short_text(bench: Bench) -> str:
    """1,000 captions of 5 to 15 words."""
    texts = captions(bench.sizes.captions)
    lines = beside_peers("texts", texts, batched=len(texts), single=bench.sizes.single_texts)
    stages = [Line("ours", "tokenise", texts, "tokenise"), Line("ours", "texts: model", texts, "model")]
    rates = bench.rates([*lines, *stages])
    record(bench, "short text", lines, rates)
    own = {**{line.label: rates[line.label] for line in stages}, END_TO_END: rates[lines[0].label]}
    table, bench.figures["short text: efficiency"] = stages_table(own, "captions", ["model"])
    return (
        f"{len(texts):,} captions of 5-15 words.\n\n{peers_table(bench, lines, rates, 'captions')}\n\n{table}"
    )


def long_text(bench: Bench) -> str:
    """200 passages of 150 to 300 words, cut off or in windows; the peers cut off."""
    texts = passages(bench.sizes.passages)
    part = texts[: max(bench.sizes.single_texts, len(texts) // 4)]
    lines = beside_peers("texts", texts, batched=len(part), single=min(16, bench.sizes.single_texts))
    chunked, parts = {"long_text": "chunk"}, list[str]()
    policies = {
        "truncate": [
            Line("ours", "tokenise", texts, "truncate: tokenise"),
            Line("ours", "texts: model", texts, "truncate: model"),
        ],
        "chunk": [
            Line("ours", "texts", part, "clip-embeddings, chunk", chunked),
            Line("ours", "tokenise", part, "chunk: tokenise", chunked),
            Line("ours", "texts: model", part, "chunk: model", chunked),
        ],
    }
    rates = bench.rates([*lines, *policies["truncate"], *policies["chunk"]])
    record(bench, "long text", lines, rates)
    for policy, whole in (("truncate", lines[0].label), ("chunk", "clip-embeddings, chunk")):
        own = {stage: rates[f"{policy}: {stage}"] for stage in ("tokenise", "model")}
        table, share = stages_table({**own, END_TO_END: rates[whole]}, f"passages, {policy}", ["model"])
        bench.figures[f"long text: efficiency, {policy}"] = share
        parts.append(table)
    cost = Spread.of(
        [a / b for a, b in zip(rates[lines[0].label], rates["clip-embeddings, chunk"], strict=True)]
    )
    facts = (
        f'{len(texts)} passages of 150-300 words. Ours and the peers read 77 tokens ("truncate"); '
        f'"chunk" reads all of a passage and takes {cost.text()} times as long.'
    )
    return "\n\n".join([facts, peers_table(bench, lines, rates, "passages"), *parts])
