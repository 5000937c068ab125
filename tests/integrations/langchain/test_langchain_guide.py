"""The adapter's README runs as it stands."""

import os
import re
import sys
from pathlib import Path

import warm

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

ROOT = Path(__file__).parents[3]
README = ROOT / "integrations" / "langchain_clip_embeddings" / "README.md"


def run(guide: Path, folder: Path) -> list[str]:
    """What the snippets of a guide print, in their order.

    In a process of its own: Chroma shares one client among equal relative folders, wherever they are.
    """
    snippets = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    done = warm.run(
        [sys.executable, "-c", "\n".join(snippets)], cwd=folder, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_guide_to_documents_runs(tmp_path: Path) -> None:
    printed = run(ROOT / "docs" / "documents.md", tmp_path)
    assert printed == ["text Bake the bread.", "image Bake the bread."]


def test_the_snippets_of_the_guide_run_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    cat = next(scene for scene in scenes(0, 500) if scene.thing == "cat" and scene.size == "close-up")
    boat = next(scene for scene in scenes(0, 500) if scene.thing == "boat")
    for name, scene in (("cat", cat), ("boat", boat)):
        render(scene, 96).save(tmp_path / "pictures" / f"{name}.png")
    assert run(README, tmp_path) == [
        "The cat has an appointment with the vet.",
        "128",
        "2 ()",
        "cat.png",
        "our cat Nabi image/png 96",
        "cat",
        "['text', 'image']",
        "our cat Nabi",
        "['cat', 'hour']",
        "True",
        "['text', 'text', 'text', 'image']",
        "['note']",
        "[1] note ['note']",
        "2 0",
        "0 2",
        "2",
        "image:pictures/cat.png",
    ]
