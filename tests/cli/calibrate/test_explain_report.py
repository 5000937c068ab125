"""`explain --report` on the command line: the picture and the page of a gap."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from clip_embeddings import ModalityCalibration
from clip_embeddings.models.tiny import WEIGHTS

Cli = Any  # Callable[..., Outcome] of conftest.py
REFERENCE = ModalityCalibration.load(WEIGHTS / "calibration.json").id


def test_the_page_is_whole_in_itself_and_holds_the_picture_and_the_numbers(
    cli: Cli, made: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new" / "gap.html"
    result = cli("explain", "--db", made, "--calibration", "reference", "--report", out)
    assert result.code == 0, result.err
    assert str(out) in result.out
    page = out.read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert not re.search(r"<script|<link|<img|href=\"[^#]|url\((?!#)|@import", page)
    assert "Pictures among the ten best" in page
    assert REFERENCE in page
    numbers = json.loads(cli("explain", "--db", made, "--calibration", "reference", "--json").out)
    gaps = re.search(r"mean picture from the mean text</td><td>([\d.]+)</td><td>([\d.]+)</td>", page)
    assert gaps  # in the page to two places, in JSON to more
    expected = [numbers[view]["gap"] for view in ("before", "after")]
    assert [float(each) for each in gaps.groups()] == pytest.approx(expected, abs=0.0051)


def test_the_picture_has_a_column_more_where_there_is_a_calibration(
    cli: Cli, made: Path, tmp_path: Path
) -> None:
    assert cli("explain", "--db", made, "--report", tmp_path / "raw.png").code == 0
    command = ("explain", "--db", made, "--calibration", "reference", "--report", tmp_path / "both.png")
    assert cli(*command).code == 0
    with Image.open(tmp_path / "raw.png") as one, Image.open(tmp_path / "both.png") as two:
        assert two.width == 2 * one.width
        assert two.height == one.height
        blue = np.all(np.asarray(two.convert("RGB")) == (0x00, 0x72, 0xB2), axis=2)
        assert blue[:, : one.width].any()
        assert blue[:, one.width :].any()


def test_the_same_report_is_the_same_file(cli: Cli, made: Path, tmp_path: Path) -> None:
    for name in ("a.html", "b.html"):
        assert cli("explain", "--db", made, "--report", tmp_path / name).code == 0
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_missing_matplotlib_names_the_extra_before_anything_is_measured(made: Path, tmp_path: Path) -> None:
    code = "import sys\nsys.modules['matplotlib'] = None\nfrom clip_embeddings_app.cli import main\nmain()"
    options = [
        "--db",
        str(made),
        "--output",
        str(tmp_path / "cal.json"),
        "--report",
        str(tmp_path / "gap.png"),
    ]
    command = [sys.executable, "-c", code, "calibrate", *options]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr == 'error: a report needs matplotlib: pip install "clip-embeddings[report]"\n'
    assert list(tmp_path.iterdir()) == []


def test_help_of_the_new_commands_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom clip_embeddings_app.cli.app import app\n"
        "for command in ('explain', 'calibrate', 'recalibrate'):\n"
        "    assert CliRunner().invoke(app, [command, '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'chromadb', 'numpy', 'PIL', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
