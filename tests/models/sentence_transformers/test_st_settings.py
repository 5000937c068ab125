"""What is part of a model's identity, and what is refused by name."""

import json
import shutil
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from families.text_models import sentence_transformer
from safetensors.torch import load_file, save_file
from sentence_transformers_backend.small import PROMPTS, chat_model

from clip_embeddings import CLIPEmbedder, InvalidInputError, ModelLoadError, finetune
from clip_embeddings.models.sentence_transformers import find
from clip_embeddings.models.sentence_transformers.files import SentenceTransformersFiles
from clip_embeddings.tasks.token_states import token_states

Ours = Callable[..., CLIPEmbedder]


@pytest.fixture
def copy(folders: dict[str, Path], tmp_path: Path) -> Path:
    """Of the model with prompts, to be changed."""
    return Path(shutil.copytree(folders["chat"], tmp_path / "copy"))


def rewrite(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def test_a_fingerprint_needs_no_weights_in_memory_and_is_that_of_every_copy(
    ours: Ours, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SentenceTransformersFiles, "load", None)
    expected = ours("chat").fingerprint
    rewrite(copy / "config.json", transformers_version="9.9", dtype="bfloat16")
    settings = json.loads((copy / "config_sentence_transformers.json").read_text())
    rewrite(copy / "config_sentence_transformers.json", __version__={"sentence_transformers": "9.9"})
    (copy / "README.md").write_text("other words")
    assert settings["prompts"] == PROMPTS
    assert ours(copy).fingerprint == expected
    assert ours(copy).dimension == 32


def test_a_fingerprint_changes_with_whatever_changes_vectors(ours: Ours, copy: Path) -> None:
    seen = {ours(copy).fingerprint}
    changes: dict[str, dict[str, Any]] = {
        "config_sentence_transformers.json": {"prompts": {"query": "", "document": ""}},
        "sentence_bert_config.json": {"max_seq_length": 40},
        "1_Pooling/config.json": {"pooling_mode": "cls"},
        "tokenizer_config.json": {"model_max_length": 32},
    }
    for file, values in changes.items():
        rewrite(copy / file, **values)
        seen.add(ours(copy).fingerprint)
    tensors = load_file(copy / "model.safetensors")
    name = sorted(tensors)[0]
    save_file({**tensors, name: tensors[name] + 1}, copy / "model.safetensors", {"format": "pt"})
    seen.add(ours(copy).fingerprint)
    assert len(seen) == 6


def test_the_length_that_a_model_says_itself_is_kept(ours: Ours, copy: Path) -> None:
    rewrite(copy / "config_sentence_transformers.json", truncate_dim=16)
    assert ours(copy).dimension == ours(copy).embed_texts(["a cat"]).shape[1] == 16
    assert ours(copy, truncate_dim=24).embed_texts(["a cat"]).shape[1] == 24


def test_scores_have_a_documented_scale_where_none_was_learnt(ours: Ours) -> None:
    scoring = ours("chat").scoring
    assert (scoring.kind, scoring.scale, scoring.bias) == ("softmax", 20.0, 0.0)


def test_settings_of_other_models_are_refused(ours: Ours, checkpoint: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"truncate_dim: got 8; .* was not trained for it"):
        _ = CLIPEmbedder(checkpoint, truncate_dim=8).dimension
    with pytest.raises(InvalidInputError, match=r"truncate_dim: got 33; .* vectors of 32 numbers"):
        _ = ours("chat", truncate_dim=33).dimension
    with pytest.raises(InvalidInputError, match="truncate_dim: got 0"):
        ours("chat", truncate_dim=0)
    with pytest.raises(InvalidInputError, match="text_model: got"):
        _ = ours("chat", text_model="tiny").dimension
    with pytest.raises(InvalidInputError, match="token_states: model"):
        token_states(ours("chat"), ["a cat"])
    with pytest.raises(ModelLoadError, match="run by another library"):
        finetune(ours("clip").config.model, [("a.png", "a cat")], output="out")


def test_a_model_for_texts_alone_is_refused(ours: Ours, tmp_path: Path) -> None:
    folder = sentence_transformer(tmp_path / "text", 24)
    with pytest.raises(ModelLoadError, match="takes text, not image"):
        ours(folder).embed_texts(["a cat"])


def foreign(folder: Path) -> None:
    modules = json.loads((folder / "modules.json").read_text())
    (folder / "custom.py").write_text("raise SystemExit('it ran')")
    modules[1]["type"] = "custom.Module"
    (folder / "modules.json").write_text(json.dumps(modules))


def own_config(folder: Path) -> None:
    (folder / "custom.py").write_text("raise SystemExit('it ran')")
    rewrite(folder / "config.json", model_type="mine", auto_map={"AutoConfig": "custom.Config"})


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def emptied(folder: Path) -> None:
    for path in folder.glob("*.json"):
        path.unlink()


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a module of its own": (foreign, "code of its own, which is never run here"),
    "a config of its own": (own_config, "code of its own, which is never run here"),
    "pickles only": (pickled, "is a pickle"),
    "an adapter": (lambda at: (at / "adapter_config.json").write_text("{}"), "has an adapter"),
    "a tokenizer elsewhere": (
        lambda at: rewrite(at / "sentence_bert_config.json", tokenizer_name_or_path="a/b"),
        "names files to be read in place",
    ),
    "no model": (emptied, "neither modules.json nor"),
    "damaged weights": (lambda at: (at / "model.safetensors").write_bytes(b"x" * 40), "cannot"),
    "no weights": (lambda at: (at / "model.safetensors").unlink(), "weights .* not among its files"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_model_that_cannot_be_is_refused(ours: Ours, copy: Path, case: str) -> None:
    change, words = REFUSED[case]
    change(copy)
    with pytest.raises(ModelLoadError, match=words):
        ours(copy).embed_texts(["a cat"])


def test_a_folder_that_is_written_anew_is_another_model(ours: Ours, copy: Path) -> None:
    embedder = ours(copy)
    _ = embedder.dimension
    rewrite(copy / "config_sentence_transformers.json", prompts={})
    with pytest.raises(ModelLoadError, match="have changed since they were found"):
        embedder.embed_texts(["a cat"])


def test_without_the_package_the_extra_is_named(ours: Ours, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(find, "version", missing)
    with pytest.raises(ModelLoadError, match=r'pip install "clip-embeddings\[sentence-transformers\]"'):
        _ = ours("clip").dimension
    monkeypatch.setattr(find, "version", lambda name: "5.3.0")
    with pytest.raises(
        ModelLoadError, match=r"needs sentence-transformers 6\.0 or later, and this is 5\.3\.0"
    ):
        _ = ours("clip").dimension


def test_another_seed_is_another_model(ours: Ours, tmp_path: Path) -> None:
    assert ours(chat_model(tmp_path / "other", seed=1)).fingerprint != ours("chat").fingerprint
