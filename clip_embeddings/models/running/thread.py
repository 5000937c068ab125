"""Where torch computes on a CPU: the main thread itself, and one thread for all the others. Imports torch.

OpenMP gives each thread that calls torch a team of its own. Once the teams have more threads than the
machine has cores, all of them go to sleep at every barrier instead of waiting awake: on two cores a query
took 17 instead of 9 ms as soon as two threads had asked, of a server's pool, say. The main thread hands
nothing over: where it is the only one that asks, a thread beside it would only get in the team's way.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

R = TypeVar("R")


class ComputingThread:
    """Runs one call at a time; callers wait for theirs."""

    def __init__(self) -> None:
        self._forked = False
        self._start()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    def _start(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="clip-model")

    def _after_fork(self) -> None:
        """A forked process has none of its parent's threads, and would wait for its team or ours for ever."""
        self._forked = True
        self._start()

    def run(self, work: Callable[..., R], *arguments: Any) -> R:
        """work(*arguments), with as many threads of torch as the caller has."""
        if threading.current_thread() is threading.main_thread() and not self._forked:
            return work(*arguments)
        threads = torch.get_num_threads()
        try:
            answer = self._pool.submit(_with_threads, threads, work, *arguments)
        except RuntimeError:  # the interpreter is ending and starts no thread any more
            return work(*arguments)
        return answer.result()


def _with_threads(threads: int, work: Callable[..., R], *arguments: Any) -> R:
    if torch.get_num_threads() != threads:  # a setting of each thread, once that has computed
        torch.set_num_threads(threads)
    return work(*arguments)


_COMPUTING = ComputingThread()


def compute(device: torch.device, work: Callable[..., R], *arguments: Any) -> R:
    """work(*arguments), on a CPU in a thread that computes; other devices have queues of their own."""
    return _COMPUTING.run(work, *arguments) if device.type == "cpu" else work(*arguments)
