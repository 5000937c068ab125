"""From a gap to one ranking on the command line: explain, calibrate and recalibrate."""

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chroma_rows import calibration_of

from clip_embeddings import ModalityCalibration
from clip_embeddings.models.tiny import WEIGHTS

Cli = Any  # Callable[..., Outcome] of conftest.py
REFERENCE = ModalityCalibration.load(WEIGHTS / "calibration.json").id


def pairs_of(demo: Path, folder: Path, number: int) -> Path:
    """A CSV file in a folder of its own, with the demo's pictures by relative path."""
    shutil.copytree(demo / "pictures", folder / "pictures")
    file = folder / "pairs.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["id", "picture", "text"])
        for i, picture in enumerate(sorted((folder / "pictures").iterdir())[:number]):
            writer.writerow([i, f"pictures/{picture.name}", f'a "scene", number {i}, 그림 {i}'])
    return file


def top(cli: Cli, db: Path) -> list[tuple[str, float]]:
    found = json.loads(cli("search", "a red boat", "--db", db, "--json").out)
    return [(hit["id"], round(hit["score"], 4)) for hit in found["hits"]]


def test_a_collection_is_measured_recalibrated_and_taken_back_to_what_it_was(
    cli: Cli, raw: Path, measured: Path
) -> None:
    before = top(cli, raw)
    moved = cli("recalibrate", "--db", raw, "--calibration", measured)
    assert moved.code == 0, moved.err
    assert calibration_of(raw) == ModalityCalibration.load(measured).id
    assert calibration_of(raw) in moved.out
    assert "Under the calibration, a text query finds pictures" in moved.out
    back = json.loads(cli("recalibrate", "--db", raw, "--calibration", "none", "--json").out)
    assert (back["before"], back["after"], back["rows"]) == (ModalityCalibration.load(measured).id, None, 119)
    assert back["verdict"].endswith("A calibration brings both into one ranking.")
    assert top(cli, raw) == before


def test_a_calibration_that_a_collection_has_already_is_said_to_be_there(cli: Cli, raw: Path) -> None:
    assert "nothing to do" in cli("recalibrate", "--db", raw, "--calibration", "none").out


def test_explain_shows_the_gap_of_a_raw_collection_and_what_to_do_about_it(cli: Cli, made: Path) -> None:
    shown = cli("explain", "--db", made)
    assert shown.code == 0, shown.err
    assert "47 texts and 72 pictures" in shown.out
    assert f"clip-embeddings recalibrate --db {made} --collection clip --calibration reference" in shown.out
    record = json.loads(cli("explain", "--db", made, "--calibration", "reference", "--json").out)
    assert record["own_calibration"] is None
    assert record["calibration"] == REFERENCE
    before, after = record["before"], record["after"]
    assert before["gap"] > after["gap"]
    assert before["exposure"]["text"] < after["exposure"]["text"]


def test_explain_takes_queries_from_a_file(cli: Cli, made: Path, tmp_path: Path) -> None:
    (tmp_path / "queries.txt").write_text("\ufeffa red boat\n\n  노을지는 바다  \n", encoding="utf-8")
    record = json.loads(cli("explain", "--db", made, "--queries", tmp_path / "queries.txt", "--json").out)
    assert record["counts"]["query text"] == 2


