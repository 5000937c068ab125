"""EmbedderConfig keeps identity apart from deployment and names what it refuses."""

import dataclasses
import json
from typing import Any

import pytest

from clip_embeddings import CLIPEmbedder, EmbedderConfig, InvalidInputError


def test_identity_holds_what_makes_vectors_comparable_and_nothing_else() -> None:
    config = EmbedderConfig(
        model="tiny", long_text="chunk", device="cuda", dtype="float16", batch_size=7, threads=2
    )
    assert config.identity() == {"model": "tiny", "revision": None, "long_text": "chunk"}
    assert EmbedderConfig.from_dict(json.loads(json.dumps(config.identity()))).identity() == config.identity()


def test_a_config_survives_a_dictionary_and_cannot_be_changed() -> None:
    config = EmbedderConfig(model="a/b", revision="main", batch_size=3)
    assert EmbedderConfig.from_dict(dataclasses.asdict(config)) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.batch_size = 4  # type: ignore[misc]


def test_an_unknown_setting_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        InvalidInputError, match=r"unknown settings \['batchsize'\]; known: model, .*batch_size"
    ):
        EmbedderConfig.from_dict({"model": "tiny", "batchsize": 3})


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("model", "", "expected a hub id, a folder or a bundled name"),
        ("model", "  ", "expected a hub id"),
        ("model", None, "model: got None"),
        ("long_text", "cut", "long_text: got 'cut'; expected one of truncate, chunk, error"),
        ("dtype", "int8", "dtype: got 'int8'; expected one of auto, float32, bfloat16, float16"),
        ("device", "gpu", "device: got 'gpu'; expected one of auto, cuda, mps, cpu"),
        ("device", "", "device: got ''"),
        ("batch_size", 0, "batch_size: got 0; expected a whole number of at least 1"),
        ("batch_size", -1, "batch_size: got -1"),
        ("batch_size", 2.0, "batch_size: got 2.0"),
        ("batch_size", "8", "batch_size: got '8'"),
        ("batch_size", True, "batch_size: got True"),
        ("draft", 1, 'draft: got 1; expected "auto", True or False'),
        ("draft", "on", "draft: got 'on'"),
        ("normalize", None, "normalize: got None"),
        ("max_pixels", 0, "max_pixels: got 0"),
        ("threads", 0, "threads: got 0"),
    ],
)
def test_a_bad_value_is_refused_when_the_embedder_is_made(setting: str, value: Any, message: str) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(InvalidInputError, match=message):
        EmbedderConfig(**settings)
    with pytest.raises(InvalidInputError, match=message):
        CLIPEmbedder(**settings)


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:3", "mps"])
def test_any_known_device_is_accepted_before_the_machine_is_asked(device: str) -> None:
    assert EmbedderConfig(device=device).device == device
