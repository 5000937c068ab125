"""Picture files, from path to vector."""

from collections.abc import Sequence

from benchmarks.speed.cases.common import beside_peers, record, record_best
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.workload import PHONE, SMALL, pictures

_THREE = ("chroma", "langchain", "sentence-transformers")


def small_pictures(bench: Bench) -> str:
    """256 JPEG files of 500x375."""
    files = pictures(bench.work, SMALL, bench.sizes.small)
    return _measure(bench, "small pictures", files, parts=bench.sizes.small_in_part)


def phone_photos(bench: Bench) -> str:
    """32 JPEG files of 4000x3000."""
    files = pictures(bench.work, PHONE, bench.sizes.phone)
    return _measure(bench, "phone photos", files, parts=bench.sizes.phone_in_part)


def _measure(bench: Bench, case: str, files: Sequence[str], *, parts: int) -> str:
    single = min(parts, bench.sizes.single_pictures)
    lines = beside_peers(bench, "pictures", files, batched=parts, single=single)
    stages = [
        Line("ours", "decode", files[:parts], "decode"),
        Line("ours", "preprocess", files[:parts], "preprocess"),
        Line("ours", "pictures: model", files, "model"),
    ]
    alone = Line("onnx", "pictures: model", files[:parts], "ONNX Runtime, model alone")
    draft = Line("ours", "pictures", files, "clip-embeddings, draft=True", options={"draft": True})
    rates = bench.rates([lines[0], *stages, draft, *lines[1:], alone])
    record(bench, case, lines, rates)
    record_best(bench, case, _THREE, rates)
    own = {**{line.label: rates[line.label] for line in stages}, END_TO_END: rates[lines[0].label]}
    table, bench.figures[f"{case}: efficiency"] = stages_table(own, "pictures", ["model", "decode"])
    beside = peers_table([lines[0], draft, *lines[1:], alone], rates, bench.workers.missing, "pictures")
    return f"{len(files)} JPEG files, quality 90, from path to vector.\n\n{beside}\n\n{table}"
