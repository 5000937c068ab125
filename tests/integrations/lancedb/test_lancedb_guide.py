"""The adapter's README runs as it stands."""

import json
import re
from pathlib import Path

import pytest

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

README = Path(__file__).parents[3] / "integrations" / "lancedb_clip_embeddings" / "README.md"


def test_the_snippets_of_the_guide_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pictures").mkdir()
    lines = []
    for number, scene in enumerate(scenes(0, 6)):
        render(scene, 96).save(f"pictures/{number}.png")
        fields = {"year": 2018 + number, "tags": ["pet" if number > 3 else "sea"], "lang": "ko"}
        fields |= {"camera.make": "Acme", "shot at": "noon"} if number == 1 else {}
        lines.append({"uri": f"pictures/{number}.png", "caption": f"picture {number}", "metadata": fields})
    Path("list.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    space: dict[str, object] = {}
    for snippet in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        exec(snippet, space)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("6 pictures and 0 text passages added")
    assert {line.split(maxsplit=1)[1] for line in printed[1:3]} == {
        "image picture 4 2022",
        "image picture 5 2023",
    }
    assert printed[3:6] == ["5", "1", "1"]
    assert re.fullmatch(r".*pictures/\d\.png", printed[6])
    assert printed[7] == "0 groups of pictures that are nearly the same"
    assert printed[8] == "{('document', 'image'): 6}"
