"""`score` on the command line: pictures and captions, pairs from a CSV file, three kinds of output."""

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clip_embeddings import CLIPEmbedder, clip_score, ref_clip_score
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

Cli = Any  # Callable[..., Outcome] of conftest.py
USAGE, FAILED = 2, 1
TEXTS = ["a dog on the beach", "고양이 그림, 작은", "a boat"]
TOLD = [["a dog", "an animal"], ["a cat"], ["a ship", "the sea"]]
TINY = ("--model", "tiny", "--dtype", "float32")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pictures")
    paths = [folder / f"{number}.png" for number in range(3)]
    for path, scene in zip(paths, scenes(30, 3), strict=True):
        render(scene, 96).save(path)
    return paths


@pytest.fixture(scope="module")
def model() -> CLIPEmbedder:
    return CLIPEmbedder("tiny", dtype="float32")


def sheet(pictures: list[Path], name: str, rows: list[list[str]]) -> Path:
    """A CSV file beside the pictures."""
    path = pictures[0].parent / name
    with path.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    return path


def with_references(pictures: list[Path]) -> Path:
    rows = [["picture", "text", "reference", "reference_2"]]
    for path, text, told in zip(pictures, TEXTS, TOLD, strict=True):
        rows.append([path.name, text, *told, *[""] * (2 - len(told))])
    return sheet(pictures, "told.csv", rows)


def test_pairs_are_scored_in_their_order_as_by_the_library(
    cli: Cli, pictures: list[Path], model: CLIPEmbedder
) -> None:
    result = cli("score", "--image", *pictures, "--text", *TEXTS, *TINY, "--json")
    found = json.loads(result.out)
    assert (result.code, result.err) == (0, "")
    assert (found["model"], found["prefix"], found["weight"]) == ("tiny", "A photo depicts", 2.5)
    assert [(each["picture"], each["text"]) for each in found["scores"]] == [
        (str(path), text) for path, text in zip(pictures, TEXTS, strict=True)
    ]
    scores = [each["clip_score"] for each in found["scores"]]
    np.testing.assert_allclose(scores, clip_score(model, pictures, TEXTS), atol=1e-5)
    assert [each["ref_clip_score"] for each in found["scores"]] == [None] * 3


def test_every_picture_is_scored_with_every_caption_and_without_a_prefix(
    cli: Cli, pictures: list[Path], model: CLIPEmbedder
) -> None:
    command = (
        "score",
        "--image",
        *pictures,
        "--text",
        *TEXTS[:2],
        "--matrix",
        "--prefix",
        "",
        *TINY,
        "--json",
    )
    found = json.loads(cli(*command).out)
    assert found["prefix"] == ""
    scores = np.array([each["clip_score"] for each in found["scores"]]).reshape(3, 2)
    expected = clip_score(model, pictures, TEXTS[:2], pairwise=False, prefix="")
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert [each["text"] for each in found["scores"]] == TEXTS[:2] * 3


