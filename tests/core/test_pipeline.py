"""Overlapped work keeps order and its bound, raises in turn and cancels what has not begun."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clip_embeddings.pipeline import map_in_lanes, map_ordered, progress


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(), max_size=40), st.integers(1, 5), st.integers(1, 9))
def test_results_come_in_order_whatever_the_threads(items: list[int], threads: int, ahead: int) -> None:
    assert list(map_ordered(lambda item: item + 1, items, threads=threads, ahead=ahead)) == [
        i + 1 for i in items
    ]


def test_a_slow_first_item_holds_back_the_later_ones() -> None:
    others_done = threading.Event()

    def work(item: int) -> int:
        if item == 0:
            assert others_done.wait(60)
        if item == 3:
            others_done.set()
        return item

    assert list(map_ordered(work, range(6), threads=2, ahead=6)) == list(range(6))


@pytest.mark.parametrize("ahead", [1, 3, 8])
def test_items_are_drawn_only_a_little_ahead_of_what_is_consumed(ahead: int) -> None:
    drawn = 0

    def source() -> Iterator[int]:
        nonlocal drawn
        for item in range(100):
            drawn += 1
            yield item

    for consumed, _ in enumerate(map_ordered(lambda item: item, source(), threads=2, ahead=ahead), 1):
        assert drawn <= consumed + ahead
    assert drawn == 100


def test_an_exception_is_raised_at_its_items_turn() -> None:
    def work(item: int) -> int:
        if item == 2:
            raise ValueError("item 2")
        return item

    results = map_ordered(work, range(9), threads=3, ahead=9)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="item 2"):
        next(results)


def test_an_exception_of_the_source_reaches_the_caller() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise KeyError("source")

    with pytest.raises(KeyError):
        list(map_ordered(lambda item: item, source(), threads=1, ahead=4))


def test_leaving_early_cancels_what_has_not_begun_and_ends_the_threads() -> None:
    begun: list[int] = []
    release = threading.Event()

    def work(item: int) -> int:
        begun.append(item)
        if item:
            assert release.wait(60)
        return item

    results = map_ordered(work, range(50), threads=1, ahead=20)
    assert next(results) == 0
    timer = threading.Timer(0.2, release.set)
    timer.start()
    results.close()
    timer.join()
    assert len(begun) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("clip-embeddings")]


def test_two_pipelines_at_once_do_not_mix() -> None:
    def run(start: int) -> list[int]:
        return list(map_ordered(lambda item: item, range(start, start + 50), threads=2, ahead=4))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(run, range(0, 400, 50))) == [
            list(range(at, at + 50)) for at in range(0, 400, 50)
        ]


@pytest.mark.parametrize("show", [False, True])
def test_a_progress_bar_changes_nothing_but_the_screen(
    show: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    assert list(progress(iter(range(3)), "Counting", 3, show)) == [0, 1, 2]
    assert ("Counting" in capsys.readouterr().out) is show


def test_one_lane_works_in_the_callers_thread_and_two_do_not() -> None:
    def thread_of(_: int) -> int:
        return threading.get_ident()

    assert set(map_in_lanes(thread_of, range(4), lanes=1)) == {threading.get_ident()}
    assert threading.get_ident() not in set(map_in_lanes(thread_of, range(4), lanes=2))


def test_two_lanes_work_on_two_items_at_once_and_give_them_in_order() -> None:
    both = threading.Barrier(2)  # broken, with an error, if one item is done before the next begins

    def work(item: int) -> int:
        both.wait(60)
        return item

    assert list(map_in_lanes(work, range(6), lanes=2)) == list(range(6))
