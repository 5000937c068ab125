"""A model's folder may be named by a path: everything is as if its text had been given."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training_pairs import drawn

from clip_embeddings import CLIPEmbedder, EmbedderConfig, InvalidInputError, finetune


class Place:
    """A path of someone else's making."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __fspath__(self) -> str:
        return self._name


@pytest.mark.parametrize("given", [Path("models/mine"), Place("models/mine"), "  models/mine\n"])
def test_a_path_and_its_text_are_one_config(given: Any) -> None:
    config = EmbedderConfig(model=given)
    assert config == EmbedderConfig(model="models/mine")
    assert type(config.model) is str
    assert config.identity()["model"] == "models/mine"
    assert EmbedderConfig.from_dict({"model": given}) == config
    assert CLIPEmbedder(given).config == config
    assert repr(CLIPEmbedder(given)) == repr(CLIPEmbedder("models/mine"))


def test_a_path_gives_the_fingerprint_and_the_vectors_of_its_text(checkpoint: Path) -> None:
    by_path = CLIPEmbedder(checkpoint, device="cpu", dtype="float32")
    by_text = CLIPEmbedder(f" {checkpoint} ", device="cpu", dtype="float32")
    assert by_path.fingerprint == by_text.fingerprint
    np.testing.assert_array_equal(by_path.embed_texts(["a cat"]), by_text.embed_texts(["a cat"]))


def test_a_bundled_model_is_found_whatever_stands_around_its_name() -> None:
    assert CLIPEmbedder(" tiny ").dimension == CLIPEmbedder(Path("tiny")).dimension == 128


class Encoded:
    def __fspath__(self) -> bytes:
        return b"models/mine"


@pytest.mark.parametrize("given", [b"tiny", os.fsencode("models/mine"), Encoded(), 7, None, "", Place("  ")])
def test_what_is_no_text_and_no_path_of_text_is_refused(given: Any, tmp_path: Path) -> None:
    expected = "model: got .*; expected a hub id, a folder or a bundled name"
    with pytest.raises(InvalidInputError, match=expected):
        EmbedderConfig(model=given)
    with pytest.raises(InvalidInputError, match=expected):
        CLIPEmbedder(given)
    with pytest.raises(InvalidInputError, match=expected):
        finetune(given, drawn(8), output=tmp_path / "out", method="last-layers")


def test_a_model_is_finetuned_by_its_path(checkpoint: Path, tmp_path: Path) -> None:
    report = finetune(
        checkpoint,
        drawn(12),
        output=tmp_path / "out",
        method="last-layers",
        epochs=1,
        batch_size=8,
        validation=0,
        device="cpu",
        precision="float32",
    )
    assert report.base == str(checkpoint)
    assert CLIPEmbedder(report.output).fingerprint == report.fingerprint
