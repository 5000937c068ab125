"""The Ray adapter's README and its example run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from clip_embeddings.models.tiny.draw import render
from clip_embeddings.models.tiny.scenes import scenes

ROOT = Path(__file__).parents[2]


@pytest.mark.usefixtures("ray_of_two_cpus")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")
def test_the_snippets_of_the_guide_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for number, scene in enumerate(scenes(0, 3)):
        render(scene, 96).save(f"pictures/{number}.png")
    guide = (ROOT / "integrations" / "ray_clip_embeddings" / "README.md").read_text(encoding="utf-8")
    space: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", guide, re.DOTALL):
        exec(snippet, space)
    out = capsys.readouterr().out
    assert "3 pictures and 0 texts added, 0 already there, 0 failed" in out
    assert "['path', 'id', 'content_sha256', 'modality', 'clip_fingerprint', 'embedding', 'error']" in out


def test_the_example_adds_everything_once(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "ray_ingest.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("40 pictures and 0 texts added, 0 already there, 0 failed")
    assert lines[1].startswith("0 pictures and 0 texts added, 40 already there, 0 failed")
    assert lines[2] == "40 rows of fixed_size_list<element: float>[128]"
