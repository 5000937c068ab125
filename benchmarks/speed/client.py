"""Workers from the other side: start one, ask it, end it. Imports the standard library."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

from benchmarks.speed.engines import Setting

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    """Of a process that imports this tree; nothing else differs from ours."""
    paths = [str(ROOT), str(ROOT / "integrations"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONWARNINGS": "ignore"}


class EngineMissing(Exception):
    """An engine cannot be measured; says why."""


class Worker:
    """A process that holds one engine."""

    def __init__(self, name: str, setting: Setting) -> None:
        self.name, self.facts = name, dict[str, Any]()
        self._log: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in close()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "benchmarks.speed.worker",
                name,
                setting.model,
                setting.work,
                setting.peers,
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=environment(),
        )

    def send(self, call: str, items: Sequence[str] = (), *, times: int = 1, **options: Any) -> None:
        request = {"call": call, "items": list(items), "times": times, "options": options}
        try:
            print(json.dumps(request), file=self._process.stdin, flush=True)
        except BrokenPipeError as error:
            raise EngineMissing(self._last_words()) from error

    def receive(self) -> dict[str, Any]:
        """The answer to what was sent.

        Raises:
            EngineMissing: the engine failed, or its process ended.
        """
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise EngineMissing(self._last_words())
        found: dict[str, Any] = json.loads(line)
        if "error" in found:
            raise EngineMissing(found["error"])
        return found

    def ask(self, call: str, items: Sequence[str] = (), *, times: int = 1, **options: Any) -> dict[str, Any]:
        self.send(call, items, times=times, **options)
        return self.receive()

    def close(self) -> None:
        self._process.communicate()  # the end of its requests ends it
        self._log.close()

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        lines = self._log.read().strip().splitlines()
        return lines[-1] if lines else f"its process ended with {self._process.returncode}"


class Workers(AbstractContextManager["Workers"]):
    """Engines that are loaded when first asked for, and kept; `missing` says which could not be, and why."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self.there: dict[str, Worker] = {}
        self.missing: dict[str, str] = {}

    def start(self, names: Iterable[str]) -> None:
        """Load engines, all at a time."""
        new = [name for name in dict.fromkeys(names) if name not in {*self.there, *self.missing}]
        started = {name: Worker(name, self._setting) for name in new}
        for worker in started.values():
            worker.send("load")
        for name, worker in started.items():
            try:
                worker.facts = worker.receive()
                self.there[name] = worker
            except EngineMissing as reason:
                self.missing[name] = str(reason)
                worker.close()

    def drop(self, name: str, reason: EngineMissing) -> None:
        """Give an engine up in the middle."""
        self.missing[name] = str(reason)
        self.there.pop(name).close()

    def __exit__(self, *_: object) -> None:
        for worker in self.there.values():
            worker.close()
