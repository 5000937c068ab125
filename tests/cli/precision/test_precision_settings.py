"""`precision` where settings are the reference's own, cannot be, or there is nothing to compare."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

Cli = Any  # Callable[..., Outcome] of conftest.py
TINY = ("--model", "tiny", "--device", "cpu")
BFLOAT16 = "clip_embeddings.models.running.device.computes_bfloat16"


def test_settings_of_the_reference_are_said_to_change_nothing(cli: Cli, mine: Path) -> None:
    same = (*TINY, "--dtype", "float32", "--draft", "off")
    result = cli("precision", mine, *same)
    assert (result.code, result.err) == (0, "")
    assert "That is the reference itself: float32" in result.out
    for choice in ("--dtype bfloat16", "--dtype float16", "--draft on"):
        assert choice in result.out
    record = json.loads(cli("precision", mine, *same, "--json").out)
    assert record["identical"] is True
    assert record["settings"] == record["reference"] == {"dtype": "float32", "draft": False}


def test_by_default_it_compares_what_an_embedder_chooses_on_this_machine(
    cli: Cli, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = sorted((mine / "사진").glob("*.png"))[:4]
    monkeypatch.setattr(BFLOAT16, lambda device: False)
    assert "The default on this machine (cpu): float32" in cli("precision", *pictures, *TINY).out
    monkeypatch.setattr(BFLOAT16, lambda device: True)
    record = json.loads(cli("precision", *pictures, *TINY, "--json").out)
    assert (record["identical"], record["settings"]["dtype"]) == (False, "bfloat16")


def test_draft_without_a_large_picture_is_said_to_change_nothing(cli: Cli, mine: Path) -> None:
    pictures = sorted((mine / "사진").glob("장면*.png"))[:3]
    result = cli("precision", *pictures, *TINY, "--dtype", "float32", "--draft", "on")
    assert "draft changed nothing: it is for JPEG files of four times what the model takes" in result.out


def test_a_model_that_overflows_in_float16_is_named_with_what_to_take_instead(
    cli: Cli, mine: Path, copy_of: Callable[[], Path]
) -> None:
    folder = copy_of()
    weights = load_file(folder / "model.safetensors")
    weights["text_projection.weight"] *= 1e7
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    model = ("--model", folder, "--device", "cpu")
    result = cli("precision", mine / "notes", *model, "--dtype", "float16")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: this model cannot be computed in float16")
    assert "--dtype bfloat16" in result.err
    assert len(result.err.splitlines()) == 1
    assert cli("precision", mine / "notes", *model, "--dtype", "bfloat16").code == 0


def test_where_there_is_nothing_to_compare_it_says_why(cli: Cli, mine: Path, tmp_path: Path) -> None:
    wanted = (*TINY, "--draft", "on")
    nothing = cli("precision", tmp_path, *wanted)
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err == f"error: no pictures and no texts in {tmp_path}\n"
    (tmp_path / "빈 글.txt").touch()
    empty = cli("precision", tmp_path, *wanted)
    assert empty.code == 1
    assert "빈 글.txt: empty: 0 bytes" in empty.err
    broken = cli("precision", mine / "사진" / "broken.png", *wanted)
    assert (broken.code, broken.out) == (1, "")
    assert "broken.png" in broken.err
    assert "cannot decode" in broken.err


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--dtype", "int8"], 1, "dtype: got 'int8'; expected one of auto, float32, bfloat16, float16"),
        (["--draft", "maybe"], 2, "'maybe' is not one of"),
        (["--most", "2"], 2, "--most"),
        (["--model", "no such model!"], 1, "Unknown model"),
    ],
)
def test_a_mistake_is_named(cli: Cli, mine: Path, options: list[str], code: int, message: str) -> None:
    result = cli("precision", mine, *TINY, *options)
    assert (result.code, result.out) == (code, "")
    assert message in " ".join(result.err.replace("│", " ").split())
