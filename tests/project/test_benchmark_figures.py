"""The speed benchmark's figures: statistics, verdicts, tables, and what is measured on."""

from pathlib import Path

import pytest

from benchmarks.shared.vocabulary import clip_tokenizer, find_merges
from benchmarks.speed.cases.settings import tower_operations
from benchmarks.speed.figures import Spread, efficiency, number, ratios
from benchmarks.speed.rounds import Line
from benchmarks.speed.tables import END_TO_END, peers_table, stages_table
from benchmarks.speed.targets import TARGETS, Target, targets_table
from benchmarks.speed.workload import captions, passages


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


def test_a_verdict_follows_the_direction_of_its_target() -> None:
    faster, shorter = Target("rate", "a", 2.5), Target("time", "b", 80, at_most=True)
    assert [faster.verdict(Spread.of([each])) for each in (2.5, 2.4)] == ["pass", "**miss**"]
    assert [shorter.verdict(Spread.of([each])) for each in (80, 81)] == ["pass", "**miss**"]


def test_the_median_alone_decides_a_verdict() -> None:
    assert Target("rate", "a", 2.0).verdict(Spread.of([0.1, 2.0, 2.1])) == "pass"


def test_every_target_has_a_row_and_what_was_not_measured_says_why() -> None:
    figures = {"short text: ours over chroma": Spread.of([26.0]), "cold start: import": Spread.of([200.0])}
    missing = {"langchain": "ModuleNotFoundError: No module named 'open_clip'", "gpu": "none here"}
    rows = targets_table(figures, missing).splitlines()
    assert len(rows) == 2 + len(TARGETS)
    assert rows[2] == "| short text over Chroma's OpenCLIP | at least 25.0 | 26.0 (26.0 to 26.0) | pass |"
    assert "not measured: ModuleNotFoundError: No module named 'open_clip'" in rows[3]
    assert next(row for row in rows if row.startswith("| import")).endswith("| **miss** |")
    assert next(row for row in rows if row.startswith("| GPU")).endswith("| not measured: none here |  |")


def test_a_missing_peer_is_in_the_table_with_the_reason() -> None:
    lines = [Line("ours", "texts", ["a"]), Line("chroma", "texts", ["a"]), Line("onnx", "texts", ["a"])]
    rates = {lines[0].label: [20.0, 20.0], lines[1].label: [2.0, 4.0], lines[2].label: []}
    rows = peers_table(lines, rates, {"onnx": "ImportError: no onnx"}, "captions").splitlines()
    assert rows[3].endswith("| 7.50 (5.00 to 10.0) |")
    assert rows[4].startswith(f"| {lines[2].label} | missing: ImportError: no onnx |")


def test_stages_end_with_the_efficiency_over_the_slower_limit() -> None:
    rates = {"decode": [50.0], "model": [20.0], END_TO_END: [18.0]}
    table, share = stages_table(rates, "pictures", ["model", "decode"])
    assert share == (0.9, 0.9, 0.9)
    assert table.splitlines()[-1].startswith(
        "| efficiency: end to end over model or decode, the slower | 0.900"
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


def test_no_folder_of_peers_means_no_vocabulary() -> None:
    assert find_merges([Path("no-such-folder")]) is None
