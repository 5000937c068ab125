"""Samples for a calibration: random, seeded, the same from files and collections, never embedded twice."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import ClientAPI

from chroma_clip_embeddings import (
    add_items,
    ingest,
    open_collection,
    sample_files,
)
from clip_embeddings import CLIPEmbedder, ImageBatch
from clip_embeddings.ingestion import gathering
from clip_embeddings.ingestion.read.local import read_file
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes


class Counting:
    """Every picture and text that any embedder is given."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.items: list[Any] = []
        images, texts = CLIPEmbedder.iter_images, CLIPEmbedder.embed_texts

        def iter_images(
            embedder: CLIPEmbedder, pictures: Iterable[Any], **options: Any
        ) -> Iterable[ImageBatch]:
            pictures = list(pictures)
            self.items += pictures
            return images(embedder, pictures, **options)

        def embed_texts(embedder: CLIPEmbedder, given: list[str], **options: Any) -> Any:
            self.items += given
            return texts(embedder, given, **options)

        monkeypatch.setattr(CLIPEmbedder, "iter_images", iter_images)
        monkeypatch.setattr(CLIPEmbedder, "embed_texts", embed_texts)


def vectors_of(collection: chromadb.Collection) -> dict[str, np.ndarray]:
    got = collection.get(include=["embeddings"])
    return dict(zip(got["ids"], np.asarray(got["embeddings"]), strict=True))


@pytest.fixture(scope="module")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """Forty scenes, what is on each of them, and notes about something else."""
    folder, captions = tmp_path_factory.mktemp("captioned"), {}
    for number, scene in enumerate(scenes(9000, 40)):
        path = folder / f"{number:02}.png"
        render(scene, 64, supersample=1).save(path)
        captions[str(path)] = caption(scene, "en", random.Random(number)).text
        (folder / f"note-{number:02}.txt").write_text(f"Invoice number {number} is paid.")
    return folder, captions


