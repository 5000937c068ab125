"""Folders, files and functions of the tree are small, and the check that holds it names each that is not."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SMALL = "Folders, files and functions are small.\n"
DOCSTRING = '    """What it does.\n\n    And how.\n    """\n'


def check(root: Path) -> tuple[int, str]:
    command = [sys.executable, "-I", str(ROOT / "tools" / "check_sizes.py"), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def write(root: Path, file: str, code: str = "") -> None:
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(code, encoding="utf-8")


def test_the_tree_is_small() -> None:
    assert check(ROOT) == (0, SMALL)


def test_a_folder_with_too_many_modules_is_named(tmp_path: Path) -> None:
    for number in range(15):
        write(tmp_path, f"clip_embeddings/models/module_{number}.py")
        write(tmp_path, f"clip_embeddings/models/other/module_{number}.py")
    write(tmp_path, "clip_embeddings/models/__init__.py")
    assert check(tmp_path) == (0, SMALL)
    write(tmp_path, "clip_embeddings/models/one_more.py")
    code, said = check(tmp_path)
    assert (code, said.split(";")[0]) == (1, "clip_embeddings/models: has 16 modules")


def test_a_long_file_is_named(tmp_path: Path) -> None:
    write(tmp_path, "tests/test_it.py", "# line\n" * 250)
    assert check(tmp_path) == (0, SMALL)
    write(tmp_path, "tests/test_it.py", "# line\n" * 251)
    code, said = check(tmp_path)
    assert (code, said.split(";")[0]) == (1, "tests/test_it.py: has 251 lines")


@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("docstring", ["", DOCSTRING])
def test_a_long_function_is_named_by_the_lines_of_its_body(tmp_path: Path, kind: str, docstring: str) -> None:
    signature = f"class Thing:\n  {kind} work(\n      self,\n      value: int,\n  ) -> None:\n{docstring}"
    nested = "    def inner() -> None:\n\n        pass\n"
    write(tmp_path, "integrations/x/a.py", signature + nested + "    pass\n" * 36)
    assert check(tmp_path) == (0, SMALL)
    write(tmp_path, "integrations/x/a.py", signature + nested + "    pass\n" * 37)
    code, said = check(tmp_path)
    assert (code, said.split(";")[0]) == (1, "integrations/x/a.py:2: work has 40 lines")
