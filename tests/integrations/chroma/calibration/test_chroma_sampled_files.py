"""Which files a sample takes for a calibration, which it passes over, and what is no sample."""

import shutil
from pathlib import Path
from typing import Any

import chromadb
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    FileSample,
    ingest,
    open_collection,
    sample_collection,
    sample_files,
)
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError


def test_one_long_text_is_not_the_whole_sample(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text(
        " ".join(f"On day {day} the dog ran to the sea." for day in range(900))
    )
    for number in range(30):
        (tmp_path / f"{number}.txt").write_text(f"Letter {number} from the cat.")
    sample = sample_files([tmp_path], tiny, size=40)
    assert sample.counts["text"] == 40
    shas = [id.split(":")[1] for id in sample.vectors]
    assert len(set(shas)) > 25  # the book gives a share, and what the letters leave open


def test_unusable_files_and_copies_are_passed_over(tiny: CLIPEmbedder, folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    whole = (copy / "scene-03.png").read_bytes()
    (copy / "cut.png").write_bytes(whole[: len(whole) // 2])
    (copy / "again.png").write_bytes(whole)
    (copy / "empty.txt").write_bytes(b"")
    assert sample_files([copy], tiny).vectors.keys() == sample_files([folder], tiny).vectors.keys()


def test_a_folder_with_nothing_to_use_says_what_is_missing(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    sample = sample_files([tmp_path], tiny)
    assert sample.counts == {"text": 0, "image": 0}
    with pytest.raises(InvalidInputError, match=r"0 texts .*at least 300"):
        sample.calibration()


def test_a_sample_of_another_model_is_refused_and_nothing_is_stored(
    client: ClientAPI, tiny: CLIPEmbedder, embedder: CLIPEmbedder, folder: Path
) -> None:
    other: FileSample = sample_files([folder / "notes"], embedder, size=3)
    collection = open_collection(client, "photos", embedder=tiny)
    with pytest.raises(FingerprintMismatchError) as caught:
        ingest([folder], collection, sample=other)
    for part in (embedder.config.model, embedder.model_fingerprint, "'tiny'", tiny.model_fingerprint):
        assert part in str(caught.value)
    assert collection.count() == 0


@pytest.mark.parametrize("size", [0, -1, 2.5, True])
def test_a_size_that_is_none_is_refused(
    tiny: CLIPEmbedder, folder: Path, collection: chromadb.Collection, size: Any
) -> None:
    with pytest.raises(InvalidInputError, match=r"size: got .*at least 1"):
        sample_files([folder], tiny, size=size)
    with pytest.raises(InvalidInputError, match=r"size: got .*at least 1"):
        sample_collection(collection, size=size)
