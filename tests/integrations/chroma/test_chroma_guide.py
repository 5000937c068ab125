"""The adapter's README and its examples run as they stand."""

import random
import re
import runpy
import sys
from pathlib import Path

import pytest

from chroma_clip_embeddings import OPEN_CLIP_TWINS, connect
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

ROOT = Path(__file__).parents[3]
README = ROOT / "integrations" / "chroma_clip_embeddings" / "README.md"
NAME = "ViT-B-32/laion2b_s34b_b79k"


def test_the_snippets_of_the_guide_run_in_their_order(
    tmp_path: Path,
    tiny: CLIPEmbedder,
    server: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The server's port and, in place of the hub's checkpoint, the bundled model are all that differs."""
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    for name, scene in zip(("cat", "sea"), scenes(0, 2), strict=True):
        render(scene, 96).save(f"pictures/{name}.png")
    draw_and_tell(Path("my-folder"), 320)
    old = connect("old-db").create_collection("old-photos", embedding_function=None)
    old.add(ids=["0"], documents=["a dog"], embeddings=tiny.embed_texts(["a dog"]))
    monkeypatch.setitem(OPEN_CLIP_TWINS, NAME, "tiny")

    snippets = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    space: dict[str, object] = {}
    for snippet in snippets:
        exec(snippet.replace("8000", str(server[1])), space)
    lines = capsys.readouterr().out.splitlines()
    found = {line.split(maxsplit=2)[2] for line in lines[:3]}
    note = "text The cat has an appointment with the vet."
    assert found == {"image cat.png", "image the sea at sunset", note}
    assert lines[3].startswith("2 pictures and 0 text passages added")
    assert lines[4].startswith("320 pictures and ")
    assert ".png" in lines[5]
    assert lines[6:] == ["[['cat']]", "(96, 96, 3)", "pictures/cat.png", "[['0']]"]
    assert space["collection"].get(ids=["cat"])["documents"] == ["our cat Nabi, 2024"]  # type: ignore[attr-defined]


def draw_and_tell(folder: Path, number: int) -> None:
    """Scenes, and what is on each of them."""
    folder.mkdir()
    for i, scene in enumerate(scenes(700, number)):
        render(scene, 48).save(folder / f"{i}.png")
        (folder / f"{i}.txt").write_text(
            caption(scene, "en", random.Random(i), full=True).text, encoding="utf-8"
        )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "calibration",
            [r"raw: [01]\.\d of 10 found are pictures", r"calibrated: [456]\.\d of 10 found are pictures"],
        ),
        (
            "captions",
            [r"AddReport\(added=13, .*", r"1\.000  drawn fourth, and named later", ".*", ".*"],
        ),
        ("uris", [r"\[\['4', '\d'\]\]", r"\(192, 192, 3\)"]),
        ("async", [r"AddReport\(added=12, .*", r"0\.\d+  picture-\d+", r"0\.\d+  picture-\d+"]),
        ("moving_in", [r"\[\['노을지는 바다'\]\]", "a new note"]),
    ],
)
def test_the_example_prints_what_it_promises(
    server: tuple[str, int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    expected: list[str],
) -> None:
    path = ROOT / "examples" / "chroma" / f"{name}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < 32
    monkeypatch.setattr(sys, "argv", [str(path), str(server[1])])
    runpy.run_path(str(path), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line), line