def test_an_ingestion_under_a_sample_embeds_no_item_twice(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(monkeypatch)
    sample = sample_files([folder], tiny, size=5)
    assert sample.counts == {"text": 5, "image": 5}
    calibrated = tiny.with_calibration(sample.calibration(minimum=5))
    collection = open_collection(client, "photos", embedder=calibrated)
    report = ingest([folder], collection, sample=sample)
    assert report.images + report.passages == len(counting.items)  # one for each row
    assert sample.vectors.keys() <= set(collection.get()["ids"])


@pytest.mark.parametrize("calibrated", [True, False])
def test_the_stored_vectors_equal_those_of_an_ingestion_without_a_sample(
    client: ClientAPI, tiny: CLIPEmbedder, folder: Path, calibrated: bool
) -> None:
    sample = sample_files([folder], tiny, size=6)
    embedder = tiny.with_calibration(sample.calibration(minimum=6)) if calibrated else tiny
    with_it, without = (open_collection(client, name, embedder=embedder) for name in ("with", "without"))
    ingest([folder], with_it, sample=sample)
    ingest([folder], without)
    here, there = vectors_of(with_it), vectors_of(without)
    assert here.keys() == there.keys()
    for id in here:
        np.testing.assert_allclose(here[id], there[id], atol=1e-6)


def test_a_sample_is_raw_whatever_the_embedder_is_calibrated_with(tiny: CLIPEmbedder, folder: Path) -> None:
    raw, calibrated = (
        sample_files(folder, each, size=5) for each in (tiny, tiny.with_calibration("reference"))
    )
    assert raw.vectors.keys() == calibrated.vectors.keys()
    for id in raw.vectors:
        np.testing.assert_array_equal(raw.vectors[id], calibrated.vectors[id])
    assert raw.calibration(minimum=5) == calibrated.calibration(minimum=5)


def test_a_seed_gives_the_same_rows_again_and_another_one_others(tiny: CLIPEmbedder, folder: Path) -> None:
    first, again, other = (set(sample_files([folder], tiny, size=5, seed=seed).vectors) for seed in (0, 0, 1))
    assert first == again != other


def test_a_few_of_many_files_are_read(
    tiny: CLIPEmbedder, captioned: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a name promises that there is enough of is not opened."""
    read: list[Path] = []

    def counted(path: Path, **options: Any) -> bytes:
        read.append(path)
        return read_file(path, **options)

    monkeypatch.setattr("clip_embeddings.ingestion.read.reading.read_file", counted)
    sample = sample_files([captioned[0]], tiny, size=5)
    assert sample.counts == {"text": 5, "image": 5}
    assert len([path for path in read if path.suffix == ".png"]) == 5


def test_where_pictures_have_captions_those_are_the_texts(
    tiny: CLIPEmbedder, captioned: tuple[Path, dict[str, str]]
) -> None:
    """Notes about invoices differ from pictures in topic, which would be taken for a part of the gap."""
    folder, captions = captioned
    sample = sample_files([folder], tiny, captions=captions)
    assert sample.counts == {"text": 40, "image": 40}
    assert not any(id.startswith("text:") for id in sample.vectors)
    made = sample.calibration(minimum=40)
    mean = tiny.embed_texts(list(captions.values())).mean(axis=0)
    np.testing.assert_allclose(made.means["document", "text"], mean, atol=1e-5)
    assert "40 pictures and 40 captions of" in made.source
    few = sample_files([folder], tiny, captions=dict(list(captions.items())[:5]))
    assert "40 pictures and 40 text passages of" in few.source


def test_captions_of_a_manifest_are_measured_and_not_embedded_again_as_rows(
    client: ClientAPI,
    tiny: CLIPEmbedder,
    captioned: tuple[Path, dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The manifest also names files of the folder; each of them is sampled with its caption."""
    folder, captions = captioned
    manifest = tmp_path / "scenes.jsonl"
    lines = [json.dumps({"uri": uri, "caption": words}) for uri, words in captions.items()]
    manifest.write_text("\n".join(lines), encoding="utf-8")
    counting = Counting(monkeypatch)
    sample = sample_files([folder], tiny, manifests=manifest)
    given = sample_files([folder], tiny, captions=captions)
    assert sample.calibration(minimum=40) == given.calibration(minimum=40)
    assert sample.source == f"40 pictures and 40 captions of {folder}, {manifest}"
    counting.items.clear()
    calibrated = tiny.with_calibration(sample.calibration(minimum=40))
    collection = open_collection(client, "scenes", embedder=calibrated)
    report = ingest([], collection, manifests=manifest, sample=sample, embed_captions=True)
    assert (report.images, report.captions) == (40, 40)
    assert report.cached == report.added
    assert counting.items == []


def test_a_pattern_is_sampled_like_the_files_that_it_matches(
    tiny: CLIPEmbedder, captioned: tuple[Path, dict[str, str]]
) -> None:
    sample = sample_files(f"{captioned[0]}/*1.*", tiny)
    files = sample_files([path for path in captioned[0].iterdir() if path.stem.endswith("1")], tiny)
    assert sample.vectors.keys() == files.vectors.keys()
    assert sample.counts == {"text": 4, "image": 4}


def test_of_very_many_files_a_random_part_of_either_kind_is_kept_to_choose_from(
    tiny: CLIPEmbedder, captioned: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "_LISTED", 10)
    first, other = (sample_files([captioned[0]], tiny, seed=seed) for seed in (0, 1))
    assert first.counts == other.counts == {"text": 10, "image": 10}
    assert first.vectors.keys() != other.vectors.keys()


def test_under_the_calibration_of_its_sample_asked_for_pictures_pass_more_of_the_other_texts(
    client: ClientAPI, tiny: CLIPEmbedder, captioned: tuple[Path, dict[str, str]]
) -> None:
    """Twenty pictures that are asked for, and twenty texts about other scenes."""
    folder, captions = captioned
    shown = list(scenes(9000, 40))
    words = [
        caption(scene, "en", random.Random(number), full=True).text for number, scene in enumerate(shown)
    ]
    sample = sample_files([folder], tiny, captions=captions)
    calibrated = tiny.with_calibration(sample.calibration(minimum=40))
    shares = []
    for name, embedder in (("raw", tiny), ("calibrated", calibrated)):
        collection = open_collection(client, name, embedder=embedder)
        ingest(sorted(folder.glob("*.png"))[:20], collection, sample=sample)
        add_items(collection, ids=[f"text-{number}" for number in range(20)], texts=words[20:])
        found = collection.query(query_texts=words[:20], n_results=3)["metadatas"] or []
        shares.append(np.mean([row["modality"] == "image" for rows in found for row in rows]))
    assert shares[1] > shares[0] + 0.05
