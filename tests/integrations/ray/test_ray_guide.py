"""The adapter's README and its example run as they stand."""

import re
import runpy
from pathlib import Path

import pytest
import ray

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

ROOT = Path(__file__).parents[3]
README = ROOT / "integrations" / "ray_clip_embeddings" / "README.md"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ray")


@pytest.mark.usefixtures("ray_of_two_cpus")
def test_the_snippets_of_the_guide_run_in_their_order(
    tmp_path: Path,
    server: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server, the collection's name and the folder are all that differs."""
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for number, scene in enumerate(scenes(0, 2)):
        render(scene, 96).save(f"pictures/{number}.png")
    space: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        here = snippet.replace("8000", str(server[1])).replace('"localhost"', f'"{server[0]}"')
        exec(here.replace("photos", "ray-guide").replace("/data", str(tmp_path)), space)
    *rows, report = capsys.readouterr().out.splitlines()
    assert len(rows) == 2
    assert all(re.fullmatch(r"image:\w{8} 128 None", row) for row in rows)
    assert report.startswith("2 pictures and 0 texts added, 0 already there, 0 failed")
    assert len(list(Path("vectors").glob("*.parquet"))) == 1


@pytest.mark.usefixtures("ray_of_two_cpus")
def test_the_example_prints_what_it_promises(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the Ray of these tests, which is as the one that it asks for."""
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(ray, "init", lambda **options: asked.append(options))
    path = ROOT / "examples" / "ray_ingest.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < 33
    runpy.run_path(str(path), run_name="__main__")
    assert asked == [{"num_cpus": 2, "include_dashboard": False}]
    first, second, *found = capsys.readouterr().out.splitlines()
    assert first.startswith("40 pictures and 0 texts added, 0 already there")
    assert second.startswith("0 pictures and 0 texts added, 40 already there")
    assert len(found) == 3
    assert all(re.fullmatch(r"0\.\d+  scene-\d+\.png", line) for line in found)
