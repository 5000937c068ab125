"""Ingestions in processes of their own that are killed; see `programs/killed_ingestion.py`."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import warm
from stored import StoredRow, write_notes, write_picture
from stores import Held, opened

from clip_embeddings.ingestion import AnyPath

PICTURES, NOTES = 130, 90
_NUMBERS = itertools.count()


class Runner:
    """Has ingestions run in processes of their own, and kills them."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, order: dict[str, Any], kill_after: float | None = None) -> bool:
        """Whether the ingestion came to its end, and was not killed before."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        child = int(self._line())
        if kill_after is not None:
            timer = threading.Timer(kill_after, _kill, (child,))
            timer.start()
        status = int(self._line())
        if kill_after is not None:
            timer.cancel()
        failed = "largest_file" in order and os.waitstatus_to_exitcode(status) == 1
        assert failed or status in (0, signal.SIGKILL), f"the ingestion ended with {status}"
        return status == 0

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process that runs ingestions has ended"
        return line


def _kill(child: int) -> None:
    with suppress(ProcessLookupError):  # it has just come to its end
        os.kill(child, signal.SIGKILL)


@contextmanager
def running_ingestions() -> Iterator[Runner]:
    """The process that forks them."""
    program = Path(__file__).parent / "programs" / "killed_ingestion.py"
    environment = {
        **os.environ,
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    pipe = subprocess.PIPE
    with warm.start([sys.executable, str(program)], stdin=pipe, stdout=pipe, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Runner(process)
        assert process.stdin is not None
        process.stdin.close()


def fill(folder: Path) -> None:
    for i in range(PICTURES):
        write_picture(folder / f"{i:03}.png", i, 16)
    write_notes(folder / "notes", NOTES)
    for i in range(0, 12, 2):
        shutil.copy(folder / f"{i:03}.png", folder / f"a-copy-{i}.png")


def change(folder: Path) -> None:
    """Files that are new, moved, changed, copied and gone."""
    for i in range(PICTURES, PICTURES + 70):
        write_picture(folder / f"{i:03}.png", i, 16)
    for i in range(20, 30):
        (folder / f"{i:03}.png").rename(folder / "notes" / f"moved-{i}.png")
        write_picture(folder / f"{i + 20:03}.png", 1000 + i, 16)
        shutil.copy(folder / f"{i + 40:03}.png", folder / f"b-copy-{i}.png")
        (folder / f"{i + 60:03}.png").unlink()
        (folder / "notes" / f"note-{i:05}.txt").write_text(f"Another note {i}.", encoding="utf-8")


class Place:
    """A folder and a store; the folder is filled, ingested, changed, and ingested again.

    Args:
        kind: of store.
        port: of a Chroma server, where it is one; else the store is beside the folder.
    """

    def __init__(self, root: Path, kind: str, port: int | None = None) -> None:
        self.folder, self.log = root / "files", root / "embedded.log"
        self.order: dict[str, Any] = {
            "kind": kind,
            "store": port or str(root / "db"),
            "collection": f"photos-{next(_NUMBERS)}",  # a server is shared
            "folder": str(self.folder),
            "log": str(self.log),
        }

    def embedded(self) -> int:
        return sum(map(int, self.log.read_text().split())) if self.log.exists() else 0

    def held(self, store: AnyPath | None = None) -> Held:
        """The collection or table, or that of a copy of the store."""
        return opened(self.order["kind"], store or self.order["store"], self.order["collection"])

    def rows(self, store: AnyPath | None = None) -> dict[str, StoredRow]:
        """Rows, of a copy of the store if one is given, with paths relative to the folder."""
        found = self.held(store).rows()
        here = f"{self.folder}/"

        def relative(value: Any) -> Any:
            return value.replace(here, "") if isinstance(value, str) else value

        def moved(row: StoredRow) -> StoredRow:
            metadata = {key: relative(value) for key, value in row.metadata.items()}
            return row._replace(metadata=metadata, uri=relative(row.uri))

        return {id: moved(row) for id, row in found.items()}
