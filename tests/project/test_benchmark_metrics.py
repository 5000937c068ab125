"""The mixed-retrieval benchmark: its metrics by hand, its folder of pairs, its section of the results."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.mixed import cost
from benchmarks.mixed.data import drawn, scene_pairs
from benchmarks.mixed.folder import folder_pairs, halves, has_queries, read_lines
from benchmarks.mixed.methods import RAW, SHIPPED, methods
from benchmarks.mixed.metrics import NOTHING, best, exposure, interval, judge
from benchmarks.mixed.protocol import EVEN, Confounded, Search, distractors, sweep
from benchmarks.mixed.retrieval import on_folder
from benchmarks.mixed.sections import section
from benchmarks.shared.results import replace_section, table
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.scenes.captions import CLAIMABLE

TEN = np.arange(10)[None]


def one_query(relevant: list[int], columns: int = 12) -> np.ndarray:
    row = np.zeros((1, columns), bool)
    row[0, relevant] = True
    return row


def test_the_ideal_counts_relevant_rows_that_were_not_retrieved() -> None:
    judged = judge(TEN, one_query([0, 2, 11]), np.zeros(12, bool))
    # (1 + 1/log2 4) / (1 + 1/log2 3 + 1/log2 4) = 1.5 / 2.1309
    assert judged.ndcg[0] == pytest.approx(1.5 / 2.130930, abs=1e-6)


def test_more_than_ten_relevant_rows_can_still_reach_one() -> None:
    assert judge(TEN, one_query(list(range(12))), np.zeros(12, bool)).ndcg[0] == pytest.approx(1)


def test_a_query_without_any_relevant_row_has_no_ndcg() -> None:
    assert np.isnan(judge(TEN, one_query([]), np.zeros(12, bool)).ndcg[0])


def test_ranks_are_those_of_the_first_relevant_row() -> None:
    judged = judge(TEN, one_query([3, 7]), np.zeros(12, bool))
    assert (judged.first[0], judged.found[0], judged.reciprocal[0]) == (0, 1, 0.25)
    missed = judge(TEN, one_query([10, 11]), np.zeros(12, bool))
    assert (missed.found[0], missed.reciprocal[0], missed.ndcg[0]) == (0, 0, 0)


def test_exposure_compares_what_is_shown_with_what_is_relevant() -> None:
    picture = np.zeros(12, bool)
    picture[[0, 11]] = True
    # One of ten shown is a picture; one of the two relevant is.
    assert judge(TEN, one_query([1, 11]), picture).exposure == pytest.approx(0.1 / 0.5)
    assert exposure([True, False], [True, False, False, False]) == 2
    assert np.isnan(exposure([False], [False]))


def test_a_list_that_ends_early_counts_only_what_it_holds() -> None:
    scores = np.array([[0.5, -np.inf, 0.9]], np.float32)
    lists = best(scores)
    assert lists[0, :3].tolist() == [2, 0, NOTHING]
    judged = judge(lists, one_query([1, 2], 3), np.array([True, True, False]))
    assert judged.found[0] == 1
    assert judged.exposure == pytest.approx((1 / 2) / (1 / 2))


def test_an_interval_lies_on_the_side_of_a_clear_difference() -> None:
    draws = np.random.default_rng(1).normal(0.1, 0.2, 400)
    low, high = interval(draws)
    assert 0 < low < draws.mean() < high
    assert interval(-draws)[1] < 0
    assert interval([*draws, np.nan]) == (low, high)
    low, high = interval(draws - draws.mean())
    assert low < 0 < high


def test_relevant_rows_are_those_that_a_query_is_true_of(tiny: CLIPEmbedder) -> None:
    scenes = drawn(0, 24)
    pairs = scene_pairs(tiny, scenes, "scenes", seed=0)
    for queries in pairs.queries.values():
        assert queries.relevant[np.arange(len(queries.owner)), queries.owner].all()
        both = queries.relevant[:, :24], queries.relevant[:, 24:48]
        np.testing.assert_array_equal(*both)
    alike = [
        [all(getattr(a, name) == getattr(b, name) for name in CLAIMABLE) for b in scenes] for a in scenes
    ]
    np.testing.assert_array_equal(pairs.queries["picture"].relevant[:, :24], alike)
    assert not pairs.queries["picture"].relevant[np.arange(24), 48 + np.arange(24)].any()  # near misses


def test_the_shipped_method_shows_pictures_that_raw_vectors_hide(tiny: CLIPEmbedder) -> None:
    test = scene_pairs(tiny, drawn(0, 60), "test", seed=0)
    sample = scene_pairs(tiny, drawn(800_000, 100), "sample", seed=1, searched=False)
    found = {
        method.name: sweep(Search(method, test.queries["text"], test), seeds=1)
        for method in methods(sample, tiny.model_fingerprint)
    }
    raw, shipped = found[RAW], found[SHIPPED]
    assert shipped.at(EVEN, picture=True) > raw.at(EVEN, picture=True)
    assert abs(np.log(shipped.exposures[EVEN])) < abs(np.log(raw.exposures[EVEN]))
    # Two filtered queries rank each modality by itself as raw vectors do.
    for pure in (0, -1):
        assert found["two queries, RRF"].curve[pure] == pytest.approx(raw.curve[pure])
        assert found["two queries, z-scores"].curve[pure] == pytest.approx(raw.curve[pure])


def test_distractors_hold_no_text_that_answers_the_query(tiny: CLIPEmbedder) -> None:
    pairs = scene_pairs(tiny, drawn(0, 30), "test", seed=0)
    sample = scene_pairs(tiny, drawn(800_000, 60), "sample", seed=1, searched=False)
    for method in methods(sample, tiny.model_fingerprint):
        judged = distractors(Search(method, pairs.queries["text"], pairs))
        wanted = (pairs.queries["text"].relevant & pairs.picture).sum(axis=1)
        assert (wanted >= 1).all()
        assert judged.ndcg.max() <= 1
    one, other = Confounded.both_ways(pairs)
    assert not set(one.pictures) & set(one.texts)
    assert set(one.pictures) == set(other.texts)


@pytest.fixture
def timed_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of rounds, by which the cost of calibrating is measured, take seconds; a few give a report."""
    monkeypatch.setattr(cost, "_ROUNDS", 2)
    monkeypatch.setattr(cost, "_QUERIES", 3)


