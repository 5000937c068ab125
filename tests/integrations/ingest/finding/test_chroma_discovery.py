"""Discovery: what a folder gives, in which order, in how much memory, and what is a problem."""

import os
import shutil
import sys
import tracemalloc
from pathlib import Path

import pytest
from stored import files, names, problems

from clip_embeddings.ingestion.find import walking
from clip_embeddings.ingestion.find.discovery import discover
from clip_embeddings.ingestion.find.entries import Entry


def test_a_folder_is_walked_in_the_order_of_its_paths_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    files(tmp_path, "b.txt", "a/2.txt", "a/1.txt", "a.txt", ".hidden", ".git/config", "a/deep/er/x")
    expected = ["a.txt", "a/1.txt", "a/2.txt", "a/deep/er/x", "b.txt"]
    assert names(list(discover([tmp_path])), tmp_path) == expected
    first = next(discover(tmp_path))
    assert first == Entry(str(tmp_path / "a.txt"), place=str(tmp_path / "a.txt"))


def test_a_folder_of_more_names_than_are_sorted_at_once_comes_in_the_same_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files(tmp_path, *(f"{number * 37 % 101}.txt" for number in range(101)), "7/in a folder", "a\nline.txt")
    whole = list(discover([tmp_path]))
    monkeypatch.setattr(walking, "_SORTED_AT_ONCE", 10)
    assert list(discover([tmp_path])) == whole
    assert len(whole) == 103


def test_a_file_that_several_paths_lead_to_comes_once(tmp_path: Path) -> None:
    files(tmp_path, "a/1", "a/2", "b/.kept/3")
    given: list[str | Path] = [
        tmp_path / "a" / "2",
        tmp_path / "a",
        tmp_path,
        str(tmp_path / "a"),
        tmp_path / "b" / ".kept",
    ]
    assert names(list(discover(given)), tmp_path) == ["a/2", "a/1", "b/.kept/3"]


def test_a_directory_loop_ends_and_is_reported(tmp_path: Path) -> None:
    files(tmp_path, "a/b/1", "a/c/2")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path / "a")
    (tmp_path / "a" / "here").symlink_to(tmp_path / "a")
    found = list(discover([tmp_path]))
    assert [Path(each.uri).name for each in found if isinstance(each, Entry)] == ["1", "2"]
    assert [Path(each.place).name for each in problems(found)] == ["up", "here"]
    assert problems(found)[0].reason == (
        f"is a link to {tmp_path / 'a'}, a folder that it lies in; not followed"
    )


def test_folders_outside_that_link_to_each_other_are_read_once(tmp_path: Path) -> None:
    files(tmp_path, "given/own", "x/1", "y/2")
    for link, target in (("given/l1", "x"), ("given/l2", "x"), ("x/to", "y"), ("y/back", "x")):
        (tmp_path / link).symlink_to(tmp_path / target)
    found = list(discover([tmp_path / "given"]))
    entries = [Path(each.uri).relative_to(tmp_path).as_posix() for each in found if isinstance(each, Entry)]
    assert entries == ["given/l1/1", "given/l1/to/2", "given/own"]
    assert [Path(each.place).name for each in problems(found)] == ["back"]


def test_a_linked_folder_that_is_walked_anyway_is_not_walked_twice(tmp_path: Path) -> None:
    files(tmp_path, "z/1", ".kept/2")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "b").symlink_to(tmp_path / ".kept")
    assert names(list(discover([tmp_path])), tmp_path) == ["b/2", "z/1"]
    assert names(list(discover([tmp_path / "a"])), tmp_path) == ["a/1"]


def test_that_holds_for_a_folder_that_is_given_by_a_link_too(tmp_path: Path) -> None:
    files(tmp_path, "real/z/1")
    (tmp_path / "real" / "a").symlink_to(tmp_path / "real" / "z")
    (tmp_path / "given").symlink_to(tmp_path / "real")
    assert names(list(discover([tmp_path / "given"])), tmp_path) == ["given/z/1"]


def test_a_link_to_itself_is_an_entry_that_reading_will_report(tmp_path: Path) -> None:
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert names(list(discover([tmp_path])), tmp_path) == ["self"]


def test_a_folder_that_cannot_be_read_is_a_problem_and_the_rest_goes_on(tmp_path: Path) -> None:
    files(tmp_path, "a", "b/1", "c")
    found = discover([tmp_path])
    first = next(found)
    shutil.rmtree(tmp_path / "b")  # permissions do not stop root, who runs tests in containers
    rest = list(found)
    assert names([first, rest[1]], tmp_path) == ["a", "c"]
    assert str(rest[0]) == f"{tmp_path / 'b'}: the folder cannot be read (No such file or directory)"


def test_a_name_that_is_not_utf_8_is_a_problem_that_can_be_printed(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).touch()
    (found,) = discover([tmp_path])
    assert str(found) == rf"{tmp_path}/caf\xe9.png: its name is not UTF-8, which a store needs; rename it"


def test_folders_deeper_than_python_recurses_are_walked(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(300):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(os.open("last", os.O_CREAT, dir_fd=here))
    os.close(here)
    (found,) = discover([tmp_path])
    assert isinstance(found, Entry)
    assert found.uri.endswith("/d/d/last")


def peak_of(folder: Path) -> tuple[int, int]:
    """Number of files and peak of memory, without Python's table of interned strings.

    pathlib adds each name to it; now and then, by what else the process holds, it grows by megabytes.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "intern", lambda text: text)
        tracemalloc.start()
        try:
            count = sum(1 for _ in discover([folder]))
            return count, tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_memory_does_not_grow_with_the_number_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "_SORTED_AT_ONCE", 500)
    for group in range(20):
        files(tmp_path, *(f"{group:02}/{number}" for number in range(500)))
    peak_of(tmp_path / "00")  # what is loaded once
    few, little = peak_of(tmp_path / "00")
    many, much = peak_of(tmp_path)
    assert (few, many) == (500, 10_000)
    assert much < little + 200_000, (little, much)  # the entries alone are 4 MB


def test_a_folder_of_many_files_is_listed_in_bounded_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walking, "_SORTED_AT_ONCE", 500)
    files(tmp_path, *(f"one/{number} {'x' * 100}" for number in range(5_000)))
    peak_of(tmp_path)
    count, peak = peak_of(tmp_path)
    assert count == 5_000
    assert peak < 500_000, peak  # the names alone are 1 MB
