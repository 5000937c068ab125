"""The speed benchmark's figures: statistics, verdicts, tables, and what is measured on."""

from pathlib import Path

import pytest

from benchmarks.shared.figures import Spread, efficiency, number, ratios
from benchmarks.shared.vocabulary import clip_tokenizer, find_merges
from benchmarks.speed.cases.items import record, record_best
from benchmarks.speed.cases.settings import tower_operations
from benchmarks.speed.engines import ENGINES, Setting
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.targets import AT_LEAST, AT_MOST, targets_table
from benchmarks.speed.workers import Worker, Workers
from benchmarks.speed.workload import QUICK, captions, passages


def test_a_spread_is_the_median_with_the_least_and_the_most() -> None:
    assert Spread.of([3.0, 1.0, 8.0]) == (3.0, 1.0, 8.0)
    assert Spread.of([30.0, 10.0, 80.0]).text(" ms") == "30.0 ms (10.0 to 80.0)"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1234.5, "1,234"), (56.71, "56.7"), (8.9, "8.90"), (0.1234, "0.123"), (-0.5, "-0.500")],
)
def test_a_number_shows_three_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_ratio_is_taken_round_by_round_as_the_machine_changes_between_them() -> None:
    slowed = ratios([100.0, 10.0, 50.0], [50.0, 5.0, 25.0])
    assert slowed == (2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


def test_efficiency_is_over_the_slower_of_the_limits_in_each_round() -> None:
    assert efficiency([9.0, 9.0], [10.0, 100.0], [100.0, 18.0]) == (0.7, 0.5, 0.9)


def test_every_target_has_a_row_decided_by_the_median_and_what_was_not_measured_says_why() -> None:
    figures = {
        "short text: ours over chroma": Spread.of([0.1, 22.0, 22.1]),
        "text query: whole over tower": Spread.of([1.15]),
        "cold start: import clip_embeddings, ms": Spread.of([81.0]),
        "callers: at once over in turn": Spread.of([3.9, 3.9, 9.0]),
    }
    missing = {"langchain": "no open_clip", "onnx: pictures": "no such file"}
    rows = targets_table(figures, missing).splitlines()
    assert len(rows) == 2 + len(AT_LEAST) + len(AT_MOST)
    assert "| short text: ours over chroma | at least 22.0 | 22.0 (0.100 to 22.1) | pass |" in rows
    assert "| text query: whole over tower | at most 1.15 | 1.15 (1.15 to 1.15) | pass |" in rows
    assert sum(row.endswith("| **miss** |") for row in rows) == 2
    assert "| short text: ours over langchain | at least 22.0 | not measured: no open_clip |  |" in rows
    assert "| phone photos: ours over onnx | at least 5.00 | not measured: no such file |  |" in rows


class _Loaded(Worker):
    """Facts without a process."""

    def __init__(self, dtype: str) -> None:
        self.facts = {"dtype": dtype}


def bench_of(**dtypes: str) -> Bench:
    """Engines are loaded in these precisions."""
    setting = Setting("model", Path(), Path())
    bench = Bench(Workers(setting), setting, QUICK)
    bench.workers.there.update({name.replace("_", "-"): _Loaded(dtype) for name, dtype in dtypes.items()})
    return bench


def test_a_missing_peer_is_in_the_table_with_the_reason_and_the_others_with_their_precision() -> None:
    bench = bench_of(ours="bfloat16", openvino="bfloat16")
    bench.workers.missing = {"onnx": "ImportError: no onnx", "faster-clip: texts": "not CLIP"}
    lines = [Line(name, "texts", ["a"]) for name in ("ours", "openvino", "onnx", "faster-clip")]
    rates = {lines[0].label: [20.0, 20.0], lines[1].label: [2.0, 4.0], lines[2].label: [], lines[3].label: []}
    rows = peers_table(bench, lines, rates, "captions").splitlines()
    assert rows[3] == "| OpenVINO | bfloat16 | 3.00 (2.00 to 4.00) | 375 (250 to 500) | 7.50 (5.00 to 10.0) |"
    assert rows[4] == "| ONNX Runtime | missing: ImportError: no onnx |  |  |  |"
    assert rows[5] == "| faster-clip | missing: not CLIP |  |  |  |"


def test_ours_in_float32_has_a_column_and_no_ratio_over_itself() -> None:
    bench = bench_of(ours="bfloat16", ours_float32="float32", onnx="float32")
    lines = [Line(name, "texts", ["a"]) for name in ("ours", "ours-float32", "onnx")]
    rates = {line.label: [rate] for line, rate in zip(lines, (20.0, 10.0, 5.0), strict=True)}
    rows = peers_table(bench, lines, rates, "captions").splitlines()
    two, four = "2.00 (2.00 to 2.00)", "4.00 (4.00 to 4.00)"
    over = [[cell.strip() for cell in row.split("|")[-3:-1]] for row in rows[2:]]
    assert over == [["", "0.500 (0.500 to 0.500)"], [two, ""], [four, two]]


def test_float32_counts_as_measured_where_it_is_the_default() -> None:
    bench = bench_of(ours="float32")
    ours, peer = Line("ours", "texts", ["a"]), Line("sentence-transformers", "texts", ["a"])
    rates = {ours.label: [30.0, 30.0], peer.label: [10.0, 20.0]}
    record(bench, "short text", [ours, peer], rates)
    for mine in ("ours", "ours in float32"):
        assert bench.figures[f"short text: {mine} over sentence-transformers"] == (2.25, 1.5, 3.0)


def test_the_best_of_three_peers_is_not_named_if_one_of_them_is_missing() -> None:
    bench = bench_of()
    four = {"ours": 40.0, "chroma": 10.0, "langchain": 20.0, "sentence-transformers": 5.0}
    rates = {ENGINES[name].label: [rate] for name, rate in four.items()}
    record_best(bench, "phone photos", rates)
    assert bench.figures.pop("phone photos: ours over the best of these three") == (2.0, 2.0, 2.0)
    record_best(bench, "phone photos", {**rates, ENGINES["chroma"].label: []})
    assert not bench.figures


def test_stages_end_with_the_efficiency_over_the_slower_limit() -> None:
    rates = {"decode": [50.0], "model": [20.0], END_TO_END: [18.0]}
    table, share = stages_table(rates, "pictures", ["model", "decode"])
    assert share == (0.9, 0.9, 0.9)
    assert table.splitlines()[-1].startswith(
        "| efficiency: end to end over the slower of model and decode | 0.900"
    )


def test_captions_and_passages_have_the_words_they_say_and_repeat() -> None:
    assert {len(text.split()) for text in captions(300)} == set(range(5, 16))
    lengths = [len(text.split()) for text in passages(60)]
    assert 150 <= min(lengths) < 170
    assert 280 < max(lengths) <= 300
    assert captions(5) == captions(9)[:5] != captions(5, seed=1)


def test_the_towers_operations_are_those_of_the_paper(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"projection_dim": 512, "vision_config": {}}')
    assert tower_operations(tmp_path) == pytest.approx(8.82e9, rel=0.001)  # 4.41 G multiply-adds


@pytest.mark.skipif(find_merges() is None, reason='needs the dependency group "peers"; see the Makefile')
def test_the_models_tokenizer_is_that_of_clip() -> None:
    merges = find_merges()
    assert merges
    tokenizer = clip_tokenizer(merges)
    assert len(tokenizer) == 49_408
    assert tokenizer("a photo of a cat")["input_ids"] == [49406, 320, 1125, 539, 320, 2368, 49407]
