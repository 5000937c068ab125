"""The lock of a folder, for a store of any kind: here one number in a file, kept in memory too."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import warm

from clip_embeddings import StoreError
from clip_embeddings.ingestion.locking import FolderLock, folder

CHILD = """
import sys
import time
from pathlib import Path
from clip_embeddings.ingestion.locking import FolderLock, folder
folder._PATIENCE = 0.3
class Lock(FolderLock):
    instead = ", or ask the owner of {folder}"
    def read_anew(self, store):
        pass
class Store:
    pass
place = Path(sys.argv[1])
try:
    with Lock.at(place).writing(Store(), whole=True):
        (place / "number").write_text("7")
except Exception as error:
    print(type(error).__name__, error)
"""


class Counted:
    """A store that has the number in memory."""

    def __init__(self, place: Path) -> None:
        self.place, self.readings = place, 0
        self.number = ""


class Lock(FolderLock):
    def read_anew(self, store: Any) -> None:
        store.readings += 1
        store.number = (store.place / "number").read_text()


@pytest.fixture
def store(tmp_path: Path) -> Counted:
    (tmp_path / "number").write_text("1")
    return Counted(tmp_path)


def lock_of(place: Path) -> Lock:
    lock = Lock.at(place)
    assert lock
    return lock


def by_another_process(place: Path) -> str:
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return str(warm.run([sys.executable, "-c", CHILD, str(place)], check=True, env=paths).stdout)


def test_what_another_process_has_written_is_read_before_one_writes_over_it(store: Counted) -> None:
    lock = lock_of(store.place)
    with lock.writing(store, whole=True):
        pass
    before = store.readings
    assert by_another_process(store.place) == ""
    with lock.writing(store):
        assert store.number == "7"
        assert store.readings == before + 1
    with lock.writing(store):  # still its own turn
        assert store.readings == before + 1
    lock.refresh(store)
    assert store.readings == before + 2


def test_another_process_is_refused_and_told_who_writes_and_what_to_do(store: Counted) -> None:
    with lock_of(store.place).writing(store, whole=True):
        said = by_another_process(store.place)
    assert said.startswith(f"StoreError the store in {store.place} is being written to by process ")
    assert said.rstrip().endswith(f"wait for it or end it, or ask the owner of {store.place}")
    assert by_another_process(store.place) == ""


def test_whatever_stands_in_the_file_one_can_write(store: Counted) -> None:
    for content in ("[" * 3000, "\0" * 10, '{"turn": ["a"]}', "7"):
        (store.place / Lock.NAME).write_text(content)
        with lock_of(store.place).writing(store, whole=True):
            pass


def test_the_child_of_a_fork_that_leaves_what_its_parent_entered_can_write_then(store: Counted) -> None:
    lock = lock_of(store.place)
    with lock.writing(store):
        lock.renew()  # as in a child
    with lock.writing(store, whole=True):
        assert lock._file is not None
    assert lock._file is None


def test_threads_write_together_and_a_second_store_of_the_folder_does_not(store: Counted) -> None:
    meeting = Barrier(2)

    def write(_: int) -> None:
        with lock_of(store.place).writing(store):
            meeting.wait(20)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(2)))
    other = Counted(store.place)
    with (
        lock_of(store.place).writing(store, whole=True),
        pytest.raises(StoreError, match="open twice, by two spellings"),
        lock_of(store.place).writing(other),
    ):
        pass
    with lock_of(store.place).writing(other, whole=True):
        assert other.readings == 1


def test_a_folder_has_one_lock_by_whatever_name_and_none_where_it_is_not(store: Counted) -> None:
    link = store.place.with_name(f"{store.place.name}-link")
    link.symlink_to(store.place)
    assert Lock.at(link) is Lock.at(store.place)
    assert Lock.at(store.place / "absent") is None
    assert folder.FolderLock.NAME == "clip-embeddings.lock"


def test_a_folder_that_can_no_longer_be_read_is_let_go_of_all_the_same(
    store: Counted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(folder, "_LINGER", 0.05)
    lock = lock_of(store.place)
    with lock.writing(store):
        (store.place / "number").unlink()
        store.readings = 0
    deadline = time.monotonic() + 20
    while not caplog.records and time.monotonic() < deadline:
        time.sleep(0.01)
    assert f"the store in {store.place} could not be read anew" in caplog.text
    (store.place / "number").write_text("3")
    assert by_another_process(store.place) == ""  # which is not refused
    with lock.writing(store, whole=True):
        assert store.number == "7"
