"""A folder with broken files of every kind: all good ones are stored, all bad ones named, once each."""

import io
import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from PIL import Image
from stored import write_notes, write_picture
from stores import KINDS, Held, opened

from clip_embeddings import CLIPEmbedder

PICTURES, NOTES = 120, 70
NOBODY = 65534


def bitmap_without_columns() -> bytes:
    """A BMP file whose header says 0 x 8 pixels."""
    whole = io.BytesIO()
    Image.new("RGB", (8, 8)).save(whole, "BMP")
    content = bytearray(whole.getvalue())
    content[18:22] = (0).to_bytes(4, "little")
    return bytes(content)


def good_and_broken(folder: Path) -> dict[str, str]:
    """Files of both kinds; the names of the broken ones, and what is said of each."""
    for i in range(PICTURES):
        write_picture(folder / f"{i:03}.png", i)
    write_notes(folder / "notes", NOTES)
    whole = (folder / "000.png").read_bytes()
    bad = {
        "001-truncated.png": (whole[:-40], "cannot decode"),
        "002-head-only.jpg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image"),
        "003-empty.jpg": (b"", "empty: 0 bytes"),
        "004-empty.txt": (b"", "empty: 0 bytes"),
        "005-words.jpg": (b"just words", "not an image"),
        "006-no-columns.bmp": (bitmap_without_columns(), "image"),
        "007-blank.txt": (b" \n\t ", "only white space"),
        "008-program.txt": (b"\x7fELF\x00\x01\xfe\xff", "neither a picture"),
    }
    for name, (content, _) in bad.items():
        (folder / name).write_bytes(content)
    Image.new("1", (10_000, 10_000)).save(folder / "009-bomb.png")
    write_picture(folder / "locked" / "secret.png", 500)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "nowhere.png").symlink_to(folder / "absent.png")
    others = {"009-bomb.png": "pixels", "secret.png": "Permission denied"}
    others |= {"loop": "lies in", "nowhere.png": "absent.png, which is not there"}
    return {name: reason for name, (_, reason) in bad.items()} | others


def test_every_good_file_is_stored_and_every_bad_one_is_named(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permission is refused by a stand-in for the system here; the test at the end asks the system itself."""
    folder = tmp_path / "files"
    expected = good_and_broken(folder)
    system_open = os.open

    def guarded(path: Any, *flags: Any, **options: Any) -> int:
        if "/locked/" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return system_open(path, *flags, **options)

    monkeypatch.setattr(os, "open", guarded)
    report = held.ingest([folder])
    assert (report.images, report.passages) == (PICTURES, NOTES)
    assert held.count() == PICTURES + NOTES
    reasons = {Path(failure.path).name: failure.reason for failure in report.failures}
    assert len(report.failures) == len(reasons)
    assert reasons.keys() == expected.keys()
    for name, reason in expected.items():
        assert reason in reasons[name], name
    again = held.ingest([folder])
    assert (again.added, len(again.failures)) == (0, len(report.failures))


def test_a_broken_file_and_its_copies_are_each_named(held: Held, tmp_path: Path) -> None:
    whole = write_picture(tmp_path / "files" / "good.png", 1).read_bytes()
    for i in range(200):
        (tmp_path / "files" / f"broken-{i}.png").write_bytes(whole[:-40])
    report = held.ingest([tmp_path / "files"])
    assert {Path(failure.path).name for failure in report.failures} == {f"broken-{i}.png" for i in range(200)}
    assert (len(report.failures), report.skipped) == (200, 0)
    assert len(held.rows()) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_system_does_not_let_be_read_is_named(
    request: pytest.FixtureRequest, tiny: CLIPEmbedder, unused: str, kind: str
) -> None:
    """As root, who may read everything, this is done as the user nobody."""
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name) / "files"
        write_notes(folder / "open", 3)
        write_notes(folder / "closed", 1, first=100)
        place = request.getfixturevalue("chroma_port") if kind == "server" else Path(name) / "db"
        opened(kind, place, f"{unused}-warm", embedder=tiny).ingest(
            [folder / "open"]
        )  # loads all that is needed
        held = opened(kind, place, unused, embedder=tiny)
        if os.geteuid() == 0:
            for path in (Path(name), *Path(name).rglob("*")):
                os.chown(path, NOBODY, NOBODY)
            stack.callback(os.seteuid, 0)
            os.seteuid(NOBODY)
        (folder / "open" / "note-00001.txt").chmod(0)
        stack.callback((folder / "closed").chmod, 0o700)
        (folder / "closed").chmod(0)
        report = held.ingest([folder])
        reasons = {Path(failure.path).name: failure.reason for failure in report.failures}
        assert reasons == {
            "closed": "the folder cannot be read (Permission denied)",
            "note-00001.txt": "cannot be read (Permission denied)",
        }
        assert report.passages == held.count() == 2
