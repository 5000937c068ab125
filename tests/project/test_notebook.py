"""The notebook shows what its cells show now, on any processor, and nothing of the machine it ran on."""

import copy
import re
import subprocess
import sys
import tempfile
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tools.notebook import NOTEBOOK, ROOT, alike, differences, load, tidy

KILOBYTE = 1000
ENCODED = re.compile(r"[A-Za-z0-9+/=\\n]{200,}")  # pictures


def cell_of(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook.cells if cell.id == name)


def test_the_notebook_runs_and_shows_what_is_kept_of_it(tmp_path: Path) -> None:
    """In a process of its own, as the kernel that it starts is no matter of this one's warnings."""
    command = [sys.executable, str(ROOT / "tools" / "notebook.py"), "--check"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "The notebook's outputs are what its cells show.\n"
    assert not list(tmp_path.iterdir())


def test_every_step_of_the_tutorials_has_its_outputs_in_order() -> None:
    notebook = load()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [*range(1, len(code) + 1)]
    shown = {cell.id: {kind for each in cell.outputs for kind in each.get("data", {})} for cell in code}
    assert "image/png" in shown["pictures"]
    for name in ("matrix", "zero-shot", "chroma", "search", "by-picture", "report"):
        assert "text/html" in shown[name], name
    assert cell_of(notebook, "langchain").outputs[0].text.count("\n") == 4
    before, after = cell_of(notebook, "gap").outputs[0].text.split("after\n")
    assert before.splitlines()[-1].endswith("scene-23.png")
    assert after.splitlines()[0].endswith("scene-23.png")
    assert not [each for cell in code for each in cell.outputs if each.get("name") == "stderr"]


def test_the_notebook_is_small_and_says_nothing_of_the_machine() -> None:
    assert NOTEBOOK.stat().st_size < 400 * KILOBYTE
    words = ENCODED.sub("", NOTEBOOK.read_text(encoding="utf-8"))
    here = [ROOT, Path.home(), Path(tempfile.gettempdir()), Path(sys.prefix)]
    private = [str(path) for path in here if path != Path("/")]
    private += ["/home/", "/root", "/tmp", "/Users/", "C:\\\\", " at 0x", "iopub."]
    assert [each for each in private if each in words] == []
    kept = load()
    assert tidy(copy.deepcopy(kept)) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.589 of 40", "0.591 of 40"),
        ("above 99.8 %", "above 99.9 %"),
        ("<p>1.3 s</p>", "<p>12.4 s</p>"),
        ('<td style="background: rgb(1, 2, 3)">0.5</td>', '<td style="background: rgb(1, 2, 4)">0.5</td>'),
        ("-0.001", "0.001"),
    ],
)
def test_what_another_processor_makes_of_a_cell_is_no_difference(one: str, other: str) -> None:
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("0.589", "0.689"), ("30 notes", "31 notes"), ("scene-29.png", "scene-28.png"), ("0.5", "1")],
)
def test_another_rank_count_or_score_is_one(one: str, other: str) -> None:
    assert not alike(one, other)


def test_a_missing_output_another_score_and_another_picture_are_named_by_their_cell() -> None:
    kept = load()
    fresh = copy.deepcopy(kept)
    cell_of(kept, "search").outputs.clear()
    score = cell_of(kept, "gap").outputs[0]
    score.text = score.text.replace("0.74", "0.94")
    png = BytesIO()
    Image.new("RGB", (9, 9)).save(png, "PNG")
    cell_of(kept, "pictures").outputs[0].data["image/png"] = b64encode(png.getvalue()).decode("ascii")
    assert list(differences(kept, fresh)) == [
        "cell 'pictures': image/png of output 0 kept is not what it shows now",
        "cell 'search': has nothing kept; shows text/html of output 0 now",
        "cell 'gap': stdout kept is not what it shows now",
    ]
