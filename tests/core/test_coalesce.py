"""Calls that arrive together are answered together, each with its own rows and its own errors."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from clip_embeddings import CLIPEmbedder, TextTooLongError, coalesce
from clip_embeddings.coalesce import Coalescer
from clip_embeddings.types import Embeddings


class Panic(BaseException):
    """What a library written in Rust raises where it fails: not an Exception."""


class Lengths:
    """Work that gives each text its length, notes its calls and waits at the first until it may go on."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.go = threading.Event()

    def __call__(self, texts: list[str]) -> Embeddings:
        self.calls.append(list(texts))
        assert self.go.wait(30)
        if "bad" in texts:
            raise ValueError(f"bad at {texts.index('bad')}")
        if "panic" in texts:
            raise Panic(f"panic at {texts.index('panic')}")
        return np.array([[len(text)] for text in texts], np.float32)


async def started(work: Lengths) -> None:
    while not work.calls:
        await asyncio.sleep(0.001)


async def ask_while_one_runs(work: Lengths, *asked: list[str], most: int = 100) -> list[Any]:
    """One call that is under way, then the others, which wait for it."""
    ask = Coalescer(work, most=most)
    first = asyncio.create_task(ask(["first"]))
    await started(work)
    others = [asyncio.create_task(ask(texts)) for texts in asked]
    await asyncio.sleep(0.01)
    work.go.set()
    return await asyncio.gather(first, *others, return_exceptions=True)


def test_those_who_come_meanwhile_go_together_and_get_their_own_rows() -> None:
    work = Lengths()
    found = asyncio.run(ask_while_one_runs(work, ["a", "bb"], [], ["cccc"]))
    assert [each.tolist() for each in found] == [[[5]], [[1], [2]], [], [[4]]]
    assert work.calls == [["first"], ["a", "bb", "cccc"]]


def test_those_who_ask_at_once_go_together_from_the_first_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalesce, "_LONGEST_TURN", 30.0)  # a busy machine may take long for a turn
    work = Lengths()
    work.go.set()

    async def run() -> list[Embeddings]:
        ask = Coalescer(work, most=100)
        return await asyncio.gather(*(ask([str(i)]) for i in range(64)))

    assert [each.tolist() for each in asyncio.run(run())] == [[[len(str(i))]] for i in range(64)]
    assert work.calls == [[str(i) for i in range(64)]]


def test_a_first_caller_that_is_cancelled_leaves_nobody_waiting() -> None:
    work = Lengths()
    work.go.set()

    async def run() -> list[Any]:
        ask = Coalescer(work, most=100)
        tasks = [asyncio.create_task(ask([text])) for text in ("first", "bb")]
        await asyncio.sleep(0)  # both have asked
        tasks[0].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return [*found, await asyncio.wait_for(ask(["later"]), 30)]

    cancelled, other, later = asyncio.run(run())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert (other.tolist(), later.tolist()) == ([[2]], [[5]])


def test_no_more_go_together_than_allowed() -> None:
    work = Lengths()
    found = asyncio.run(ask_while_one_runs(work, ["a"], ["b", "c", "d"], ["e"], most=2))
    assert [len(each) for each in found] == [1, 1, 3, 1]
    assert work.calls == [["first"], ["a"], ["b", "c", "d"], ["e"]]


def test_the_error_of_one_caller_is_not_that_of_the_others() -> None:
    work = Lengths()
    _, good, bad, also_good = asyncio.run(ask_while_one_runs(work, ["a"], ["x", "bad"], ["ccc"]))
    assert (good.tolist(), also_good.tolist()) == ([[1]], [[3]])
    assert str(bad) == "bad at 1"


def test_a_panic_reaches_its_own_caller_and_leaves_nobody_waiting() -> None:
    async def run(work: Lengths) -> list[Any]:
        return await asyncio.wait_for(ask_while_one_runs(work, ["a"], ["x", "panic"], ["ccc"]), 30)

    _, good, panic, also_good = asyncio.run(run(Lengths()))
    assert (good.tolist(), also_good.tolist()) == ([[1]], [[3]])
    assert isinstance(panic, Panic)
    assert str(panic) == "panic at 1"