# Words that the bundled model tells apart: texts of one vector calibrate nothing.
THINGS = ("cat", "dog", "boat", "house", "tree", "car", "mountain", "bird")


def write_pairs(folder: Path, lines: list[str], header: str = "picture,text,query,language") -> None:
    for i in range(8):
        Image.new("RGB", (32, 32), (30 * i, 255 - 30 * i, 90)).save(folder / f"{i}.png")
    (folder / "pairs.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


@pytest.mark.usefixtures("timed_a_few_times")
def test_a_folder_of_pairs_becomes_two_splits_and_a_report(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    write_pairs(tmp_path, [f'{i}.png,"a red, round {THINGS[i]}",round {THINGS[i]},en' for i in range(8)])
    lines = read_lines(tmp_path)
    assert (lines[2].text, lines[2].query, lines[2].language) == ("a red, round boat", "round boat", "en")
    first, second = halves(lines)
    assert {each.text for each in first} | {each.text for each in second} == {each.text for each in lines}
    pairs = folder_pairs(tiny, second, "mine")
    assert pairs.queries["text"].relevant.sum(axis=1).tolist() == [2] * 4
    told = section(on_folder(tiny, tmp_path, number=100, seeds=1), title="Mine", plot=None)
    assert "nothing is known of the topics" in told
    assert "take these figures as a rehearsal" in told
    assert "trivial" not in told
    assert "nan" not in told


@pytest.mark.usefixtures("timed_a_few_times")
def test_without_a_query_column_the_report_says_that_text_targets_are_trivial(
    tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    write_pairs(tmp_path, [f"{i}.png,a {THINGS[i]}" for i in range(8)], "picture,text")
    assert not has_queries(read_lines(tmp_path))
    run = on_folder(tiny, tmp_path, number=100, seeds=1)
    assert "text targets are trivial" in section(run, title="Mine", plot=None)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("1.png,,q,en", "line 3: no text"),
        ("1.png,t,,en", "line 3: no query"),
        (",t,q,en", "line 3: no picture"),
        ("gone.png,t,q,en", "line 3: no picture 'gone.png' in the folder"),
        ("1.png,red, round,q,en", "line 3: more fields than columns"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, fault: str) -> None:
    write_pairs(tmp_path, ["0.png,t,q,en", line])
    with pytest.raises(InvalidInputError, match=fault):
        read_lines(tmp_path)


def test_a_folder_without_a_table_or_a_column_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"pairs\.csv: No such file"):
        read_lines(tmp_path)
    write_pairs(tmp_path, ["0.png,t"], "file,text")
    with pytest.raises(InvalidInputError, match="no column picture; its first line is"):
        read_lines(tmp_path)


def test_writing_one_section_keeps_the_others(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    replace_section(path, "one", "first")
    replace_section(path, "two", "second")
    by_hand = path.read_text(encoding="utf-8") + "\nby hand\n"
    path.write_text(by_hand, encoding="utf-8")
    replace_section(path, "one", "first again")
    assert path.read_text(encoding="utf-8") == by_hand.replace("first", "first again")
    replace_section(path, "one", "first")
    assert path.read_text(encoding="utf-8") == by_hand


def test_a_lost_mark_is_an_error_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "RESULTS.md"
    path.write_text("<!-- one: begin -->\nfirst\n", encoding="utf-8")
    with pytest.raises(InvalidInputError, match="put the missing one back"):
        replace_section(path, "one", "again")
    assert path.read_text(encoding="utf-8") == "<!-- one: begin -->\nfirst\n"


def test_a_table_has_as_many_cells_in_each_line() -> None:
    assert table(["name", "R@1"], [["raw", "0.5"]]) == "| name | R@1 |\n| --- | ---: |\n| raw | 0.5 |"
