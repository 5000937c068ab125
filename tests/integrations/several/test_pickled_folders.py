"""A folder whose weights are pickles loads everywhere, by safetensors made once, or is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from reference import Reference, row_cosines
from safetensors import SafetensorError
from safetensors.torch import load_file

from chroma_clip_embeddings import CLIPEmbeddingFunction
from clip_embeddings import CLIPEmbedder, ModelLoadError
from langchain_clip_embeddings import CLIPEmbeddings
from ray_clip_embeddings import CLIPBatchEmbedder

TEXTS = ["a photo of a cat", "two dogs on the beach"]


@pytest.fixture
def pickled(checkpoint: Path, tmp_path: Path) -> Path:
    """The random checkpoint with its weights as older releases of transformers wrote them."""
    folder = Path(shutil.copytree(checkpoint, tmp_path / "pickled"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_it_gives_the_vectors_of_transformers_and_has_the_fingerprint_of_safetensors(
    pickled: Path, checkpoint: Path, caplog: pytest.LogCaptureFixture
) -> None:
    embedder = CLIPEmbedder(pickled, device="cpu", dtype="float32")
    assert row_cosines(embedder.embed_texts(TEXTS), Reference(checkpoint).texts(TEXTS)).min() >= 0.99999
    assert embedder.fingerprint == CLIPEmbedder(checkpoint).fingerprint
    assert sorted(path.name for path in pickled.iterdir() if "model" in path.name) == ["pytorch_model.bin"]
    CLIPEmbedder(pickled, device="cpu", dtype="float32").embed_texts(TEXTS)
    assert sum("converting them to safetensors once" in line for line in caplog.messages) <= 1


def test_tensors_that_share_memory_and_old_pickles_are_converted(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "old"))
    weights = load_file(folder / "model.safetensors")
    name = "text_model.embeddings.token_embedding.weight"
    weights["nobody.weight"] = weights[name][:, ::2]  # a view that is not contiguous
    weights["nobody.twin"] = weights[name]
    torch.save(weights, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    (folder / "model.safetensors").unlink()
    embedder = CLIPEmbedder(folder, device="cpu", dtype="float32")
    expected = CLIPEmbedder(checkpoint, device="cpu", dtype="float32").embed_texts(TEXTS)
    assert np.abs(embedder.embed_texts(TEXTS) - expected).max() < 1e-6


def test_shards_of_equal_names_in_other_folders_are_told_apart(checkpoint: Path, tmp_path: Path) -> None:
    weights = load_file(checkpoint / "model.safetensors")
    names = sorted(weights)
    found = []
    for number in (1.0, 2.0):
        folder = Path(shutil.copytree(checkpoint, tmp_path / str(number)))
        (folder / "model.safetensors").unlink()
        parts = {"a/w.bin": names[:30], "b/w.bin": names[30:]}
        for name, keys in parts.items():
            (folder / name).parent.mkdir()
            scale = number if name == "a/w.bin" else 1.0
            torch.save({key: weights[key] * scale for key in keys}, folder / name)
        index = {"weight_map": {key: name for name, keys in parts.items() for key in keys}}
        (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
        found.append(CLIPEmbedder(folder, device="cpu", dtype="float32"))
    assert found[0].fingerprint != found[1].fingerprint
    assert row_cosines(found[0].embed_texts(TEXTS), Reference(checkpoint).texts(TEXTS)).min() >= 0.99999
    assert row_cosines(found[1].embed_texts(TEXTS), found[0].embed_texts(TEXTS)).max() < 0.9999


def test_a_disk_that_is_full_is_named_with_what_moves_the_folder(
    pickled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    torch.save({"other": torch.ones(3)}, pickled / "pytorch_model.bin")  # not converted by another test
    with pytest.raises(ModelLoadError, match=r"No space left on device.*HF_ASSETS_CACHE"):
        CLIPEmbedder(pickled).embed_texts(TEXTS)


USES: dict[str, Callable[[Path], Any]] = {
    "CLIPEmbedder": lambda folder: CLIPEmbedder(folder, allow_pickle=False).embed_texts(TEXTS),
    "Chroma": lambda folder: CLIPEmbeddingFunction(folder, allow_pickle=False)(TEXTS),
    "LangChain": lambda folder: CLIPEmbeddings(model=folder, allow_pickle=False).embed_documents(TEXTS),
    "Ray": lambda folder: CLIPBatchEmbedder(folder, allow_pickle=False, text_column="t")(
        {"t": np.array(TEXTS)}
    ),
}


@pytest.mark.parametrize("use", USES)
def test_allow_pickle_false_refuses_it_everywhere(pickled: Path, use: str) -> None:
    with pytest.raises(
        ModelLoadError, match=r"has only pickled weights \(pytorch_model.bin\), and pickles are"
    ):
        USES[use](pickled)


def test_a_collection_that_is_opened_again_obeys_the_environment(
    pickled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = CLIPEmbeddingFunction(pickled).get_config()
    assert "allow_pickle" not in stored
    monkeypatch.setenv("CLIP_EMBEDDINGS_ALLOW_PICKLE", "0")
    with pytest.raises(ModelLoadError, match="pickles are not allowed"):
        CLIPEmbeddingFunction.build_from_config(stored)(TEXTS)
    monkeypatch.setenv("CLIP_EMBEDDINGS_ALLOW_PICKLE", "maybe")
    with pytest.raises(ValueError, match="CLIP_EMBEDDINGS_ALLOW_PICKLE: got 'maybe'; expected 0 or 1"):
        CLIPEmbeddingFunction.build_from_config(stored)(TEXTS)


@pytest.mark.parametrize("value", [1, "yes", 0.0])
def test_anything_but_yes_or_no_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"allow_pickle: got .*; expected True, False or None"):
        CLIPEmbedder("tiny", allow_pickle=value)
