"""The public names are these, resolve, and cost nothing until they are used."""

import json
import subprocess
import sys

import pytest

import clip_embeddings

NAMES = [
    "CLIPEmbedder",
    "CalibrationEstimator",
    "ClipEmbeddingsError",
    "DuplicateGroup",
    "EmbedderConfig",
    "FingerprintMismatchError",
    "GapReport",
    "ImageBatch",
    "ImageDecodeError",
    "ImageItem",
    "InvalidInputError",
    "ItemBatch",
    "LinearProbe",
    "MODELS",
    "MissingExtraError",
    "ModalityCalibration",
    "ModelLoadError",
    "ModelSpec",
    "OPEN_CLIP_TWINS",
    "Passage",
    "PrecisionReport",
    "ScoreFunction",
    "StoreError",
    "TEMPLATES",
    "TextItem",
    "TextTooLongError",
    "TipAdapter",
    "TruncationWarning",
    "ZeroShotClassifier",
    "clip_score",
    "compare_precision",
    "contrastive_loss",
    "cosine_similarity",
    "explain_vectors",
    "find_duplicates",
    "finetune",
    "l2_normalize",
    "load_image",
    "ref_clip_score",
    "show_matrix",
    "softmax",
    "token_states",
]
HEAVY = (
    "torch",
    "transformers",
    "tokenizers",
    "huggingface_hub",
    "numpy",
    "PIL",
    "rich",
    "typer",
    "chromadb",
)


def loaded_after(code: str) -> list[str]:
    """The heavy modules in a fresh interpreter after some code, and how many threads run there."""
    report = f"import sys, json, threading; print(json.dumps([n for n in {HEAVY!r} if n in sys.modules]))"
    command = [sys.executable, "-c", f"{code}\n{report}\nassert threading.active_count() == 1"]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    return list(json.loads(result.stdout))


def test_the_exported_names_are_these() -> None:
    assert sorted(clip_embeddings.__all__) == NAMES


def test_every_exported_name_has_a_home_and_resolves() -> None:
    assert sorted(name for names in clip_embeddings._HOMES.values() for name in names) == NAMES
    for name in NAMES:
        value = getattr(clip_embeddings, name)
        assert value is getattr(clip_embeddings, name)
        assert getattr(value, "__name__", name) == name


def test_dir_lists_the_names_and_a_star_import_gives_them() -> None:
    assert set(NAMES) <= set(dir(clip_embeddings))
    space: dict[str, object] = {}
    exec("from clip_embeddings import *", space)
    assert set(NAMES) <= set(space)


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'clip_embeddings' has no attribute 'ClipEmbedder'"):
        clip_embeddings.ClipEmbedder  # noqa: B018


def test_importing_the_package_loads_nothing_heavy_and_starts_no_thread() -> None:
    assert loaded_after("import clip_embeddings") == []


def test_the_errors_and_the_config_load_nothing_heavy() -> None:
    assert loaded_after("from clip_embeddings import EmbedderConfig, ImageDecodeError, MODELS") == []


def test_creating_an_embedder_loads_no_torch() -> None:
    loaded = loaded_after("from clip_embeddings import CLIPEmbedder; CLIPEmbedder('tiny')")
    assert not {"torch", "transformers", "tokenizers", "huggingface_hub"} & set(loaded)


def test_creating_a_classifier_loads_no_torch() -> None:
    code = (
        "from clip_embeddings import CLIPEmbedder, ZeroShotClassifier\n"
        "ZeroShotClassifier(CLIPEmbedder('tiny'), ['cat', 'dog'])"
    )
    assert not {"torch", "transformers", "tokenizers", "huggingface_hub"} & set(loaded_after(code))


def test_every_error_is_of_this_library_and_of_a_built_in_kind() -> None:
    kinds = {"InvalidInputError": ValueError, "ImageDecodeError": ValueError, "TextTooLongError": ValueError,
             "ModelLoadError": OSError, "FingerprintMismatchError": ValueError, "StoreError": RuntimeError,
             "MissingExtraError": ImportError}  # fmt: skip
    for name, kind in kinds.items():
        error = getattr(clip_embeddings, name)
        assert issubclass(error, clip_embeddings.ClipEmbeddingsError)
        assert issubclass(error, kind)
    assert issubclass(clip_embeddings.TruncationWarning, UserWarning)
