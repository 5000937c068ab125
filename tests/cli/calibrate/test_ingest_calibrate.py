"""`ingest --calibrate` on the command line: which calibration a new collection gets, which is refused."""

import json
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from chroma_rows import calibration_of

from clip_embeddings import ModalityCalibration
from clip_embeddings.ingestion import auto
from clip_embeddings.models.tiny import WEIGHTS
from clip_embeddings_app.cli import choice

Cli = Any  # Callable[..., Outcome] of conftest.py
REFERENCE = ModalityCalibration.load(WEIGHTS / "calibration.json").id


def enough(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """So many of each are enough to measure on."""
    monkeypatch.setattr(auto, "MINIMUM", number)
    monkeypatch.setattr(choice, "MINIMUM", number)


@pytest.fixture(scope="module")
def own_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model that ships with no calibration: the bundled one without its file."""
    folder = tmp_path_factory.mktemp("model") / "mine"
    shutil.copytree(WEIGHTS, folder, ignore=shutil.ignore_patterns("calibration.json"))
    return folder


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
    enough(monkeypatch, 40)
    command = ("ingest", demo / "pictures", demo / "notes", "--db", tmp_path / "db", "--model", "tiny")
    result = cli(*command, "--calibrate", "auto")
    assert result.code == 0
    assert result.err == (
        f"note: calibrated on 72 pictures and 47 text passages of {demo / 'pictures'}, {demo / 'notes'}, so "
        "that pictures and texts are ranked in one list. To undo: clip-embeddings recalibrate --db "
        f"{tmp_path / 'db'} --collection clip --calibration none\n"
    )
    own = calibration_of(tmp_path / "db")
    assert own not in (None, REFERENCE)
    assert own in result.out
    assert "holds 119 rows" in result.out


def test_auto_measures_on_manifests_and_patterns_too(
    cli: Cli, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough(monkeypatch, 40)
    manifest = tmp_path / "scenes.jsonl"
    pictures = [str(path) for path in (demo / "pictures").iterdir()]
    manifest.write_text("\n".join(json.dumps({"uri": uri}) for uri in pictures), encoding="utf-8")
    command = ("ingest", demo / "notes" / "*", "--manifest", manifest, "--db", tmp_path / "db")
    result = cli(*command, "--model", "tiny", "--calibrate", "auto")
    assert (result.code, result.err[:20]) == (0, "note: calibrated on ")
    assert calibration_of(tmp_path / "db") not in (None, REFERENCE)
    assert re.search(r"of those embedded before +119\n", result.out)


def test_auto_falls_back_to_the_models_reference_and_says_so(cli: Cli, demo: Path, tmp_path: Path) -> None:
    command = ("ingest", demo / "notes", "--db", tmp_path / "db", "--model", "tiny", "--calibrate", "auto")
    result = cli(*command)
    assert result.code == 0
    assert result.err.startswith("note: 0 pictures and 47 texts are too few")
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


def test_a_model_without_a_reference_is_measured_without_an_option(
    cli: Cli, demo: Path, tmp_path: Path, own_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough(monkeypatch, 40)
    command = ("ingest", demo / "pictures", demo / "notes", "--db", tmp_path / "db", "--model", own_model)
    result = cli(*command)
    assert (result.code, result.err[:20]) == (0, "note: calibrated on ")
    assert calibration_of(tmp_path / "db") is not None
    found = json.loads(cli("search", "a red car", "--db", tmp_path / "db", "--json").out)
    assert found["ranked"]
    assert "image" in {hit["modality"] for hit in found["hits"][:3]}
    again = cli(*command)
    assert (again.code, again.err) == (0, "")


def test_a_raw_collection_that_has_grown_is_offered_one_ranking(
    cli: Cli, demo: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ("ingest", demo / "notes" / "harbour.txt", "--db", raw)
    assert cli(*command).err == ""  # 72 pictures and 47 texts are too few
    enough(monkeypatch, 40)
    offered = cli(*command)
    assert offered.code == 0
    assert f"clip-embeddings calibrate --db {raw} --collection clip --output cal.json" in offered.err
    assert calibration_of(raw) is None
    assert cli(*command, "--calibrate", "none").err == ""


def test_a_command_in_a_note_can_be_pasted_though_its_folder_has_a_space(
    cli: Cli, demo: Path, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough(monkeypatch, 40)
    monkeypatch.chdir(tmp_path)
    place = raw.rename(tmp_path / "my photos")
    note = cli("ingest", demo / "notes" / "harbour.txt", "--db", place).err
    measure, recalibrate = re.findall(
        r"clip-embeddings (calibrate .*), then clip-embeddings (.*)\. With", note
    )[0]
    assert cli(*shlex.split(measure), "--minimum", "40").code == 0
    assert cli(*shlex.split(recalibrate)).code == 0
    assert calibration_of(place) is not None


def test_auto_recalibrates_a_raw_collection_that_has_grown(
    cli: Cli, demo: Path, raw: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough(monkeypatch, 40)
    result = cli("ingest", demo / "notes" / "harbour.txt", "--db", raw, "--calibrate", "auto", "--json")
    assert result.code == 0
    assert result.err.startswith("note: calibrated on 72 pictures and 47 texts of the collection")
    own = calibration_of(raw)
    assert own is not None
    assert json.loads(result.out)["calibration"] == own


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