def test_pairs_and_references_come_from_a_csv_file_and_go_out_as_one(
    cli: Cli, pictures: list[Path], model: CLIPEmbedder
) -> None:
    result = cli("score", "--pairs", with_references(pictures), *TINY, "--csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))
    assert list(rows[0]) == ["picture", "text", "clip_score", "ref_clip_score"]
    assert [row["text"] for row in rows] == TEXTS
    scores = [[float(row[name]) for row in rows] for name in ("clip_score", "ref_clip_score")]
    np.testing.assert_allclose(scores[0], clip_score(model, pictures, TEXTS), atol=1e-5)
    np.testing.assert_allclose(scores[1], ref_clip_score(model, pictures, TEXTS, TOLD), atol=1e-5)


def test_references_of_one_picture_are_given_on_the_command_line(
    cli: Cli, pictures: list[Path], model: CLIPEmbedder
) -> None:
    command = ("score", "--image", pictures[0], "--text", TEXTS[0], "--reference", *TOLD[0], *TINY)
    (score,) = json.loads(cli(*command, "--json").out)["scores"]
    expected = ref_clip_score(model, pictures[:1], TEXTS[:1], TOLD[:1])
    assert score["ref_clip_score"] == pytest.approx(float(expected[0]), abs=1e-5)
    table = cli(*command).out
    assert f"{expected[0]:.4f}" in table
    assert "RefCLIPScore: harmonic mean" in table


def test_the_table_has_a_line_for_each_pair_and_says_what_a_score_is(cli: Cli, pictures: list[Path]) -> None:
    result = cli("score", "--image", *pictures, "--text", *TEXTS, *TINY)
    lines = result.out.splitlines()
    assert lines[0].split() == ["picture", "text", "CLIPScore"]
    assert [text in line for text, line in zip(TEXTS, lines[1:4], strict=True)] == [True] * 3
    assert "each text follows 'A photo depicts'" in result.out
    assert "Ref" not in result.out


def test_a_long_caption_is_cut_with_a_warning_or_refused_by_name(cli: Cli, pictures: list[Path]) -> None:
    command = ("score", "--image", *pictures[:2], "--text", "a cat", "a dog on the beach " * 30, *TINY)
    cut = cli(*command)
    assert cut.code == 0
    assert cut.err.startswith("warning: 1 of 2 texts are longer than")
    assert len(cut.err.splitlines()) == 1
    assert cli(*command, "--long-text", "chunk").err == ""
    refused = cli(*command, "--long-text", "error")
    assert (refused.code, refused.out) == (FAILED, "")
    assert refused.err.startswith("error: captions[1] has ")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], USAGE, "exactly one of them"),
        (["--image", "{0}"], USAGE, "needs both"),
        (["--image", "{0}", "--text", "a", "--pairs", "{good}"], USAGE, "exactly one of them"),
        (["--image", "{folder}/nowhere.png", "--text", "a"], USAGE, "nowhere.png"),
        (["--image", "{0}", "--text", "a", "--json", "--csv"], USAGE, "give one of them"),
        (["--image", "{0}", "{1}", "--text", "a", "b", "--reference", "c"], USAGE, "is for one picture"),
        (["--image", "{0}", "--text", "a", "b"], FAILED, "1 picture and 2 captions; give one caption"),
        (["--image", "{0}", "--text", " "], FAILED, "captions[0]: is empty"),
        (["--image", "{broken}", "--text", "a"], FAILED, "broken.png"),
        (["--pairs", "{gone}"], FAILED, "line 3: no file"),
        (["--pairs", "{alone}"], FAILED, "line 3: no reference, and other lines have one"),
        (["--pairs", "{named}"], FAILED, "no column text"),
    ],
)
def test_a_mistake_is_named_in_one_message(
    cli: Cli, pictures: list[Path], arguments: list[str], code: int, message: str
) -> None:
    folder = pictures[0].parent
    (folder / "broken.png").write_bytes(b"no picture")
    one = ["0.png", "a dog", "a cat"]
    places = {
        "folder": folder,
        "broken": folder / "broken.png",
        "good": with_references(pictures),
        "gone": sheet(pictures, "gone.csv", [["picture", "text"], one[:2], ["nowhere.png", "a cat"]]),
        "alone": sheet(pictures, "alone.csv", [["picture", "text", "reference"], one, ["1.png", "a cat"]]),
        "named": sheet(pictures, "named.csv", [["picture", "caption"], one[:2]]),
    }
    result = cli("score", *(each.format(*pictures, **places) for each in arguments), *TINY)
    assert result.code == code, result.err
    assert message in " ".join(result.err.replace("│", " ").split())
    assert result.out == ""
    assert "Traceback" not in result.err


def test_its_help_loads_no_torch() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom clip_embeddings_app.cli.app import app\n"
        "assert CliRunner().invoke(app, ['score', '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'transformers', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
