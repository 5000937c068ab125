"""Engines in processes of their own: what one does there, and how it is started, asked and ended.

What is timed is the work alone: inputs are made ready before.
"""

import os
import time
import traceback
import warnings
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.shared.memory import peak_memory
from benchmarks.speed.engines import ENGINES, Engine, Setting, create

CONTEXT: Any = get_context("spawn")  # a new interpreter


class EngineMissing(Exception):
    """An engine, or one of its calls, cannot be measured; says why."""


def serve(requests: Connection, name: str, setting: Setting) -> None:
    """Load the engine and tell its facts; then answer (call, items, times, options) until None comes.

    An answer is {"seconds": one for each time, "peak": largest resident size in kB}, or the text of an error.
    """
    os.dup2(2, 1)  # libraries print; what is printed here is the results
    warnings.simplefilter("ignore")
    engine = _tried(requests, lambda: _load(name, setting))
    while engine and (request := requests.recv()):
        _tried(requests, lambda given=request: (None, answer(engine, *given)))


def _tried(requests: Connection, work: Any) -> Any:
    """Send the second part of what some work returns, or why it failed; return the first."""
    try:
        kept, found = work()
    except BaseException as error:  # a panic of Rust is no Exception
        traceback.print_exc()
        kept, found = None, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    requests.send(found)
    return kept


def _load(name: str, setting: Setting) -> tuple[Engine, dict[str, Any]]:
    engine = create(name, setting)
    import torch

    versions = [f"{package} {version(package)}" for package in ENGINES[name].packages]
    return engine, {"threads": torch.get_num_threads(), "versions": versions, **engine.facts()}


def answer(
    engine: Engine, call: str, items: Sequence[str], times: int = 1, options: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Do what is asked, as often as is asked."""
    work, seconds = engine.prepare(call, items, **options or {}), []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return {"seconds": seconds, "peak": peak_memory()}


class Worker:
    """A process that holds one engine, loaded; `facts` are its precision, threads and versions.

    Raises:
        EngineMissing: it cannot be loaded.
    """

    def __init__(self, name: str, setting: Setting) -> None:
        self._requests, there = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=serve, args=(there, name, setting), daemon=True)
        self._process.start()
        there.close()
        self.facts = self._answer()

    def ended(self) -> bool:
        return not self._process.is_alive()

    def ask(self, call: str, items: Sequence[str], *, times: int = 1, **options: Any) -> dict[str, Any]:
        """The answer to a call.

        Raises:
            EngineMissing: the call failed, or the process ended.
        """
        return self._answer((call, list(items), times, options))

    def _answer(self, request: Any = None) -> dict[str, Any]:
        try:
            if request:
                self._requests.send(request)
            found: dict[str, Any] | str = self._requests.recv()
        except (EOFError, OSError):
            self._process.join()
            found = f"its process ended with {self._process.exitcode}"
        if isinstance(found, str):
            raise EngineMissing(found)
        return found

    def close(self) -> None:
        if not self.ended():
            self._requests.send(None)
            self._process.join()


class Workers(AbstractContextManager["Workers"]):
    """Engines that are loaded when first asked for, and kept.

    `missing` says why one is not there, or, by "engine: call", why it did not answer that.
    """

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.there: dict[str, Worker] = {}
        self.missing: dict[str, str] = {}

    def start(self, names: Iterable[str]) -> None:
        for name in dict.fromkeys(names):
            if name not in {*self.there, *self.missing}:
                try:
                    self.there[name] = Worker(name, self._setting)
                except EngineMissing as reason:
                    self.missing[name] = str(reason)

    def ask(self, name: str, call: str, items: Sequence[str], **options: Any) -> dict[str, Any] | None:
        """None if it is missing or has failed at this call, now or before."""
        if self.why(name, call):
            return None
        try:
            return self.there[name].ask(call, items, **options)
        except EngineMissing as reason:
            self.missing[name if self.there[name].ended() else f"{name}: {call}"] = str(reason)
            return None

    def why(self, name: str, call: str) -> str:
        """Why there is no answer to a call; "" if there is no reason."""
        return self.missing.get(f"{name}: {call}") or self.missing.get(name, "")

    def __exit__(self, *_: object) -> None:
        for worker in self.there.values():
            worker.close()
