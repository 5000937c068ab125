"""The pages that show the way in run as they stand: each snippet, and each command on the bundled model."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chroma_clip_embeddings import connect
from clip_embeddings import OPEN_CLIP_TWINS, CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from clip_embeddings_app.cli.app import app

ROOT = Path(__file__).parents[2]
FOUND = re.compile(r"```python\n(.*?)```|^    clip-embeddings (.*?)(?:    #.*)?$", re.DOTALL | re.MULTILINE)

HUB = r'"(?:openai/|sentence_transformers:)[^)\n]*\)'  # the rest of an embedder's call, in one line


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def run(page: str) -> dict[str, Any]:
    """Snippets and commands in their order; what downloads or waits for a client is not run."""
    space: dict[str, Any] = {"__name__": page}
    for snippet, command in FOUND.findall(text_of(page)):
        if snippet:
            exec(snippet, space)
        elif command.split()[0] in {"ingest", "search"}:
            result = CliRunner().invoke(app, shlex.split(command))
            assert result.exit_code == 0, (command, result.output)
    return space


def hangul(text: str) -> int:
    return len(re.findall("[가-힣]", text))


@pytest.mark.parametrize(
    ("page", "note", "sheet"),
    [
        ("docs/getting-started.md", "vet.txt", "first-found.png"),
        ("docs/getting-started.ko.md", "병원.txt", "ko-found.png"),
    ],
)
def test_getting_started_ends_with_an_answer_that_cites_the_note(
    page: str,
    note: str,
    sheet: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    space = run(page)
    printed = capsys.readouterr().out
    assert "(2, 128) (2, 128) float32" in printed
    assert "40 pictures and 2 text passages added" in printed
    assert printed.splitlines()[-1] == f"['{note}']"
    assert re.search(r"image .*29\.png|\d .*29\.png", printed)  # the sea at sunset
    cosines = space["pictures"] @ space["texts"].T
    assert cosines.argmax(axis=1).tolist() == [0, 1]
    assert Path(sheet).is_file()


@pytest.mark.parametrize("page", ["docs/getting-started.md", "docs/getting-started.ko.md"])
def test_getting_started_names_every_extra_that_there_is(page: str) -> None:
    extras = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]
    assert sorted(re.findall(r"^\| `([\w-]+)` \|", text_of(page), re.MULTILINE)) == sorted(extras)


def test_the_korean_readme_finds_the_cat_and_its_note_in_one_ranking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run("README.ko.md")
    printed = capsys.readouterr().out
    assert "40 pictures and 1 text passages added" in printed
    assert re.search(r"text .*메모\.txt", printed)
    assert Path("readme-ko.png").is_file()


def test_errors_say_what_the_page_says_they_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", text_of("docs/errors.md"), re.DOTALL)
    space: dict[str, Any] = {}
    for snippet, expected in shown:
        exec(snippet, space)
        pattern = ".*".join(map(re.escape, " ".join(expected.split()).split("...")))
        assert re.fullmatch(pattern, " ".join(capsys.readouterr().out.split())), expected
    assert len(shown) == text_of("docs/errors.md").count("```python") == 6


def test_moving_in_finds_what_the_old_library_stored_and_what_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny: CLIPEmbedder
) -> None:
    """The bundled model stands in for those of the hub; what was written before moving is Python, no more."""
    monkeypatch.chdir(tmp_path)
    render(next(scenes(0, 1)), 96).save("dog.jpg")
    old = connect("openclip-db").create_collection("openclip-photos", embedding_function=None)
    old.add(ids=["old"], documents=["a cat"], embeddings=tiny.embed_texts(["a cat"]))
    monkeypatch.setitem(OPEN_CLIP_TWINS, "ViT-B-32/laion2b_s34b_b79k", "tiny")
    page = text_of("docs/moving-in.md")
    space: dict[str, Any] = {}
    for before in re.findall(r"```py\n(.*?)```", page, re.DOTALL):
        compile(before, "moving-in.md", "exec")
    for snippet in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(re.sub(r'CLIPEmbedder\(".*?"', 'CLIPEmbedder("tiny"', snippet), space)
    assert sorted(space["collection"].get()["ids"]) == ["dog", "old"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "[['old']]"
    assert printed[-1] == "(1, 128)"


@pytest.mark.parametrize("page", ["docs/models.md", "docs/tasks/zero-shot.md", "docs/tasks/few-examples.md"])
def test_what_the_guides_to_models_and_classes_show_runs(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundled model stands in where vectors are made; to create any other embedder is free."""
    monkeypatch.chdir(tmp_path)
    drawn = [render(scene, 96) for scene in scenes(0, 4)]
    for name, picture in zip(("a.jpg", "b.jpg", "new.jpg"), drawn, strict=False):
        picture.save(name)
    space: dict[str, Any] = {"pictures": drawn, "labels": ["dog", "rabbit"] * 2}
    for snippet in re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL):
        exec(re.sub(HUB, '"tiny")', snippet), space)


def test_no_two_guides_write_to_one_folder() -> None:
    pages = [*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("integrations/*/README.md")]
    named = r'(?:connect|PersistentClient)\("([\w-]+)"|persist_directory="([\w-]+)"|--db ([\w-]*shell-db)'
    owners: dict[str, Path] = {}
    for page in pages:
        for groups in re.findall(named, page.read_text(encoding="utf-8")):
            assert owners.setdefault("".join(groups), page) == page, (groups, page)
    assert len(owners) > 10
