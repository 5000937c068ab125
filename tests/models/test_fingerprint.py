"""The fingerprint follows what changes vectors and nothing else, and needs no weights in memory."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.identity import digest
from clip_embeddings.types import LongText

Copy = Callable[[str], Path]


def fingerprint(folder: Path, long_text: LongText = "truncate") -> str:
    return CLIPEmbedder(str(folder), long_text=long_text).fingerprint


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_deployment_does_not_change_it(checkpoint: Path) -> None:
    plain = CLIPEmbedder(str(checkpoint))
    tuned = CLIPEmbedder(
        str(checkpoint), device="cpu", dtype="bfloat16", batch_size=1, threads=1, max_pixels=9
    )
    assert plain.fingerprint == tuned.fingerprint
    assert len(plain.fingerprint) == 16
    assert int(plain.fingerprint, 16) >= 0


def test_two_copies_of_a_folder_have_the_same(copy_of: Copy, checkpoint: Path) -> None:
    assert fingerprint(copy_of("one")) == fingerprint(copy_of("two")) == fingerprint(checkpoint)


def test_how_the_config_was_written_does_not_change_it(copy_of: Copy, checkpoint: Path) -> None:
    folder = copy_of("copy")
    config = json.loads((folder / "config.json").read_text())
    turned = dict(reversed(config.items())) | {"transformers_version": "9.9.9", "_name_or_path": "elsewhere"}
    turned["vision_config"] = dict(reversed(config["vision_config"].items()))
    (folder / "config.json").write_text(json.dumps(turned, indent=7))
    (folder / "README.md").write_text("A new readme.")
    assert fingerprint(folder) == fingerprint(checkpoint)


def test_what_the_preprocessor_config_leaves_to_its_defaults_does_not_change_it(
    copy_of: Copy, checkpoint: Path
) -> None:
    folder = copy_of("copy")
    edit(folder / "preprocessor_config.json", do_resize=True, do_normalize=True)
    assert fingerprint(folder) == fingerprint(checkpoint)


def test_one_weight_changes_it(copy_of: Copy, checkpoint: Path) -> None:
    folder = copy_of("copy")
    weights = load_file(folder / "model.safetensors")
    weights["text_projection.weight"][0, 0] += 0.001
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert fingerprint(folder) != fingerprint(checkpoint)


def test_weights_written_anew_are_read_anew(copy_of: Copy) -> None:
    folder = copy_of("copy")
    before = fingerprint(folder)
    path = folder / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)  # the same size
    os.utime(path, (1, 1))
    assert fingerprint(folder) != before


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"logit_scale_init_value": 1.0}),
        ("preprocessor_config.json", {"resample": 2}),
        ("preprocessor_config.json", {"image_mean": [0.5, 0.5, 0.5]}),
        ("preprocessor_config.json", {"size": {"shortest_edge": 40}}),
    ],
)
def test_config_tokenizer_and_preprocessing_change_it(
    copy_of: Copy, checkpoint: Path, file: str, changes: dict[str, object]
) -> None:
    folder = copy_of("copy")
    edit(folder / file, **changes)
    assert fingerprint(folder) != fingerprint(checkpoint)


def test_the_order_of_two_merges_changes_it(copy_of: Copy, checkpoint: Path) -> None:
    folder = copy_of("copy")
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    merges = tokenizer["model"]["merges"]
    merges[-1], merges[-2] = merges[-2], merges[-1]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    assert fingerprint(folder) != fingerprint(checkpoint)


def test_another_way_to_make_ids_of_the_same_vocabulary_changes_it(
    byte_level_checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(byte_level_checkpoint, tmp_path / "copy"))
    edit(folder / "tokenizer.json", normalizer={"type": "Lowercase"})
    assert fingerprint(folder) != fingerprint(byte_level_checkpoint)


def test_how_the_weights_are_stored_does_not_change_it(copy_of: Copy, checkpoint: Path) -> None:
    folder = copy_of("copy")
    weights = load_file(folder / "model.safetensors")
    # Another order, and a buffer that old releases stored.
    turned = {"text_model.embeddings.position_ids": np.arange(77)[None], **dict(reversed(weights.items()))}
    save_file(turned, folder / "model.safetensors", {"format": "pt", "made": "elsewhere"})
    assert fingerprint(folder) == fingerprint(checkpoint)


def test_precision_that_loses_nothing_does_not_change_it(copy_of: Copy) -> None:
    half, whole, rounded = copy_of("half"), copy_of("whole"), copy_of("rounded")
    weights = {
        name: values.astype(np.float16) for name, values in load_file(half / "model.safetensors").items()
    }
    save_file(weights, half / "model.safetensors", {"format": "pt"})
    wide = {name: values.astype(np.float32) for name, values in weights.items()}
    save_file(wide, whole / "model.safetensors", {"format": "pt"})
    assert fingerprint(half) == fingerprint(whole) != fingerprint(rounded)


def changed_tokenizer(**changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        edit(folder / "tokenizer.json", **changes)

    return change


def with_an_added_token(folder: Path) -> None:
    number = len(json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"])
    (folder / "added_tokens.json").write_text(json.dumps({"house": number - 5}))


TOKENIZERS: dict[str, Callable[[Path], None]] = {
    "what it normalises": changed_tokenizer(normalizer={"type": "NFD"}),
    "one word it replaces": changed_tokenizer(
        normalizer={"type": "Replace", "pattern": {"String": "house"}, "content": "car"}
    ),
    "an added token": with_an_added_token,
    "the side it cuts": lambda folder: edit(folder / "tokenizer_config.json", truncation_side="left"),
    "the length it was saved with": lambda folder: edit(folder / "tokenizer_config.json", model_max_length=9),
}


@pytest.mark.parametrize("change", TOKENIZERS)
def test_what_no_probe_of_a_few_texts_shows_changes_it(
    byte_level_checkpoint: Path, tmp_path: Path, change: str
) -> None:
    folder = Path(shutil.copytree(byte_level_checkpoint, tmp_path / "copy"))
    TOKENIZERS[change](folder)
    assert fingerprint(folder) != fingerprint(byte_level_checkpoint)


def test_a_link_whose_target_looks_like_a_digest_is_read(copy_of: Copy) -> None:
    """Only the hub's cache names files by their digest."""
    name, folders = "ab" * 32, (copy_of("one"), copy_of("two"))
    for number, folder in enumerate(folders):
        weights = load_file(folder / "model.safetensors")
        weights["logit_scale"] = np.array(weights["logit_scale"] + number)
        (folder / "model.safetensors").unlink()
        (folder / "store").mkdir()
        save_file(weights, folder / "store" / name, {"format": "pt"})
        (folder / "model.safetensors").symlink_to(folder / "store" / name)
    assert fingerprint(folders[0]) != fingerprint(folders[1])


def test_the_weights_are_read_once_for_it(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = fingerprint(checkpoint)
    digest._remembered.cache_clear()  # as in a new process

    def read(paths: object) -> str:
        raise AssertionError(f"read again: {paths}")

    monkeypatch.setattr(digest, "_digest_of_tensors", read)
    assert fingerprint(checkpoint) == known


def test_the_long_text_policy_changes_it(checkpoint: Path) -> None:
    policies: tuple[LongText, ...] = ("truncate", "chunk", "error")
    assert len({fingerprint(checkpoint, policy) for policy in policies}) == 3


def test_the_second_time_it_needs_no_torch(checkpoint: Path) -> None:
    code = (
        "import sys; from clip_embeddings import CLIPEmbedder; e = CLIPEmbedder(sys.argv[1]);"
        "print(e.fingerprint, e.dimension); assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    known = fingerprint(checkpoint)
    command = [sys.executable, "-c", code, str(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == [known, "24"]
