"""The adapter's README runs as it stands."""

import re
from pathlib import Path

import pytest

from clip_embeddings.models.tiny.draw import render
from clip_embeddings.models.tiny.scenes import scenes

README = Path(__file__).parents[2] / "integrations" / "langchain_clip_embeddings" / "README.md"


def test_the_snippets_of_the_guide_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    cat = next(scene for scene in scenes(0, 500) if scene.thing == "cat" and scene.size == "close-up")
    boat = next(scene for scene in scenes(0, 500) if scene.thing == "boat")
    for name, scene in (("cat", cat), ("boat", boat)):
        render(scene, 96).save(f"pictures/{name}.png")
    space: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        exec(snippet, space)
    assert capsys.readouterr().out.splitlines() == [
        "The cat has an appointment with the vet.",
        "128",
        "our cat Nabi image/png 96",
        "cat",
        "['text', 'image']",
        "our cat Nabi",
        "2 0",
        "0 2",
        "image:pictures/cat.png",
    ]
