"""Pairs of a picture and its caption: what is believed of them, and whether the model knows such pictures."""

import random
from pathlib import Path

import numpy as np
import pytest

from clip_embeddings import CalibrationEstimator, CLIPEmbedder, ModalityCalibration
from clip_embeddings.calibration.known import hardly_known, share_known
from clip_embeddings.ingestion import auto, sample_files
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings.types import Embeddings

NUMBER = 60


def unit(rows: np.ndarray) -> Embeddings:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def cones(wide: int) -> tuple[Embeddings, Embeddings]:
    """Pairs that agree in four directions; pictures vary in more, so their scores with texts spread less."""
    random, (one, other) = np.random.default_rng(0), np.eye(2, 40) * 2
    shared = np.zeros((400, 40))
    shared[:, 2:6] = random.normal(size=(400, 4))
    pictures = shared.copy()
    pictures[:, 6 : 2 + wide] = random.normal(size=(400, wide - 4))
    return unit(shared * 0.2 + one), unit(pictures * 0.2 + other)


@pytest.mark.parametrize(
    ("wide", "paired", "level"), [(5, False, 0.5), (5, True, 0.5), (32, False, 0.663), (32, True, 0.98)]
)
def test_more_is_believed_of_pairs(wide: int, paired: bool, level: float) -> None:
    texts, pictures = cones(wide)
    estimator = CalibrationEstimator()
    estimator.add(texts, "text")
    estimator.add(pictures, "image")
    made = estimator.calibration("m", paired=paired)
    assert made.levels["document", "text"] == pytest.approx(-level, abs=0.1 if wide == 5 else 0.001)
    back = made.invert(made.apply(texts, "text"), "text")
    assert np.abs(back - texts).max() < 1e-5


def test_captions_find_their_pictures_or_do_not() -> None:
    texts, pictures = cones(5)
    means = {("document", "text"): texts.mean(0), ("document", "image"): pictures.mean(0)}
    centring = ModalityCalibration("m", means, dict.fromkeys(means, 400), {})  # type: ignore[arg-type]
    assert share_known(texts, pictures, centring) > 0.9
    strangers = np.roll(pictures, 7, axis=0)
    assert share_known(texts, strangers, centring) == pytest.approx(0.1, abs=0.06)


def test_what_is_said_of_a_share() -> None:
    assert hardly_known(0.25) == ""
    assert hardly_known(0.136).endswith(
        "14% of the captions find their own one among the nearest tenth, "
        "where 10% is chance. No calibration mends that"
    )


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Scenes with their captions, by path."""
    folder, rng, told = tmp_path_factory.mktemp("album"), random.Random(0), {}
    for scene in scenes(730_000, NUMBER):
        path = folder / f"{scene.seed}.png"
        render(scene, 96).save(path)
        told[str(path)] = caption(scene, "en", rng, full=True).text
    return told


def test_a_sample_of_captioned_files_knows(
    tiny: CLIPEmbedder, album: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "MINIMUM", NUMBER)
    sample = sample_files(sorted(album), tiny, captions=album)
    known = sample.known(sample.calibration(minimum=NUMBER))
    assert known is not None
    assert known > 0.9
    assert "hardly" not in auto.decide(tiny, sample).said
    strange = dict(zip(album, random.Random(0).sample(sorted(album.values()), NUMBER), strict=True))
    shuffled = sample_files(sorted(album), tiny, captions=strange)
    assert "so that pictures and texts are ranked in one list; but the model hardly knows such pictures" in (
        auto.decide(tiny, shuffled).said
    )


def test_without_captions_nothing_is_said(tiny: CLIPEmbedder, album: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a note")
    (tmp_path / "other.txt").write_text("another one")
    sample = sample_files([*sorted(album)[:5], tmp_path], tiny)
    assert sample.known(sample.calibration(minimum=2)) is None
