"""`classify` on real files: table, JSON, CSV and contact sheet, with a damaged picture among them."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

Cli = Any  # Callable[..., Outcome] of conftest.py
TINY = ("--model", "tiny")
LABELS = ("--labels", "cat,dog,car,tree,house")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures named after what they show, one of them damaged, and files that are no pictures."""
    made = tmp_path_factory.mktemp("classify") / "pictures"
    (made / "inner").mkdir(parents=True)
    (made / ".hidden").mkdir()
    seed = 655_000
    for number, thing in enumerate(["cat", "dog", "car", "tree", "house", "cat"]):
        while (scene := sample_scene(seed)).thing != thing or scene.held_out:
            seed += 1
        render(scene, 96).save((made / "inner" if number % 2 else made) / f"{thing}-{number}.png")
        seed += 1
    (made / "damaged.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (made / "notes.txt").write_text("no picture", encoding="utf-8")
    render(sample_scene(3), 96).save(made / ".hidden" / "thumbnail.png")
    return made


def thing_of(path: str) -> str:
    return Path(path).stem.partition("-")[0]


def test_a_folder_is_classified_and_the_damaged_picture_is_reported(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    result = cli("classify", ".", *LABELS, *TINY)
    assert result.code == 0, result.err
    rows = [line.split() for line in result.out.splitlines() if "%" in line]
    assert len(rows) == 6
    assert all(thing_of(row[0]) == row[1] for row in rows)
    assert "damaged.png" in result.out
    assert "cannot decode" in result.out
    assert "notes.txt" not in result.out
    assert "thumbnail" not in result.out


def test_json_holds_the_likeliest_labels_and_the_failures(cli: Cli, folder: Path) -> None:
    result = cli("classify", folder, *LABELS, *TINY, "--json", "-k", "2")
    assert result.code == 0, result.err
    answer = json.loads(result.out)
    assert answer["labels"] == ["cat", "dog", "car", "tree", "house"]
    assert answer["score"] == "softmax"
    assert answer["counts"] == {"cat": 2, "dog": 1, "car": 1, "tree": 1, "house": 1}
    assert [Path(failure["path"]).name for failure in answer["failures"]] == ["damaged.png"]
    for picture in answer["pictures"]:
        assert picture["label"] == thing_of(picture["path"]) == picture["top"][0]["label"]
        assert picture["probability"] == picture["top"][0]["probability"] > picture["top"][1]["probability"]


def test_a_table_has_a_line_for_each_file_in_order_and_the_terminal_the_counts(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "classes.csv"
    result = cli("classify", folder, *LABELS, *TINY, "--csv", out, "--batch-size", "2", "-k", "2")
    assert result.code == 0, result.err
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [Path(row["path"]).name for row in rows]
    assert names == [
        "car-2.png", "cat-0.png", "damaged.png", "house-4.png", "cat-5.png", "dog-1.png", "tree-3.png"
    ]  # fmt: skip
    for row in rows:
        if row["error"]:
            assert (row["label"], row["probability"], row["top_2"]) == ("", "", "")
        else:
            assert row["label"] == row["top_1"] == thing_of(row["path"])
            assert float(row["top_1_probability"]) == float(row["probability"]) > 0.5
    assert [row["error"] != "" for row in rows].count(True) == 1
    assert "cat-0.png" not in result.out
    assert ["cat", "2"] in [line.split() for line in result.out.splitlines()]


def test_a_contact_sheet_is_drawn(cli: Cli, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    result = cli("classify", folder, *LABELS, *TINY, "--sheet", out)
    assert result.code == 0, result.err
    assert "sheet.png" in result.out
    with Image.open(out) as sheet:
        # Five classes with a row of cards each.
        assert sheet.height > 5 * 250
        assert len(sheet.convert("RGB").getcolors(maxcolors=1 << 20) or []) > 500


def test_the_sheet_holds_the_surest_pictures_of_a_class_only(
    cli: Cli, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = []
    for most in (1, 10):
        monkeypatch.setattr("clip_embeddings_app.cli.answers._CARDS", most)
        out = tmp_path / f"{most}.png"
        cats = [folder / "cat-0.png"] * 6 + [folder / "inner" / "cat-5.png"]
        assert cli("classify", *cats, *LABELS, *TINY, "--sheet", out).code == 0
        with Image.open(out) as sheet:
            heights.append(sheet.height)
    assert heights[0] < heights[1]  # seven cards take two rows, one takes one


def test_strict_and_nothing_readable_exit_with_1(cli: Cli, folder: Path) -> None:
    assert cli("classify", folder, *LABELS, *TINY, "--strict").code == 1
    nothing = cli("classify", folder / "damaged.png", *LABELS, *TINY)
    assert nothing.code == 1
    assert "cannot decode" in nothing.out
    assert cli("classify", folder / "cat-0.png", *LABELS, *TINY, "--strict").code == 0


def test_a_picture_of_no_class_is_other(cli: Cli, folder: Path) -> None:
    result = cli("classify", folder, "--labels", "cat,dog", *TINY, "--min-cosine", "0.3", "--json")
    found = {Path(each["path"]).name: each["label"] for each in json.loads(result.out)["pictures"]}
    assert (found["cat-0.png"], found["dog-1.png"]) == ("cat", "dog")
    assert (found["car-2.png"], found["house-4.png"]) == ("other", "other")


def test_labels_come_from_a_file_and_templates_by_name_or_in_words(
    cli: Cli, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.txt").write_text("고양이\n\n개\n집\n", encoding="utf-8")
    picture = folder / "cat-0.png"
    for template in ("korean", "{} 사진", "{}"):
        result = cli(
            "classify", picture, "--labels-file", tmp_path / "labels.txt", "--template", template,
            *TINY, "--json",
        )  # fmt: skip
        assert json.loads(result.out)["pictures"][0]["label"] == "고양이"
        assert result.err == ""
    several = ("--template", "a photo of a {}.", "--template", "the {}")
    assert cli("classify", picture, *LABELS, *several, *TINY).code == 0


def test_labels_in_templates_of_another_language_are_warned_of_in_one_line(cli: Cli, folder: Path) -> None:
    result = cli(
        "classify", folder / "cat-0.png", "--labels", "cat,개", "--template", "imagenet-7", *TINY
    )  # fmt: skip
    assert result.code == 0
    assert result.err.startswith("warning: label '개' in templates of another language")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{folder}"], 2, "give at least one of them"),
        (["{folder}/nothing.png", "--labels", "a,b"], 2, "does not exist"),
        (["{folder}", "--labels", "a,b", "--csv", "{tmp}/out.xls"], 2, "not named as a table"),
        (["{folder}", "--labels", "a,b", "--sheet", "{tmp}/out.txt"], 2, "not named as a picture"),
        (["{folder}", "--labels", "a,,b"], 1, "labels[1]: is blank"),
        (["{folder}", "--labels", "a,b,a"], 1, "labels[2] 'a' is the same as labels[0] 'a'"),
        (["{folder}", "--labels", "a", "--csv", "{tmp}/out.csv"], 1, "one label, 'a'"),
        (["{folder}", "--labels", "a,b", "--template", "a photo"], 1, "has no {} for the label"),
        (["{folder}", "--labels", "a,b", "--min-cosine", "2"], 1, "min_cosine: got 2.0"),
        (["{tmp}", "--labels", "a,b"], 1, "no pictures in"),
        (["{folder}", "--labels-file", "{folder}/cat-0.png"], 1, "is not text in UTF-8"),
    ],
)
def test_a_mistake_is_named_and_leaves_no_file(
    cli: Cli, folder: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    given = [each.replace("{folder}", str(folder)).replace("{tmp}", str(tmp_path)) for each in arguments]
    result = cli("classify", *given, *TINY)
    assert result.code == code
    assert message in " ".join(result.err.replace("│", " ").split())
    assert not list(tmp_path.iterdir())


def test_help_loads_no_torch() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from clip_embeddings_app.cli.app import app; "
        "result = CliRunner().invoke(app, ['classify', '--help']); assert result.exit_code == 0; "
        "print(sorted({'torch', 'transformers', 'chromadb', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
