"""What can be ingested beside folders: manifests, addresses and captions; and where failures are kept."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import chromadb
import fsspec
import numpy as np
import pytest
from chromadb.api import ClientAPI
from stored import assert_same_rows, counts, row_of, rows_of, write_picture

from chroma_clip_embeddings import ingest, open_collection
from clip_embeddings import CLIPEmbedder, InvalidInputError, TruncationWarning


def write_lines(path: Path, lines: Iterable[Any]) -> Path:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def test_captions_and_metadata_of_a_manifest_are_stored(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    write_picture(tmp_path / "a.png", 1)
    manifest = write_lines(
        tmp_path / "list.jsonl", [{"uri": "a.png", "caption": "the sea", "metadata": {"year": 2024}}]
    )
    assert counts(ingest([], collection, manifests=[manifest])) == {"images": 1}
    row = row_of(collection, tmp_path / "a.png")
    assert row.document == "the sea"
    assert row.metadata["year"] == 2024
    assert row.metadata["modality"] == "image"


def test_bad_lines_of_a_manifest_cost_their_rows_only(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    for i in range(3):
        write_picture(tmp_path / f"{i}.png", i)
    (tmp_path / "broken.png").write_bytes((tmp_path / "0.png").read_bytes()[:-30])
    lines = [
        {"uri": "0.png"},
        "{not json",
        {"caption": "no uri"},
        {"uri": "absent.png"},
        {"uri": "broken.png"},
        {"uri": "1.png", "metadata": {"uri": "mine"}},
        {"uri": "2.png"},
    ]
    failures = tmp_path / "failures.jsonl"
    manifest = write_lines(tmp_path / "list.jsonl", lines)
    report = ingest([], collection, manifests=[manifest], failures=failures)
    assert report.images == 2
    names = [Path(failure.path).name for failure in report.failures]
    assert sorted(names) == [
        "absent.png",
        "broken.png",
        "list.jsonl line 2",
        "list.jsonl line 3",
        "list.jsonl line 6",
    ]
    (absent,) = [failure for failure in report.failures if failure.path.endswith("absent.png")]
    assert absent.reason == "no such file (list.jsonl line 4)"
    kept = [json.loads(line) for line in failures.read_text(encoding="utf-8").splitlines()]
    assert kept == [{"path": failure.path, "reason": failure.reason} for failure in report.failures]
    ingest([], collection, manifests=[manifest], failures=failures)
    assert len(failures.read_text(encoding="utf-8").splitlines()) == 10


def test_a_failures_file_that_cannot_be_written_is_an_error_before_anything(
    collection: chromadb.Collection, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match="cannot be written"):
        ingest([folder], collection, failures=tmp_path / "absent" / "failures.jsonl")
    assert collection.count() == 0


def test_embedded_captions_are_text_rows_linked_to_their_picture(
    collection: chromadb.Collection, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    picture = write_picture(tmp_path / "a.png", 1)
    manifest = tmp_path / "captions.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["uri", "caption"], ["a.png", "a cat"], ["a.png", "a small cat"]])
    report = ingest([tmp_path], collection, manifests=[manifest], embed_captions=True)
    assert (report.images, report.captions) == (1, 2)
    rows = rows_of(collection)
    (image,) = [id for id in rows if id.startswith("image:")]
    captions = {row.document: row for id, row in rows.items() if id.startswith("caption:")}
    assert captions.keys() == {"a cat", "a small cat"}
    assert rows[image].document == "a cat"
    for words, row in captions.items():
        assert row.metadata["caption_of"] == image
        assert (row.metadata["modality"], row.metadata["uri"]) == ("text", str(picture))
        np.testing.assert_allclose(row.vector, tiny.embed_texts([words])[0], atol=1e-5)
    again = ingest([tmp_path], collection, manifests=[manifest], embed_captions=True)
    assert (again.added, again.updated) == (0, 0)


def test_caption_rows_follow_their_picture(collection: chromadb.Collection, tmp_path: Path) -> None:
    """It moves, it is captioned anew, and it is gone."""
    folder = tmp_path / "photos"
    path = write_picture(folder / "a.png", 1)
    ingest([folder], collection, captions={str(path): "a cat"}, embed_captions=True)
    path.rename(folder / "b.png")
    assert ingest([folder], collection).moved == 2
    assert {row.uri for row in rows_of(collection).values()} == {str(folder / "b.png")}
    captions = {str(folder / "b.png"): "a dog"}
    report = ingest([folder], collection, captions=captions, embed_captions=True)
    assert counts(report) == {"captions": 1, "skipped": 1, "updated": 1, "removed": 1}
    assert {row.document for row in rows_of(collection).values()} == {"a dog"}
    (folder / "b.png").unlink()
    write_picture(folder / "c.png", 2)
    assert ingest([folder], collection, prune=True).pruned == 2
    assert collection.count() == 1


def test_a_broken_picture_has_no_caption_row(collection: chromadb.Collection, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", 1)
    path.write_bytes(path.read_bytes()[:-30])
    report = ingest([tmp_path], collection, captions={str(path): "a cat"}, embed_captions=True)
    assert (collection.count(), len(report.failures)) == (0, 1)


def test_a_caption_that_is_too_long_costs_its_own_row_only(client: ClientAPI, tmp_path: Path) -> None:
    strict = CLIPEmbedder("tiny", device="cpu", dtype="float32", long_text="error")
    collection = open_collection(client, "strict", embedder=strict)
    captions = {
        str(write_picture(tmp_path / "a.png", 1)): "a cat",
        str(write_picture(tmp_path / "b.png", 2)): "a very long story " * 80,
    }
    report = ingest([tmp_path], collection, captions=captions, embed_captions=True)
    assert counts(report) == {"images": 2, "captions": 1}
    (failure,) = report.failures
    assert failure.path.endswith("b.png")
    assert "its caption cannot be embedded" in failure.reason


def test_the_same_picture_broken_and_named_often_is_one_failure(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    path = write_picture(tmp_path / "a.png", 1)
    path.write_bytes(path.read_bytes()[:-30])
    ingest_twice = [tmp_path, path]
    assert len(ingest(ingest_twice, collection).failures) == 1


def test_addresses_are_read_where_their_scheme_is_allowed(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    path = write_picture(tmp_path / "a.png", 1)
    with fsspec.open("memory://bucket/sea.png", "wb") as file:
        file.write(path.read_bytes())
    with pytest.raises(InvalidInputError, match="--allow-scheme memory"):
        ingest(["memory://bucket/sea.png"], collection)
    report = ingest(["memory://bucket/sea.png"], collection, allow_schemes=["memory"])
    assert report.images == 1
    (stored,) = rows_of(collection).values()
    assert (stored.document, stored.uri) == ("sea.png", "memory://bucket/sea.png")
    # What is elsewhere is never taken for gone.
    assert ingest([tmp_path], collection, prune=True).pruned == 0
    (stored,) = rows_of(collection).values()
    assert json.loads(stored.metadata["uris"]) == [str(path), "memory://bucket/sea.png"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433"])
def test_an_address_of_this_machine_is_refused_and_the_rest_goes_on(
    collection: chromadb.Collection, tmp_path: Path, host: str
) -> None:
    path = write_picture(tmp_path / "a.png", 1)
    url = f"http://{host}:9/secret.png"
    report = ingest([url, path], collection, allow_schemes=["http"])
    assert report.images == 1
    (failure,) = report.failures
    assert failure.path == url
    assert "loopback" in failure.reason


def test_one_file_under_several_roots_and_a_pattern_is_one_row(
    collection: chromadb.Collection, client: ClientAPI, tiny: CLIPEmbedder, folder: Path
) -> None:
    ingest([folder], collection)
    other = open_collection(client, "other", embedder=tiny)
    report = ingest([str(folder / "*.png"), folder / "notes", folder / "scene-00.png", folder], other)
    assert report.skipped == 0
    assert_same_rows(rows_of(other), rows_of(collection))


def test_progress_is_shown_only_on_request(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingest([folder], open_collection(client, "quiet", embedder=tiny))
    assert capsys.readouterr().out == ""
    ingest([folder], open_collection(client, "shown", embedder=tiny), show_progress=True)
    shown = capsys.readouterr().out
    assert "15/15" in shown
    assert "pictures/s" in shown


def test_a_long_caption_is_cut_with_a_warning(collection: chromadb.Collection, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png", 1)
    captions = {str(path): "a very long story " * 80}
    with pytest.warns(TruncationWarning):
        assert ingest([tmp_path], collection, captions=captions, embed_captions=True).captions == 1
