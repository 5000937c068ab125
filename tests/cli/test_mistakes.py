"""A user's mistake ends in one clear line and an exit code, never in a traceback."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clip_embeddings.errors import InvalidInputError
from clip_embeddings_app.cli.actions import similarity

Cli = Any  # Callable[..., Outcome] of conftest.py
USAGE, FAILED = 2, 1
NEW = ("ingest", "{demo}/notes", "--db", "{tmp}/new")
DEMO = ("--db", "{demo}/db", "--collection", "demo")


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    path = tmp_path / "damaged.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    return path


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ingest", "{tmp}/nothing-here"], USAGE, "does not exist"),
        ([*NEW, "--model", "no such model!"], FAILED, "Unknown model"),
        ([*NEW, "--model", "./nowhere"], FAILED, "no such folder"),
        ([*NEW, "--model", "tiny", "--device", "tpu"], FAILED, "expected one of"),
        (["ingest", "{demo}/notes", "--db", "{demo}/query.png"], USAGE, "is a file"),
        (["search", "a cat", "--db", "{tmp}/no-db"], FAILED, "no store in"),
        (["search", "a cat", "--db", "{demo}/notes"], FAILED, "no store in"),
        (["search", "a cat", "--db", "{demo}/db", "--collection", "other"], FAILED, "it has: demo"),
        (["search"], USAGE, "give one of them, or both"),
        (["search", "a cat", "--db", "{demo}/db", "--host", "localhost"], USAGE, "not both"),
        (["search", "a cat", "--port", "8000"], USAGE, "needs --host"),
        (["search", "a cat", "-k", "0"], USAGE, "-k"),
        (["search", "a cat", "--modality", "video"], USAGE, "video"),
        (["search", "a cat", "--sheet", "{tmp}/sheet.xyz"], USAGE, "not named as a picture"),
        (["search", "--image", "{damaged}", *DEMO], FAILED, "damaged.png"),
        (["search", "a cat", "--host", "127.0.0.1", "--port", "1"], FAILED, "127.0.0.1:1"),
        (["similarity", "--image", "{demo}/query.png"], USAGE, "--text"),
        (
            ["similarity", "--image", "{demo}/query.png", "{damaged}", "--text", "a", "--model", "tiny"],
            FAILED,
            "images[1]",
        ),
        (["info", "--db", "{tmp}/no-db"], FAILED, "no store in"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_in_one_message(
    cli: Cli, demo: Path, damaged: Path, tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    places = {"tmp": str(tmp_path), "demo": str(demo), "damaged": str(damaged)}
    result = cli(*(argument.format(**places) for argument in arguments))
    assert result.code == code, result.err
    flat = " ".join(result.err.replace("│", " ").split())
    assert message in flat
    assert "Traceback" not in result.err
    assert result.out == ""
    if code == FAILED:
        assert result.err.startswith("error: ")
        assert len(result.err.splitlines()) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged.png"]


def test_another_model_than_the_collections_is_refused_by_naming_both(
    cli: Cli, store: tuple[str, ...], demo: Path, checkpoint: Path
) -> None:
    for command in (["search", "a cat"], ["ingest", demo / "notes"]):
        result = cli(*command, *store, "--model", checkpoint)
        assert result.code == FAILED
        assert "model_name=tiny" in result.err
        assert str(checkpoint) in result.err
        assert "Traceback" not in result.err


def test_debug_shows_the_traceback_before_the_message(cli: Cli, tmp_path: Path) -> None:
    result = cli("search", "a cat", "--db", tmp_path / "no-db", "--debug")
    assert result.code == FAILED
    assert result.err.startswith("Traceback")
    assert result.err.splitlines()[-1].startswith("error: no store in")


def test_json_output_stays_empty_where_a_command_failed(cli: Cli, tmp_path: Path) -> None:
    result = cli("search", "a cat", "--db", tmp_path / "no-db", "--json")
    assert (result.code, result.out) == (FAILED, "")


def test_an_interrupt_ends_quietly_with_130(cli: Cli, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(similarity, "run", interrupted)
    result = cli("similarity", "--image", demo / "query.png", "--text", "a")
    assert (result.code, result.out, result.err) == (130, "", "")


def test_a_message_of_several_lines_is_printed_as_one(
    cli: Cli, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise InvalidInputError("first\nsecond")

    monkeypatch.setattr(similarity, "run", fail)
    result = cli("similarity", "--image", demo / "query.png", "--text", "a")
    assert (result.code, result.err) == (FAILED, "error: first second\n")


def test_a_missing_chromadb_names_the_extra(demo: Path) -> None:
    code = (
        "import sys\nsys.modules['chromadb'] = None\n"
        "from clip_embeddings_app.cli import main\nmain()"
    )  # fmt: skip
    command = [sys.executable, "-c", code, "ingest", str(demo / "notes")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=demo)
    assert run.returncode == FAILED
    assert 'pip install "clip-embeddings[chroma]"' in run.stderr
    assert "Traceback" not in run.stderr


def test_a_stored_text_can_neither_style_the_table_nor_steer_the_terminal(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a [bold]cat[/bold] \x1b[31mred\x07 :smile:", encoding="utf-8")
    where = ("--db", tmp_path / "db")
    assert cli("ingest", tmp_path / "note.txt", *where, "--model", "tiny").code == 0
    shown = cli("search", "a cat", *where, "--modality", "text").out
    assert "[bold]cat[/bold]" in shown
    assert ":smile:" in shown
    assert not {"\x1b", "\x07"} & set(shown)
    stored = json.loads(cli("search", "a cat", *where, "--json").out)["hits"][0]["document"]
    assert "\x1b[31mred\x07" in stored
