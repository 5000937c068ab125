"""What a machine without open_clip says of its models, and what needs no open_clip."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from clip_embeddings import CLIPEmbedder, ModelLoadError, finetune
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.inputs.torchvision_like import TorchvisionPreprocessing

CONFIG = {
    "embed_dim": 8,
    "vision_cfg": {"image_size": [24, 32], "layers": 1, "width": 64, "patch_size": 8},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 16, "heads": 2, "layers": 1},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Config and weights, of which only what is read without building the towers."""
    place = tmp_path / "model"
    place.mkdir()
    content = {"model_cfg": CONFIG, "preprocess_cfg": {"resize_mode": "longest", "fill_color": 3}}
    (place / "open_clip_config.json").write_text(json.dumps(content))
    weights = {"text_projection": np.ones((16, 8), np.float32), "logit_scale": np.array(2, np.float32)}
    save_file(weights, place / "open_clip_model.safetensors")
    return place


def test_dimension_and_name_need_no_open_clip(folder: Path) -> None:
    embedder = CLIPEmbedder(f"open_clip:{folder}")
    assert embedder.dimension == 8
    assert embedder.portable_config.model == f"open_clip:{folder}"


@pytest.mark.parametrize("ask", ["vectors", "fingerprint", "name"])
def test_what_needs_it_says_what_to_install(folder: Path, ask: str) -> None:
    ours = CLIPEmbedder("open_clip:RN50/openai" if ask == "name" else folder)
    with pytest.raises(ModelLoadError, match=r'pip install "clip-embeddings\[open-clip\]"') as caught:
        _ = ours.embed_texts(["a"]) if ask == "vectors" else ours.fingerprint
    if ask == "name":
        assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize(("name", "meant"), [("RN50", "RN50/openai"), ("rn50x4/cc12m", "RN50x4/cc12m")])
def test_a_resnet_of_openai_is_said_to_be_one_of_open_clip(name: str, meant: str) -> None:
    with pytest.raises(ModelLoadError, match=f"'open_clip:{meant}'.*clip-embeddings.open-clip"):
        _ = CLIPEmbedder(name).dimension


def test_a_folder_with_both_layouts_is_of_transformers_unless_the_name_says_otherwise(
    folder: Path, tiny_folder: Path, tmp_path: Path
) -> None:
    both = tmp_path / "both"
    shutil.copytree(tiny_folder, both)
    shutil.copytree(folder, both, dirs_exist_ok=True)
    assert CLIPEmbedder(both).fingerprint == CLIPEmbedder("tiny").fingerprint
    assert CLIPEmbedder(f"open_clip:{both}").dimension == 8


@pytest.fixture
def tiny_folder() -> Path:
    from clip_embeddings.models.tiny import WEIGHTS

    return WEIGHTS


def test_timms_own_config_leaves_a_folder_one_of_open_clip(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({"architecture": "vit_base_patch16_clip_224"}))
    assert CLIPEmbedder(folder).dimension == 8


def test_finetune_refuses_it_by_name(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelLoadError, match="is run by another library"):
        finetune(folder, [("a.png", "a")] * 8, output=tmp_path / "out", device="cpu")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("preprocess_cfg", {"resize_mode": "round"}, "resize_mode 'round'"),
        ("preprocess_cfg", {"interpolation": "nearest"}, "interpolation 'nearest'"),
        ("preprocess_cfg", {"mean": [1, 2]}, "has mean"),
        ("preprocess_cfg", {"std": [1, 0, 1]}, "numbers other than 0"),
        ("preprocess_cfg", [1], "open_clip_config.json"),
        ("model_cfg", {**CONFIG, "embed_dim": "8"}, "embed_dim '8'"),
        ("model_cfg", {**CONFIG, "vision_cfg": {"image_size": -1}}, "image_size"),
        ("model_cfg", {**CONFIG, "vision_cfg": {"timm_model_name": "hf-hub:a/b"}}, "lies somewhere else"),
        ("model_cfg", {**CONFIG, "text_cfg": None}, "text_cfg"),
        ("model_cfg", None, "model_cfg"),
    ],
)
def test_a_config_that_cannot_be_is_named(folder: Path, key: str, value: Any, message: str) -> None:
    path = folder / "open_clip_config.json"
    content = {**json.loads(path.read_text()), key: value}
    path.write_text(json.dumps(content))
    with pytest.raises(ModelLoadError, match=message):
        _ = CLIPEmbedder(folder)._files.preprocessing


def test_a_crop_leaves_out_an_even_number_first_as_torchvision_does() -> None:
    like = TorchvisionPreprocessing(None, None, 3, (4, 4), 1.0, (0, 0, 0), (1, 1, 1))
    columns = np.tile(np.arange(12, dtype=np.uint8)[:, None], (4, 1, 3))
    lefts = [int(like.to_pixels(Image.fromarray(columns[:, :width]))[0, 0, 0]) for width in range(4, 12)]
    assert lefts == [0, 0, 1, 2, 2, 2, 3, 4]


def test_a_small_picture_is_put_in_the_middle_of_the_fill() -> None:
    like = TorchvisionPreprocessing(None, None, 3, (8, 4), 1.0, (0, 0, 0), (1, 1, 1), keep="longest", fill=9)
    rows = like.to_pixels(Image.new("RGB", (40, 50), (200, 0, 0)))[:, 0, 0]
    assert rows.tolist() == [9, 200, 200, 200, 200, 200, 9, 9]


def test_a_text_is_cleaned_before_it_is_encoded_and_passages_are_of_the_text_itself() -> None:
    made = Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "cat": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = TextTokenizer(made, context=4, pad=0, clean=lambda text: text.lower().replace("&", ""))
    assert tokenizer.windows(["A &cat"], "error").ids[0].tolist() == [1, 2]
    text = "A &CAT A CAT. A cat & a CAT"
    pieces = tokenizer.passages(text)
    assert [text[piece.start : piece.end] for piece in pieces] == [piece.text for piece in pieces]
    assert "".join(piece.text for piece in pieces).replace(" ", "") == text.replace(" ", "")
    assert len(tokenizer.windows([piece.text for piece in pieces], "error").ids) == len(pieces)


def test_looking_a_folder_up_imports_neither_torch_nor_tokenizers(folder: Path) -> None:
    program = (
        "import sys; from clip_embeddings import CLIPEmbedder\n"
        "made = CLIPEmbedder(sys.argv[1]); print(made.dimension, made._files.preprocessing.crop)\n"
        "print({'torch', 'transformers', 'tokenizers', 'open_clip'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["8 (24, 32)", "set()"]
