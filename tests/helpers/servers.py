"""Real Chroma servers on free ports of this machine, and empty stores in folders."""

import atexit
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from chroma_clip_embeddings import connect
from clip_embeddings import StoreError

# The program `chroma` without what it imports for its other commands, which takes two seconds.
_CHROMA = "import sys, chromadb_rust_bindings; chromadb_rust_bindings.cli(sys.argv)"


def put_empty_store(folder: Path) -> Path:
    """The folder, which is made, with what Chroma leaves in a new one: making that anew takes it 100 ms."""
    return Path(shutil.copytree(_made_by_chroma(), folder))


@cache
def _made_by_chroma() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="clip-empty-store-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    connect(folder / "db")
    return folder / "db"


class RestartableServer:
    """A server that can end and come back at the same port, with the same rows."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack = folder, ExitStack()
        self.port, self._process = self._stack.enter_context(running(folder))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(30)

    def restart(self) -> None:
        _, self._process = self._stack.enter_context(running(self._folder, self.port))

    def close(self) -> None:
        self._stack.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    port = port or _free_port()
    options = ["--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-c", _CHROMA, "run", *options]
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_for(port, process)
            yield port, process
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, "the Chroma server ended before it answered"
        try:
            connect(host="127.0.0.1", port=port).heartbeat()
            return
        except StoreError:
            time.sleep(0.05)
    raise AssertionError("the Chroma server did not answer within a minute")
