"""Stores of the demo's files without a calibration, and one that was measured on them."""

import shutil
from pathlib import Path
from typing import Any

import pytest

Cli = Any  # Callable[..., Outcome] of conftest.py


@pytest.fixture(scope="session")
def made(cli: Cli, demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the demo's pictures and notes, raw; not to be written to."""
    db = tmp_path_factory.mktemp("raw") / "db"
    command = (
        "ingest",
        demo / "pictures",
        demo / "notes",
        "--db",
        db,
        "--model",
        "tiny",
        "--calibrate",
        "none",
    )
    assert cli(*command).code == 0
    return db


@pytest.fixture
def raw(made: Path, tmp_path: Path) -> Path:
    """The same, to be written to."""
    return Path(shutil.copytree(made, tmp_path / "db"))


@pytest.fixture(scope="session")
def measured(cli: Cli, made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calibration of that store's own rows."""
    path = tmp_path_factory.mktemp("measured") / "cal.json"
    assert cli("calibrate", "--db", made, "--output", path, "--minimum", 30).code == 0
    return path
