"""A file's name may hold ESC and C1 control characters; no command sends them to the terminal."""

import json
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest

Cli = Any  # Callable[..., Outcome] of conftest.py
NAME = "a\x1b[31mred\x9b2J\x85.png"


@pytest.fixture
def picture(demo: Path, tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    return Path(shutil.copy(demo / "pictures" / "scene-001.png", tmp_path / "pictures" / NAME))


def controls_of(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) == "Cc"} - {"\n"}


def test_no_name_steers_the_terminal(cli: Cli, picture: Path, tmp_path: Path) -> None:
    store = ("--db", tmp_path / "db")
    assert cli("ingest", picture.parent, *store, "--model", "tiny").code == 0
    found = cli("search", "--image", picture, *store)
    assert "Like " in found.out
    as_json = cli("search", "--image", picture, *store, "--json")
    assert json.loads(as_json.out)["hits"][0]["path"] == str(picture)  # and it is still the name
    picture.write_bytes(b"no picture")
    broken = cli("search", "--image", picture, *store)
    assert (broken.code, "cannot decode" in broken.err) == (1, True)
    missing = cli("search", "--image", picture.with_name(f"no-{NAME}"), *store)
    assert missing.code != 0
    for outcome in (found, as_json, broken, missing):
        assert controls_of(outcome.out + outcome.err) == set()
