"""What `--help` shows of each command."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import typer.main

from clip_embeddings_app.cli.app import app

GROUP: Any = typer.main.get_command(app)
Cli = Any  # Callable[..., Outcome] of conftest.py


@pytest.mark.parametrize("name", sorted(GROUP.commands))
def test_the_help_of_each_command_ends_with_an_example_that_it_understands(
    name: str, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = " ".join(cli(name, "--help").out.rpartition("Example:")[2].split())
    program, command, *arguments = shlex.split(shown)
    assert (program, command) == ("clip-embeddings", name)
    monkeypatch.chdir(tmp_path)
    for file in ("dog.jpg", "pairs.csv", "calibration.json"):
        Path(file).touch()
    for folder in ("db", "my-folder", "photos"):
        Path(folder).mkdir()
    assert GROUP.commands[name].make_context(name, arguments).params
