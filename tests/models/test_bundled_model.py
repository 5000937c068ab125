"""The bundled model does what its card says, on scenes that training never saw; figures: make bench-card."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.bundled_model import (
    BEGIN,
    DEMO_QUERIES,
    END,
    NEVER_DRAWN,
    Measured,
    table,
    write_card,
)
from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.catalog import MODELS
from clip_embeddings.models.tiny import WEIGHTS


@pytest.fixture(scope="module")
def seen(tiny: CLIPEmbedder) -> Measured:
    return Measured(tiny, held_out=False, number=300)


def test_it_is_a_plain_folder_of_at_most_8_mb() -> None:
    files = {path.name: path.stat().st_size for path in WEIGHTS.iterdir()}
    assert files.keys() == {
        "README.md",
        "calibration.json",
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    }
    assert sum(files.values()) <= 8_000_000
    assert json.loads((WEIGHTS / "config.json").read_text())["model_type"] == "clip"


def test_the_registry_knows_its_dimension(tiny: CLIPEmbedder) -> None:
    assert tiny.dimension == MODELS["tiny"].dimension == tiny.embed_texts(["a cat"]).shape[1]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_full_caption_finds_its_picture(seen: Measured, language: str) -> None:
    assert seen.recall(language, 1) >= 0.8
    assert seen.recall(language, 10) >= 0.97


@pytest.mark.parametrize("language", ["en", "ko"])
def test_classes_places_and_times_are_told_apart(seen: Measured, language: str) -> None:
    assert seen.zero_shot(language, "thing") >= 0.9
    assert seen.zero_shot(language, "place") >= 0.97
    assert seen.zero_shot(language, "time") >= 0.97


@pytest.mark.parametrize(
    "text", ["a photo of a cat", "a photo of a dog", "a landscape with mountains", "노을지는 바다"]
)
def test_the_demo_queries_are_right_at_rank_1(seen: Measured, text: str) -> None:
    assert seen.precision(text, DEMO_QUERIES[text], 1) == 1


def test_texts_about_what_is_never_drawn_score_below_true_pairs(seen: Measured, tiny: CLIPEmbedder) -> None:
    pairs = np.concatenate([(texts * seen.pictures).sum(axis=1) for texts in seen.texts.values()])
    strangers = tiny.embed_texts(list(NEVER_DRAWN)) @ seen.pictures.T
    assert strangers.max() < np.percentile(pairs, 5)


def test_the_card_states_figures(tmp_path: Path) -> None:
    card = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    figures = card[card.index(BEGIN) + len(BEGIN) : card.index(END)]
    assert "R@1, full captions, 1000 scenes" in figures
    copy = tmp_path / "card.md"
    copy.write_text(card, encoding="utf-8")
    write_card(copy, figures.strip())
    assert copy.read_text(encoding="utf-8") == card
    assert table([("a", "1")]).splitlines()[-1] == "| a | 1 |"


def test_its_reference_calibration_is_of_this_model_and_closes_the_gap(tiny: CLIPEmbedder) -> None:
    calibration = tiny.with_calibration("reference").calibration
    assert calibration is not None
    assert tiny.matches_model(calibration.model)
    assert calibration.gap > 0.5
    assert set(calibration.scores) == {(a, b) for a in ("text", "image") for b in ("text", "image")}
