"""The guides to caption scores, retrieval from a picture and token states: their snippets run."""

import re
import shlex
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from pictures import scene
from reference import CLOSE, encoded, stable_diffusion
from typer.testing import CliRunner

from chroma_clip_embeddings import add_items, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app

GUIDES = Path(__file__).parents[2] / "docs" / "tasks"


def snippets(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (GUIDES / name).read_text(encoding="utf-8"), re.DOTALL)


def test_the_scoring_guide_runs_in_python_and_in_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the commands name another model: the default one is on the hub."""
    monkeypatch.chdir(tmp_path)
    for seed, name in ((3, "dog.jpg"), (4, "sea.jpg")):
        scene(seed).save(name)
    Path("pairs.csv").write_text("picture,text,reference\ndog.jpg,a dog,an animal\nsea.jpg,a boat,the sea\n")
    (snippet,) = snippets("scoring.md")
    space: dict[str, Any] = {}
    *lines, last = snippet.strip().splitlines()
    exec("\n".join(lines), space)
    assert eval(last.partition("  #")[0], space).shape == (2,)
    commands = re.findall(
        r"^    clip-embeddings (.*)$", (GUIDES / "scoring.md").read_text(encoding="utf-8"), re.M
    )
    assert len(commands) == 2
    for command in commands:
        words = shlex.split(command.partition(" > ")[0])
        result = CliRunner().invoke(app, [*words, "--model", "tiny"])
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout


def test_the_retrieval_guide_runs_and_names_examples_that_are_there(
    tiny: CLIPEmbedder, capsys: pytest.CaptureFixture[str]
) -> None:
    collection = open_collection(chromadb.EphemeralClient(), "retrieval-guide", embedder=tiny)
    add_items(collection, ids=["a", "b"], images=[scene(3), scene(3)], uris=["a.png", "b.png"])
    for snippet in snippets("retrieval.md"):
        exec(snippet, {"collection": collection, "vectors": np.ones((2, 8))})
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in printed] == ["('a.png', 'b.png')", "(0, 1)"]
    named = re.findall(r"examples/\w+\.py", (GUIDES / "retrieval.md").read_text(encoding="utf-8"))
    assert len(named) == 3
    assert all((GUIDES.parents[1] / name).is_file() for name in named)


def test_the_token_states_guide_runs_with_the_text_encoder_of_a_pipeline(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base model is a small one, and the pipeline's text encoder is no longer that of the base."""
    monkeypatch.chdir(tmp_path)
    pipeline = stable_diffusion(checkpoint)
    base = encoded(pipeline, ["a photo of a cat", ""], None)
    pipeline.text_encoder.final_layer_norm.weight.data.mul_(1.5)
    first, second = (
        snippet.replace("openai/clip-vit-large-patch14", str(checkpoint))
        for snippet in snippets("token-states.md")
    )
    space: dict[str, Any] = {"pipeline": pipeline}
    exec(first, space)
    *lines, last = second.strip().splitlines()
    exec("\n".join(lines), space)
    states = eval(last, space)
    np.testing.assert_allclose(states, encoded(pipeline, space["prompts"], None), **CLOSE)
    assert not np.allclose(states, base, **CLOSE)
