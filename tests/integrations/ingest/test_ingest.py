"""Ingestion: what becomes a row, what is reported, and that running again does nothing twice."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from stored import assert_same_rows, write_notes, write_picture
from stores import Held, opened

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene


def test_pictures_and_passages_become_rows(held: Held, folder: Path, tiny: CLIPEmbedder) -> None:
    report = held.ingest([folder])
    rows = held.rows()
    assert (report.images, report.skipped, report.failures) == (12, 0, [])
    assert report.passages == len(rows) - 12
    pictures = [row for row in rows.values() if row[1]["modality"] == "image"]
    for document, metadata, vector, _ in pictures:
        assert document == Path(metadata["uri"]).name
        np.testing.assert_allclose(vector, tiny.embed_images([metadata["uri"]])[0], atol=1e-5)
    passages = [row for row in rows.values() if row[1]["modality"] == "text"]
    for document, metadata, vector, _ in passages:
        source = Path(metadata["uri"]).read_text(encoding="utf-8")
        assert source[metadata["start"] : metadata["end"]] == document
        np.testing.assert_allclose(vector, tiny.embed_texts([document])[0], atol=1e-5)
    assert len([1 for _, metadata, *_ in passages if metadata["uri"].endswith("long.txt")]) > 1


def test_a_second_run_adds_nothing_and_changes_nothing(held: Held, folder: Path) -> None:
    first = held.ingest([folder])
    before = held.rows()
    second = held.ingest([folder])
    assert (second.images, second.passages, second.skipped) == (0, 0, first.images + first.passages)
    after = held.rows()
    assert after.keys() == before.keys()
    assert all((after[key][2] == before[key][2]).all() for key in before)


def test_a_new_file_is_all_that_a_later_run_adds(held: Held, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    held.ingest([copy])
    render(sample_scene(999), 128).save(copy / "new.png")
    report = held.ingest([copy])
    assert (report.images, report.passages) == (1, 0)


def test_identical_files_are_one_row(held: Held, folder: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        shutil.copy(folder / "scene-00.png", tmp_path / name)
    report = held.ingest([tmp_path / "a.png", tmp_path / "b.png"])
    assert (report.images, report.skipped) == (1, 1)


def test_what_cannot_be_used_is_reported_and_the_rest_is_stored(
    held: Held, folder: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    whole = (copy / "scene-03.png").read_bytes()
    bad = {
        "cut.png": (whole[: len(whole) // 2], "cannot decode"),
        "empty.txt": (b"", "empty: 0 bytes"),
        "blank.txt": (b" \n ", "only white space"),
        "words.jpg": (b"just words", "not an image"),
        "program.bin": (b"\x00\x01\xfe\xff", "neither a picture"),
        "kanji.txt": ("東京都".encode("cp932"), "its encoding cannot be told"),
    }
    for name, (content, _) in bad.items():
        (copy / name).write_bytes(content)
    report = held.ingest([copy])
    assert report.images == 12
    reasons = {Path(failure.path).name: failure.reason for failure in report.failures}
    assert reasons.keys() == bad.keys()
    for name, (_, reason) in bad.items():
        assert reason in reasons[name]


def test_a_file_whose_name_is_not_utf_8_is_reported_and_the_rest_is_stored(
    held: Held, folder: Path, tmp_path: Path
) -> None:
    shutil.copy(folder / "scene-00.png", tmp_path / "good.png")
    shutil.copy(folder / "scene-01.png", os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    report = held.ingest([tmp_path])
    assert report.images == 1
    assert report.failures[0].path.endswith(r"caf\xe9.png")
    assert "not UTF-8" in report.failures[0].reason


def test_kind_is_told_by_content_not_by_name(held: Held, tmp_path: Path) -> None:
    render(sample_scene(5), 64).save(tmp_path / "picture-without-a-name", "JPEG")
    (tmp_path / "readme").write_text("The sea at sunset.")
    (tmp_path / "wide.txt").write_bytes("바다".encode("utf-16"))
    report = held.ingest([tmp_path])
    assert (report.images, report.passages, report.failures) == (1, 2, [])


def test_hidden_files_are_left_out(held: Held, tmp_path: Path) -> None:
    (tmp_path / "seen").mkdir()
    (tmp_path / "seen" / ".secret.txt").write_text("hidden")
    (tmp_path / "seen" / ".git").mkdir()
    (tmp_path / "seen" / ".git" / "config.txt").write_text("hidden")
    (tmp_path / "seen" / "note.txt").write_text("a note")
    assert held.ingest([tmp_path / "seen"]).passages == 1


def test_a_caption_is_the_document_of_its_picture(held: Held, folder: Path) -> None:
    path = str(folder / "scene-00.png")
    held.ingest([path], captions={path: "the first scene"})
    assert [row.document for row in held.rows().values()] == ["the first scene"]


def test_a_path_that_does_not_exist_is_an_error_and_nothing_is_stored(held: Held, folder: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"no such file or folder.*absent"):
        held.ingest([folder, folder / "absent"])
    assert held.count() == 0


def test_more_rows_than_are_stored_at_once(held: Held, tmp_path: Path, tiny: CLIPEmbedder) -> None:
    write_notes(tmp_path, 150)
    for i in range(150):
        write_picture(tmp_path / f"{i}.png", i)
    (tmp_path / "5-broken.png").write_bytes((tmp_path / "5.png").read_bytes()[:-40])
    report = held.ingest([tmp_path])
    assert (report.images, report.passages, len(report.failures)) == (150, 150, 1)
    rows = held.rows()
    assert len(rows) == 300
    pictures = [row for row in rows.values() if row.metadata["modality"] == "image"]
    notes = [row for row in rows.values() if row.metadata["modality"] == "text"]
    assert (len(pictures), len(notes)) == (150, 150)
    vectors = [
        *tiny.embed_images([str(row.uri) for row in pictures]),
        *tiny.embed_texts([row.document for row in notes]),
    ]
    np.testing.assert_allclose([row.vector for row in [*pictures, *notes]], vectors, atol=1e-5)


def test_a_folder_becomes_the_same_rows_in_every_store(
    tmp_path: Path, chroma_port: int, unused: str, tiny: CLIPEmbedder, folder: Path
) -> None:
    held = opened("chroma", tmp_path / "chroma", embedder=tiny)
    held.ingest([folder])
    for kind, place in (("server", chroma_port), ("lancedb", tmp_path / "lance")):
        other = opened(kind, place, unused, embedder=tiny)
        other.ingest([folder])
        assert_same_rows(other.rows(), held.rows())
