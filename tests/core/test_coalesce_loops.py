"""Calls of several event loops, also of such as stop or wait for each other: nobody is left waiting."""

import asyncio
import threading

import numpy as np
import pytest

from clip_embeddings.coalesce import Coalescer
from clip_embeddings.types import Embeddings


def lengths(texts: list[str]) -> Embeddings:
    """Work that gives each text its length."""
    return np.array([[len(text)] for text in texts], np.float32)


@pytest.mark.parametrize("closed", [False, True])
def test_a_loop_that_ends_in_the_turn_of_its_first_caller_leaves_nobody_waiting(closed: bool) -> None:
    loop, ask = asyncio.new_event_loop(), Coalescer(lengths, most=100)
    held: list[asyncio.Task[Embeddings]] = []

    async def begin() -> None:
        held.append(asyncio.ensure_future(ask(["lost"])))
        await asyncio.sleep(0)  # it has asked

    loop.run_until_complete(begin())
    if closed:
        held[0].cancel()
        loop.run_until_complete(asyncio.gather(*held, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
    assert asyncio.run(asyncio.wait_for(ask(["later"]), 30)).tolist() == [[5]]
    if not closed:
        assert loop.run_until_complete(held[0]).tolist() == [[4]]
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def test_a_loop_that_waits_for_another_one_is_answered() -> None:
    """A caller has asked here; its loop then stands still until one of another loop is answered."""
    other, ask = asyncio.new_event_loop(), Coalescer(lengths, most=100)
    thread = threading.Thread(target=other.run_forever)
    thread.start()

    async def run() -> list[Embeddings]:
        first = asyncio.create_task(ask(["a"]))
        await asyncio.sleep(0)
        second = asyncio.run_coroutine_threadsafe(ask(["bb"]), other).result(30)
        return [await first, second]

    try:
        assert [each.tolist() for each in asyncio.run(run())] == [[[1]], [[2]]]
    finally:
        asyncio.run_coroutine_threadsafe(other.shutdown_default_executor(), other).result(30)
        other.call_soon_threadsafe(other.stop)
        thread.join(30)
        other.close()
