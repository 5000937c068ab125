"""The fingerprint follows what changes vectors and nothing else, and needs no weights in memory."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

from clip_embeddings import CLIPEmbedder
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
        ("tokenizer.json", {"version": "2.0"}),
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


def test_the_long_text_policy_changes_it(checkpoint: Path) -> None:
    policies: tuple[LongText, ...] = ("truncate", "chunk", "error")
    assert len({fingerprint(checkpoint, policy) for policy in policies}) == 3


def test_it_needs_no_torch(checkpoint: Path) -> None:
    code = (
        "import sys; from clip_embeddings import CLIPEmbedder; e = CLIPEmbedder(sys.argv[1]);"
        "print(e.fingerprint, e.dimension); assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, str(checkpoint)]
    result = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == [fingerprint(checkpoint), "24"]
