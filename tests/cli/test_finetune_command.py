"""`clip-embeddings finetune`: trains, reports, goes on, and says what is wrong in one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from training_pairs import drawn, write_manifest, write_pairs

from clip_embeddings import CLIPEmbedder

Cli = Any  # Callable[..., Outcome] of conftest.py


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 20 pairs."""
    return write_pairs(tmp_path_factory.mktemp("pairs"), drawn(20))


def command(pairs: Path, checkpoint: Path, output: Path, *more: object) -> tuple[object, ...]:
    fast = ("--epochs", 2, "--batch-size", 8, "--accumulate", 2, "--learning-rate", "3e-3", "--device", "cpu")
    return ("finetune", pairs, "--model", checkpoint, "--output", output, *fast, *more)


def test_it_trains_and_the_folder_opens(cli: Cli, checkpoint: Path, pairs: Path, tmp_path: Path) -> None:
    shown = cli(*command(pairs, checkpoint, tmp_path / "model", "--validation", "0.3"))
    assert shown.code == 0, shown.err
    for part in ("pairs trained on", "14", "text to picture R@1", "before", "after", "--db NEW-DIR"):
        assert part in shown.out
    assert CLIPEmbedder(str(tmp_path / "model"), device="cpu").fingerprint in shown.out


def test_every_option_reaches_the_run_and_json_has_all_of_it(
    cli: Cli, checkpoint: Path, pairs: Path, tmp_path: Path
) -> None:
    options = ("--method", "last-layers", "--seed", 3, "--validation", 0, "--patience", 7, "--json")
    arguments = command(pairs, checkpoint, tmp_path / "model", *options)
    record = json.loads(cli(*arguments).out)
    settings = {
        "method": "last-layers", "epochs": 2, "batch_size": 8, "accumulate": 2, "learning_rate": 3e-3,
        "seed": 3, "validation": 0, "patience": 7,
    }  # fmt: skip
    assert {name: record["settings"][name] for name in settings} == settings
    assert (record["training"], record["validation"], len(record["losses"])) == (20, 0, 4)
    again = cli(*arguments)
    assert again.code == 1
    assert "holds a finished run; resume goes on with it" in again.err
    assert json.loads(cli(*arguments, "--resume").out)["losses"] == record["losses"]


def test_a_bad_pair_is_one_line_and_strict_is_an_error(
    cli: Cli, checkpoint: Path, pairs: Path, tmp_path: Path
) -> None:
    rows = [{"picture": f"{i}.png", "text": f"scene {i}"} for i in (*range(6), 99)]
    spoilt = write_manifest(pairs.parent / "spoilt.csv", rows)
    strict = cli(*command(spoilt, checkpoint, tmp_path / "model", "--strict"))
    assert (strict.code, len(strict.err.splitlines())) == (1, 1)
    assert strict.err.startswith("error: 1 of 7 pairs cannot be used: line 8: ")
    passed = cli(*command(spoilt, checkpoint, tmp_path / "model", "--validation", 0))
    assert passed.code == 0
    assert passed.err.startswith("warning: 1 of 7 pairs cannot be used: line 8: ")


def test_a_manifest_without_the_columns_is_an_error(cli: Cli, tmp_path: Path) -> None:
    manifest = write_manifest(tmp_path / "a.csv", [{"file": "1.png", "words": "a"}])
    result = cli("finetune", manifest, "--model", "tiny", "--output", tmp_path / "model")
    assert result.code == 1
    assert "expected the columns picture (or uri) and text (or caption); it has file, words" in result.err


def test_help_loads_no_torch() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from clip_embeddings_app.cli.app import app\n"
        "result = CliRunner().invoke(app, ['finetune', '--help'])\n"
        "assert '--accumulate' in result.stdout, result.stdout\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'peft', 'chromadb')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
