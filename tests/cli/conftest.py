"""The command line under test: run in this process, on one store that the demo made."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app


class Outcome:
    """What a command left: exit code, stdout and stderr."""

    def __init__(self, *arguments: object) -> None:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "140"})
        self.code, self.out, self.err = result.exit_code, result.stdout, result.stderr
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception


@pytest.fixture(scope="session")
def cli() -> Callable[..., Outcome]:
    """Runs a command and returns its outcome; anything but a clean exit fails the test."""
    return Outcome


@pytest.fixture(scope="session")
def first_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The demo's folder and what its first run printed."""
    folder = tmp_path_factory.mktemp("demo") / "clip-demo"
    return folder, Outcome("demo", "--dir", folder)


@pytest.fixture(scope="session")
def demo(first_demo: tuple[Path, Outcome]) -> Path:
    """The folder that the demo left; not to be written to."""
    return first_demo[0]


@pytest.fixture(scope="session")
def raw_store(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The options that lead to a collection of the demo's files without a calibration."""
    from chroma_clip_embeddings import connect, ingest, open_collection

    place = tmp_path_factory.mktemp("raw") / "db"
    collection = open_collection(connect(place), "raw", embedder=CLIPEmbedder("tiny"))
    ingest([demo / "pictures", demo / "notes"], collection)
    return ("--db", str(place), "--collection", "raw")


@pytest.fixture(scope="session")
def store(demo: Path) -> tuple[str, ...]:
    """The options that lead to the demo's collection."""
    return ("--db", str(demo / "db"), "--collection", "demo")
