"""Several captions of one picture: all become rows or are counted, and each row keeps its own fields."""

import json
from pathlib import Path

import pytest
from stored import counts, write_picture
from stores import Held

WORDS = ["the sea", "a boat", "waves", "a beach", "blue water"]


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Five lines for each of two pictures, as Flickr8k and COCO have them."""
    for number in range(2):
        write_picture(tmp_path / f"{number}.png", number)
    return write_manifest(tmp_path / "list.jsonl", WORDS)


def write_manifest(path: Path, words: list[str]) -> Path:
    lines = [
        {"uri": f"{number}.png", "caption": f"{each} {number}", "caption_id": place}
        for number in range(2)
        for place, each in enumerate(words)
    ]
    path.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return path


def captions(held: Held) -> dict[str, int]:
    """Words of each caption's row -> the field that its line gave."""
    rows = [row for id, row in held.rows().items() if id.startswith("caption:")]
    return {row.document: row.metadata["caption_id"] for row in rows}


def test_captions_that_are_not_kept_are_counted(held: Held, manifest: Path) -> None:
    report = held.ingest([], manifests=manifest)
    assert (report.images, report.captions, report.captions_left_out) == (2, 0, 8)
    assert "8 captions left out" in str(report)
    assert [row.document for row in held.rows().values()] == ["the sea 0", "the sea 1"]
    assert held.ingest([], manifests=manifest).captions_left_out == 8


def test_the_same_caption_twice_is_one_and_copies_of_a_picture_are_one_picture(
    held: Held, tmp_path: Path
) -> None:
    for name in ("a.png", "b.png"):
        write_picture(tmp_path / name, 1)
    lines = [("a.png", "the sea"), ("a.png", "the sea"), ("b.png", "the sea"), ("b.png", "a boat")]
    manifest = tmp_path / "list.csv"
    manifest.write_text("uri,caption\n" + "\n".join(map(",".join, lines)), encoding="utf-8")
    assert held.ingest([], manifests=manifest).captions_left_out == 1


def test_every_caption_becomes_a_row_with_its_own_fields_and_stays(held: Held, manifest: Path) -> None:
    expected = {f"{each} {number}": place for number in range(2) for place, each in enumerate(WORDS)}
    report = held.ingest([], manifests=manifest, embed_captions=True)
    assert (report.images, report.captions, report.captions_left_out) == (2, 10, 0)
    assert captions(held) == expected
    again = held.ingest([], manifests=manifest, embed_captions=True, prune=True)
    assert counts(again) == {"skipped": 12}
    assert captions(held) == expected


def test_a_caption_that_is_taken_from_the_manifest_loses_its_row(held: Held, manifest: Path) -> None:
    held.ingest([], manifests=manifest, embed_captions=True)
    write_manifest(manifest, [each for each in WORDS if each != "waves"])
    report = held.ingest([], manifests=manifest, embed_captions=True)
    assert (report.captions, report.removed) == (0, 2)
    assert "waves 0" not in captions(held)
    assert len(captions(held)) == 8
