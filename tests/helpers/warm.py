"""Python programs in processes of their own that need not import torch: see `warm_server`.

What a fresh interpreter imports first takes it seven seconds of processor time; a process that is
forked from one that has imported it takes a fraction of a second. For tests of anything but the start
itself: what is imported, memory and the seed of hashes are the server's.
"""

import inspect
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any

# Variables that nothing reads while it is imported, and those that only transformers, Chroma and the like do.
# The first line is what libraries set in a process of tests: scikit-learn, torch's compiler, Ray, pipelines.
READ_LATER = (
    *("KMP_", "PYTHONBREAKPOINT", "TOKENIZERS_", "TORCHINDUCTOR_", "_TORCHINDUCTOR_"),
    *(
        "CLIP_EMBEDDINGS_",
        "COLORTERM",
        "COLUMNS",
        "LOOPBACK_ESCAPES",
        "NO_COLOR",
        "PYTEST_",
        "PYTHONPATH",
        "RAY_",
        "TERM",
    ),
)
READ_BY_THE_HUB = (
    *("ANONYMIZED_TELEMETRY", "DISABLE_SAFETENSORS", "HF_", "HUGGING"),
    *("TQDM_", "TRANSFORMERS_", "XDG_CACHE"),
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_EXECUTE = inspect.signature(subprocess.Popen._execute_child)  # type: ignore[attr-defined]


BEGINNING: dict[str, str] = {}
"""The environment before the first test, which may change it for itself: conftest fills it in."""


class Servers:
    """One that has imported the modules of others, and a fork of it that has the model's classes too."""

    def __init__(self) -> None:
        self.environment = dict(BEGINNING or os.environ)
        self.others, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("warm_server.py")), str(theirs.fileno())],
                # Pipes, as programs have most often: what Python knows of its streams is of these.
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[theirs.fileno()],
                # The threads that numpy's library starts would be missing in a forked process.
                env={**self.environment, "PYTHONPATH": "", "OPENBLAS_NUM_THREADS": "1"},
            )

    @cached_property
    def model(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.others, [b"."], [theirs.fileno()])
        return ours

    def right_for(self, environment: Mapping[str, str]) -> socket.socket | None:
        """The one whose modules are as in this environment; None if only a new process has such."""
        names = {*environment, *self.environment}
        differ = [name for name in names if environment.get(name) != self.environment.get(name)]
        differ = [name for name in differ if not name.startswith(READ_LATER)]
        if not differ:
            return self.model
        if all(name.startswith(READ_BY_THE_HUB) or name.lower() in PROXIES for name in differ):
            return self.others
        return None

    def end(self) -> None:
        for each in ("model", "others"):
            if each in self.__dict__:
                self.__dict__[each].close()
        self.process.communicate(timeout=30)

    @contextmanager
    def python(self) -> Iterator[list[str]]:
        """The command of a Python that others start, as Ray and MCP's client do, and that is a fork."""
        with tempfile.TemporaryDirectory(prefix="clip-warm-") as folder:
            path = f"{folder}/socket"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
                listening.bind(path)
                socket.send_fds(
                    self.model, [b"."], [listening.fileno()]
                )  # whose fork has nothing left to import
            try:
                yield [sys.executable, str(Path(__file__).parent / "programs" / "warm_worker.py"), path]
            finally:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
                    asking.sendto(b".", path)  # without a request: it ends


_RUNNING: list[Servers] = []


def servers() -> Servers:
    """Those of this process, started by the first program."""
    if not _RUNNING:
        _RUNNING.append(Servers())
    return _RUNNING[0]


def end() -> None:
    """At the end of the session."""
    while _RUNNING:
        _RUNNING.pop().end()


def _has_said(stream: IO[str], timeout: float | None) -> bool:
    """Whether there is something to read within so many seconds; a process of many tests has many files."""
    asked = select.poll()
    asked.register(stream, select.POLLIN | select.POLLHUP)
    return bool(asked.poll(None if timeout is None else 1000 * timeout))


class Forked(subprocess.Popen[str]):
    """A Popen whose process is a child of the server, which says its number and how it ended."""

    def __init__(self, server: socket.socket, request: dict[str, Any], **pipes: Any) -> None:
        self._server, self._request = server, request
        super().__init__(request["command"], text=True, encoding="utf-8", **pipes)

    def _execute_child(self, *given: Any) -> None:
        named = _EXECUTE.bind(self, *given).arguments
        pipes = [named[name] for name in ("p2cread", "c2pwrite", "errwrite")]
        said, saying = os.pipe()
        self._said = os.fdopen(said)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as request, os.fdopen(saying, "w") as stream:
            json.dump(self._request, request)
            request.seek(0)
            own = (number if pipe == -1 else pipe for number, pipe in enumerate(pipes))
            socket.send_fds(self._server, [b"."], [request.fileno(), stream.fileno(), *own])
        self.pid = int(self._said.readline() or self._gone())
        self._child_created = True
        names = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(named[name] for name in names))  # type: ignore[attr-defined]

    def _internal_poll(self, _deadstate: int | None = None, **_: Any) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self._wait(0)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self.returncode is None:
            if not _has_said(self._said, timeout):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._said.readline() or self._gone())
            self._said.close()
        return self.returncode

    def _gone(self) -> str:
        raise ChildProcessError(f"the server ended: {servers().process.communicate()[1].decode()}")


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    stdin: int | IO[str] | None = None,
    stdout: int | IO[str] | None = None,
    stderr: int | IO[str] | None = None,
) -> subprocess.Popen[str]:
    """Popen of `[sys.executable, ...]`; a new interpreter where no server has what it would import.

    Args:
        env: the whole environment; None is this process's own.
    """
    given = dict(os.environ if env is None else env)
    python, first, *_ = command
    plain = python == sys.executable and (first in {"-c", "-m"} or not first.startswith("-"))
    server = servers().right_for(given) if plain else None
    if server is None:
        return subprocess.Popen(
            command,
            env=given,
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        )
    request = {"command": command[1:], "env": given, "cwd": str(Path(cwd or "").absolute())}
    return Forked(server, request, stdin=stdin, stdout=stdout, stderr=stderr)


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    timeout: float | None = None,
    input: str | None = None,
    check: bool = False,
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` does, with what the program prints captured."""
    pipe = subprocess.PIPE
    stdin = None if input is None else pipe
    with start(command, env=env, cwd=cwd, stdin=stdin, stdout=pipe, stderr=pipe) as process:
        try:
            printed, errors = process.communicate(input, timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, printed, errors)
    if check:
        done.check_returncode()
    return done
