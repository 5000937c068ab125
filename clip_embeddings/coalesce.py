"""Calls that arrive together are answered together. Imports types and forking."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Event, Lock
from typing import NamedTuple

from clip_embeddings.forking import Renewed
from clip_embeddings.types import Embeddings

_LONGEST_TURN = 0.005  # seconds


class _Call(NamedTuple):
    texts: list[str]
    answer: "Future[Embeddings]"


class Coalescer(Renewed):
    """Answers concurrent calls with one call of `work` for all that wait.

    Whoever comes while nothing runs goes at once, with those that ask in the same turn of the event loop, so
    a lone caller waits for nobody. Those that come meanwhile go together when it is done, so they wait for
    one pass at most.

    Args:
        work: N texts -> (N, D), row i for text i; called in a thread of the event loop's executor, one call
            at a time.
        most: texts in one call of it, unless a single caller has more.
    """

    def __init__(self, work: Callable[[list[str]], Embeddings], *, most: int) -> None:
        super().__init__()
        self._work, self._most = work, most

    def renew(self) -> None:
        """Nobody waits and nothing runs: after a fork those that did are in the other process."""
        self._lock = Lock()
        self._waiting: list[_Call] = []
        self._running = False

    async def __call__(self, texts: list[str]) -> Embeddings:
        """(N, D) for one caller's texts; an error in another caller's texts is not this one's."""
        call, loop = _Call(texts, Future()), asyncio.get_running_loop()
        with self._lock:
            self._waiting.append(call)
            first, self._running = not self._running, True
        if first:
            turn = Event()
            loop.call_soon(turn.set)  # after the others that ask in this turn
            try:
                loop.run_in_executor(None, self._run, turn)
            except RuntimeError as error:  # the loop's threads are gone: nobody would answer
                self._refuse(error)
        return await asyncio.wrap_future(call.answer)

    def _refuse(self, error: RuntimeError) -> None:
        """Give the error to all that wait, so that the next to come is first again."""
        with self._lock:
            calls, self._waiting, self._running = self._waiting, [], False
        for call in calls:
            if call.answer.set_running_or_notify_cancel():
                call.answer.set_exception(error)

    def _run(self, turn: Event) -> None:
        turn.wait(_LONGEST_TURN)  # a loop that stopped or is busy keeps nobody else waiting
        while calls := self._next():
            self._answer(calls)

    def _next(self) -> list[_Call]:
        """Who is answered together; with nobody left, the next to come is first again."""
        with self._lock:
            count = total = 0
            for call in self._waiting:
                total += len(call.texts)
                if count and total > self._most:
                    break
                count += 1
            calls, self._waiting = self._waiting[:count], self._waiting[count:]
            self._running = bool(calls)
        return calls

    def _answer(self, calls: list[_Call]) -> None:
        calls = [call for call in calls if call.answer.set_running_or_notify_cancel()]
        if len(calls) > 1:
            try:
                rows = self._work([text for call in calls for text in call.texts])
            # One caller's fault: each is asked alone, and gets its own error. A tokenizer's panic is no
            # Exception, and would leave all that wait, now and later, without an answer.
            except BaseException:
                rows = None
            if rows is not None:
                start = 0
                for call in calls:
                    call.answer.set_result(rows[start : start + len(call.texts)])
                    start += len(call.texts)
                return
        for call in calls:
            try:
                call.answer.set_result(self._work(call.texts))
            except BaseException as error:
                call.answer.set_exception(error)
