"""`ingest --calibrate` on the command line: which calibration a new collection gets, which is refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from chroma_rows import calibration_of

from clip_embeddings import ModalityCalibration
from clip_embeddings.models.tiny import WEIGHTS
from clip_embeddings_app.cli import choice

Cli = Any  # Callable[..., Outcome] of conftest.py
REFERENCE = ModalityCalibration.load(WEIGHTS / "calibration.json").id


def test_a_new_collection_is_calibrated_with_the_models_reference_and_stays_so(
    cli: Cli, demo: Path, tmp_path: Path
) -> None:
    command = ("ingest", demo / "notes" / "harbour.txt", "--db", tmp_path / "db", "--model", "tiny")
    first = cli(*command)
    assert (first.code, first.err) == (0, "")
    assert calibration_of(tmp_path / "db") == REFERENCE
    for again in (
        command,
        command[:-2],
        (*command, "--calibrate", "reference"),
        (*command, "--calibrate", "auto"),
    ):
        result = cli(*again, "--json")
        assert (result.code, result.err) == (0, "")
        assert json.loads(result.out)["calibration"] == REFERENCE
    assert cli("search", "a boat", "--db", tmp_path / "db", "--model", "tiny").code == 0


def test_a_new_collection_takes_a_calibration_from_a_file(
    cli: Cli, demo: Path, tmp_path: Path, measured: Path
) -> None:
    command = ("ingest", demo / "notes" / "harbour.txt", "--db", tmp_path / "db", "--model", "tiny")
    assert cli(*command, "--calibrate", measured).code == 0
    assert calibration_of(tmp_path / "db") == ModalityCalibration.load(measured).id


def test_auto_measures_on_the_files_that_are_ingested(
    cli: Cli, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "MINIMUM", 40)
    command = ("ingest", demo / "pictures", demo / "notes", "--db", tmp_path / "db", "--model", "tiny")
    result = cli(*command, "--calibrate", "auto")
    assert (result.code, result.err) == (0, "")
    own = calibration_of(tmp_path / "db")
    assert own not in (None, REFERENCE)
    assert own in result.out
    assert "holds 121 rows" in result.out


def test_auto_measures_on_manifests_and_patterns_too(
    cli: Cli, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "MINIMUM", 40)
    manifest = tmp_path / "scenes.jsonl"
    pictures = [str(path) for path in (demo / "pictures").iterdir()]
    manifest.write_text("\n".join(json.dumps({"uri": uri}) for uri in pictures), encoding="utf-8")
    command = ("ingest", demo / "notes" / "*", "--manifest", manifest, "--db", tmp_path / "db")
    result = cli(*command, "--model", "tiny", "--calibrate", "auto")
    assert (result.code, result.err) == (0, "")
    assert calibration_of(tmp_path / "db") not in (None, REFERENCE)
    assert re.search(r"of those embedded before +121\n", result.out)


def test_auto_falls_back_to_the_models_reference_and_says_so(cli: Cli, demo: Path, tmp_path: Path) -> None:
    command = ("ingest", demo / "notes", "--db", tmp_path / "db", "--model", "tiny", "--calibrate", "auto")
    result = cli(*command)
    assert result.code == 0
    assert result.err.startswith("note: 0 pictures and 49 texts are too few")
    assert "ships with is used" in result.err
    assert calibration_of(tmp_path / "db") == REFERENCE


@pytest.mark.parametrize("how", [(), ("--calibrate", "auto")])
def test_a_model_without_a_reference_makes_a_raw_collection_with_a_note(
    cli: Cli, demo: Path, tmp_path: Path, checkpoint: Path, how: tuple[str, ...]
) -> None:
    command = ("ingest", demo / "notes" / "harbour.txt", "--db", tmp_path / "db", "--model", checkpoint)
    result = cli(*command, *how)
    assert result.code == 0
    assert len(result.err.splitlines()) == 1
    assert "ranked apart" in result.err
    assert calibration_of(tmp_path / "db") is None


def test_a_calibration_of_another_model_is_refused_before_a_store_is_made(
    cli: Cli, demo: Path, tmp_path: Path, checkpoint: Path, measured: Path
) -> None:
    command = (
        "ingest",
        demo / "notes",
        "--db",
        tmp_path / "db",
        "--model",
        checkpoint,
        "--calibrate",
        measured,
    )
    result = cli(*command)
    assert result.code == 1
    assert "was measured on the model with fingerprint" in result.err
    assert not (tmp_path / "db").exists()


def test_another_calibration_than_an_existing_collections_points_to_recalibrate(
    cli: Cli, demo: Path, made: Path
) -> None:
    result = cli("ingest", demo / "notes", "--db", made, "--calibrate", "reference")
    assert result.code == 1
    assert "exists and is raw" in result.err
    assert f"clip-embeddings recalibrate --db {made} --collection clip --calibration reference" in result.err
    kept = cli("ingest", demo / "notes" / "harbour.txt", "--db", made, "--calibrate", "auto")
    assert kept.code == 0
    assert "stays raw" in kept.err


def test_info_tells_which_collections_are_calibrated(cli: Cli, raw: Path, demo: Path) -> None:
    assert (
        cli(
            "ingest", demo / "notes" / "harbour.txt", "--db", raw, "--collection", "new", "--model", "tiny"
        ).code
        == 0
    )
    rows = json.loads(cli("info", "--db", raw, "--json").out)["collections"]
    assert {row["name"]: row["calibration"] for row in rows} == {"clip": "raw", "new": REFERENCE}
    assert REFERENCE in cli("info", "--db", raw).out