def test_a_call_after_all_are_answered_works_again() -> None:
    async def run(work: Lengths) -> list[Embeddings]:
        ask = Coalescer(work, most=10)
        work.go.set()
        return [await ask([text]) for text in ("a", "bb", "ccc")]

    work = Lengths()
    assert [each.tolist() for each in asyncio.run(run(work))] == [[[1]], [[2]], [[3]]]
    assert work.calls == [["a"], ["bb"], ["ccc"]]


def test_a_call_in_a_loop_without_threads_is_refused_and_not_worked_on_later() -> None:
    work = Lengths()
    work.go.set()
    ask = Coalescer(work, most=10)

    async def closing() -> Embeddings:
        await asyncio.get_running_loop().shutdown_default_executor()
        return await ask(["refused"])

    async def again() -> Embeddings:
        return await ask(["again"])

    with pytest.raises(RuntimeError, match="shutdown"):
        asyncio.run(closing())
    assert asyncio.run(again()).tolist() == [[5]]
    assert work.calls == [["again"]]


def test_a_caller_that_leaves_while_its_texts_are_worked_on_disturbs_nobody() -> None:
    async def run() -> list[Any]:
        work = Lengths()
        ask = Coalescer(work, most=10)
        gone = asyncio.create_task(ask(["gone"]))
        await started(work)
        stays = asyncio.create_task(ask(["stays"]))
        gone.cancel()
        await asyncio.sleep(0.01)
        work.go.set()
        return list(await asyncio.gather(gone, stays, return_exceptions=True))

    gone, stays = asyncio.run(run())
    assert isinstance(gone, asyncio.CancelledError)
    assert stays.tolist() == [[5]]


def test_a_cancelled_caller_disturbs_nobody() -> None:
    async def run() -> tuple[Any, list[list[str]]]:
        work = Lengths()
        ask = Coalescer(work, most=10)
        first = asyncio.create_task(ask(["first"]))
        await started(work)
        gone, stays = asyncio.create_task(ask(["gone"])), asyncio.create_task(ask(["stays"]))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0.01)
        work.go.set()
        await first
        return await stays, work.calls

    rows, calls = asyncio.run(run())
    assert rows.tolist() == [[5]]
    assert calls == [["first"], ["stays"]]


def test_an_embedder_answers_in_one_loop_after_another(tiny: CLIPEmbedder) -> None:
    for _ in range(2):
        rows = asyncio.run(tiny.aembed_texts(["a cat", "two dogs"], role="query"))
        assert np.allclose(rows, tiny.embed_texts(["a cat", "two dogs"], role="query"), atol=1e-5)


def test_sixty_four_queries_at_once_take_few_passes(
    tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"a cat and {number} dogs" for number in range(64)]
    encode, passes = tiny._encoder.encode_text, list[int]()

    def counted(ids: Any) -> Any:
        passes.append(len(ids))
        return encode(ids)

    monkeypatch.setattr(tiny._encoder, "encode_text", counted)

    async def run() -> list[Embeddings]:
        return await asyncio.gather(*(tiny.aembed_texts([text], role="query") for text in texts))

    rows = np.concatenate(asyncio.run(run()))
    assert sum(passes) == 64
    assert len(passes) < 32
    assert np.allclose(rows, tiny.embed_texts(texts, role="query"), atol=1e-5)


def test_a_text_that_is_too_long_is_named_by_its_place_in_its_own_call() -> None:
    strict = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="error")

    async def run() -> list[Any]:
        calls = [strict.aembed_texts(texts) for texts in (["a cat"], ["dog", "word " * 200], ["sea"])]
        return await asyncio.gather(*calls, return_exceptions=True)

    first, error, last = asyncio.run(run())
    assert isinstance(error, TextTooLongError)
    assert str(error).startswith("texts[1] has")
    assert first.shape == last.shape == (1, strict.dimension)
