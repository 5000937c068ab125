"""What photos say of themselves, as metadata that one can filter by; where they were taken only if asked."""

from pathlib import Path

import pytest
from pictures import ORIENTATION, photo
from PIL import ExifTags, Image
from stores import Held

from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.read.photo import photo_facts


def taken(path: Path, time: object = "2024:05:01 14:03:22", **more: object) -> Path:
    """A JPEG as a phone writes it, on its side, with a place in Seoul."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[ExifTags.Base.Make], exif[ExifTags.Base.Model] = more.get("make", "Apple"), "iPhone 15\0"
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = time
    details[ExifTags.Base.OffsetTimeOriginal] = "+09:00"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {1: "N", 2: more.get("north", (37.0, 33.0, 59.4)), 3: "E", 4: (126.0, 58.0, 41.0)}
    )
    photo(60, 40).save(path, exif=exif)
    return path


def test_a_photo_says_when_and_with_what_it_was_taken(tmp_path: Path) -> None:
    content = taken(tmp_path / "a.jpg").read_bytes()
    facts = {
        "width": 40,
        "height": 60,
        "taken": "2024-05-01T14:03:22+09:00",
        "year": 2024,
        "day": 20240501,
        "camera": "Apple iPhone 15",
    }
    assert photo_facts(content) == facts
    assert photo_facts(content, place=True) == facts | {"latitude": 37.56650, "longitude": 126.97806}


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    photo(60, 40).save(tmp_path / "a.png")
    assert photo_facts((tmp_path / "a.png").read_bytes(), place=True) == {"width": 60, "height": 40}
    for time in ("0000:00:00 00:00:00", "yesterday", "2024:13:41 99:00:00"):
        assert "taken" not in photo_facts(taken(tmp_path / "b.jpg", time).read_bytes())
    far = taken(tmp_path / "c.jpg", north=(400.0, 0.0, 0.0)).read_bytes()
    assert not {"latitude", "longitude"} & set(photo_facts(far, place=True))
    assert photo_facts(b"just words") == photo_facts(b"\xff\xd8\xff cut") == {}
    same = taken(tmp_path / "d.jpg", make="iPhone").read_bytes()
    assert photo_facts(same)["camera"] == "iPhone 15"


def test_they_are_stored_if_asked_for_and_found_by(held: Held, tmp_path: Path, tiny: CLIPEmbedder) -> None:
    taken(tmp_path / "old.jpg", "2019:12:31 23:59:59")
    taken(tmp_path / "new.jpg")
    (tmp_path / "note.txt").write_text("A note.", encoding="utf-8")
    held.ingest(tmp_path)
    assert not any("year" in row.metadata for row in held.rows().values())
    report = held.ingest(tmp_path, exif=True)
    assert (report.added, report.updated) == (0, 2)  # rows that were there have them now
    assert {row.metadata.get("day") for row in held.rows().values()} == {None, 20191231, 20240501}
    assert not any("latitude" in row.metadata for row in held.rows().values())
    assert held.ingest(tmp_path, exif=True).updated == 0
    held.ingest(tmp_path, exif_place=True)
    found = held.adapter.search(held.raw, text="a photo", where="year >= 2020 and latitude > 37")
    assert [Path(hit.uri).name for hit in found.hits] == ["new.jpg"]
    assert pytest.approx(126.97806) == found.hits[0].metadata["longitude"]