def test_calibrate_from_pairs_reads_relative_paths_and_names_lines_it_leaves_out(
    cli: Cli, demo: Path, tmp_path: Path
) -> None:
    file = pairs_of(demo, tmp_path / "set", 40)
    (tmp_path / "set" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with file.open("a", encoding="utf-8") as opened:
        opened.write("40,pictures/none.png,words\n41,pictures/scene-001.png,\n42,broken.png,words\n43\n")
    command = (
        "calibrate",
        "--pairs",
        file,
        "--model",
        "tiny",
        "--minimum",
        30,
        "--output",
        tmp_path / "cal.json",
    )
    result = cli(*command)
    assert result.code == 0, result.err
    problems = result.err.splitlines()
    assert re.search(r"line 42: no file .*none.png; left out", problems[0])
    assert "line 43: no text" in problems[1]
    assert "line 45: no picture" in problems[2]
    assert re.search(r"line 44: cannot decode", problems[3])
    made = ModalityCalibration.load(tmp_path / "cal.json")
    assert set(made.counts.values()) == {40}
    assert str(file) in made.source
    assert made.id in result.out


def test_calibrate_from_files_measures_what_ingest_would_store(cli: Cli, demo: Path, tmp_path: Path) -> None:
    command = ("calibrate", demo / "pictures", demo / "notes", "--model", "tiny", "--minimum", "30")
    result = cli(*command, "--output", tmp_path / "new" / "cal.json", "--json")
    assert result.code == 0, result.err
    record = json.loads(result.out)
    assert record["counts"] == {"document text": 47, "document image": 72}
    assert ModalityCalibration.load(tmp_path / "new" / "cal.json").id == record["calibration"]
    assert record["report"]["after"]["gap"] < record["gap"] > 0.5


def test_the_same_sample_gives_the_same_calibration_and_another_seed_another(
    cli: Cli, made: Path, tmp_path: Path
) -> None:
    def measured(*options: object) -> str:
        command = (
            "calibrate",
            "--db",
            made,
            "--sample",
            30,
            "--minimum",
            30,
            "--output",
            tmp_path / "cal.json",
        )
        return str(json.loads(cli(*command, "--json", *options).out)["calibration"])

    assert measured() == measured("--seed", 0)
    assert measured("--seed", 1) != measured()


def test_a_calibrated_collection_is_measured_as_if_it_were_raw(cli: Cli, raw: Path, tmp_path: Path) -> None:
    command = ("calibrate", "--db", raw, "--minimum", 30, "--output")
    assert cli(*command, tmp_path / "a.json").code == 0
    assert cli("recalibrate", "--db", raw, "--calibration", "reference").code == 0
    assert cli(*command, tmp_path / "b.json").code == 0
    a, b = (ModalityCalibration.load(tmp_path / name) for name in ("a.json", "b.json"))
    assert all(np.allclose(a.means[kind], b.means[kind], atol=1e-4) for kind in a.means)


def test_centre_only_leaves_the_levels_out(cli: Cli, made: Path, tmp_path: Path) -> None:
    command = ("calibrate", "--db", made, "--minimum", 30, "--output", tmp_path / "cal.json", "--centre-only")
    assert "levels  none" in cli(*command).out
    assert ModalityCalibration.load(tmp_path / "cal.json").levels == {}


def test_texts_about_other_things_than_the_pictures_are_noticed(cli: Cli, made: Path, tmp_path: Path) -> None:
    """The demo's notes are about appointments and recipes too."""
    result = cli("calibrate", "--db", made, "--minimum", 30, "--output", tmp_path / "cal.json")
    assert "note: texts and pictures scored so differently that the level was capped" in result.err
    assert "--pairs" in result.err


def test_too_few_rows_are_refused_with_their_error_and_the_way_to_allow_them(
    cli: Cli, made: Path, tmp_path: Path
) -> None:
    result = cli("calibrate", "--db", made, "--output", tmp_path / "cal.json")
    assert result.code == 1
    assert re.search(r"47 texts \(their mean may be off by 0\.1\d\); expected at least 300", result.err)
    assert "--minimum 47" in result.err
    assert not (tmp_path / "cal.json").exists()


def test_queries_get_a_mean_of_their_own_where_there_are_enough(cli: Cli, made: Path, tmp_path: Path) -> None:
    file = tmp_path / "queries.txt"
    file.write_text("\n".join(f"a photo of {i} boats" for i in range(40)), encoding="utf-8")
    command = ("calibrate", "--db", made, "--output", tmp_path / "cal.json", "--queries", file, "--minimum")
    assert cli(*command, 40).code == 0
    assert ModalityCalibration.load(tmp_path / "cal.json").counts["query", "text"] == 40
    refused = cli(*command, 45)
    assert "--queries: 40 text queries" in refused.err
    assert "leave --queries out" in refused.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "no column picture and no column text in its first line (it has: a, b)"),
        ("", "it has: none"),
        ("picture,text\nnone.png,words\n", "holds no usable pair; line 2: no file"),
        (b"picture,text\n\xff\xfe,x\n", "is not text in UTF-8"),
    ],
)
def test_a_file_that_holds_no_pairs_says_what_is_missing(
    cli: Cli, tmp_path: Path, content: str | bytes, message: str
) -> None:
    file = tmp_path / "pairs.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = cli("calibrate", "--pairs", file, "--model", "tiny", "--output", tmp_path / "cal.json")
    assert result.code == 1
    assert message in result.err
    assert len(result.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["calibrate", "--output", "cal.json"], "give exactly one of them"),
        (["calibrate", ".", "--db", "db", "--output", "cal.json"], "give exactly one of them"),
        (["calibrate", ".", "--output", "picture.png"], "picture.png is not named .json"),
        (
            ["calibrate", ".", "--output", "cal.json", "--report", "r.pdf"],
            "not named as a report: .png, .html",
        ),
        (["calibrate", ".", "--output", "cal.json", "--minimum", "2"], "--minimum"),
        (["recalibrate", "--db", "db"], "--calibration"),
        (["recalibrate", "--calibration", "refrence"], "expected reference, none or a FILE of `calibrate`"),
        (["ingest", ".", "--calibrate", "automatic"], "expected auto, reference, none or a FILE"),
        (["search", "a boat", "--calibration", "refrence"], "no file refrence; expected reference or a FILE"),
        (["explain", "--calibration", "none"], "no file none; expected reference or a FILE"),
    ],
)
def test_a_command_that_cannot_be_meant_is_wrong_usage(cli: Cli, arguments: list[str], message: str) -> None:
    result = cli(*arguments)
    assert result.code == 2
    assert message in " ".join(result.err.replace("│", " ").split())
