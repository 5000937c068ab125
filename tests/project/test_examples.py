"""The examples and the README's Chroma and LangChain snippets run as they stand."""

import os
import re
import sys
from pathlib import Path

import pytest
import warm

from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

ROOT = Path(__file__).parents[2]


def run(arguments: list[str], folder: Path) -> str:
    """What a program prints. In an interpreter of its own the notebook runs: test_notebook.py."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    done = warm.run([sys.executable, *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    return done.stdout


def readme_snippet(word: str) -> str:
    """The first Python snippet of the README that holds a word."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    snippets: list[str] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return next(snippet for snippet in snippets if word in snippet)


def draw_six(folder: Path) -> None:
    folder.mkdir()
    for number, scene in enumerate(scenes(0, 6)):
        render(scene, 96).save(folder / f"{number}.png")


def test_the_similarity_example_prints_a_cosine_and_a_share_for_each_text(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "similarity.py")], tmp_path).splitlines()
    rows = [re.fullmatch(r" *(-?[\d.]+) +([\d.]+)%  (.+)", line) for line in lines]
    assert [row and row[3] for row in rows] == [
        "a photo of a cat",
        "a photo of a dog",
        "a landscape with mountains",
    ]
    assert sum(float(row[2]) for row in rows if row) == pytest.approx(100, abs=0.2)


def test_the_fine_tuning_example_finds_more_than_before_in_another_space(tmp_path: Path) -> None:
    *recalls, last = run([str(ROOT / "examples" / "finetune.py")], tmp_path).splitlines()
    rows = [re.fullmatch(r"(.+?) +([\d.]+) -> ([\d.]+)", line) for line in recalls]
    found = {row[1]: (float(row[2]), float(row[3])) for row in rows if row}
    assert len(found) == len(recalls) == 7
    assert found["mean"][1] > found["mean"][0]
    fingerprints = re.findall(r"\b[0-9a-f]{16}\b", last)
    assert len(set(fingerprints)) == 2


def test_the_zero_shot_example_names_what_is_drawn_and_calls_a_boat_other(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "zero_shot.py")], tmp_path).splitlines()
    assert [line.split()[0] for line in lines] == ["cat", "dog", "자동차", "other"]


def test_the_example_of_few_examples_tells_apart_what_words_confuse(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "few_examples.py")], tmp_path).splitlines()
    words, examples = (int(line.split()[-4]) for line in lines)
    assert (words < 30, examples > 34) == (True, True)


def test_the_chroma_example_finds_pictures_and_the_note(tmp_path: Path) -> None:
    output = run([str(ROOT / "examples" / "chroma" / "collection.py")], tmp_path)
    assert output.startswith("40 pictures and 1 text passages added")
    assert output.count("  image  scene-") == 3
    assert "The cat has an appointment" in output


def test_the_chroma_snippet_of_the_readme_runs(tmp_path: Path) -> None:
    snippet = readme_snippet("import chromadb")
    draw_six(tmp_path / "my-folder")
    output = run(["-c", snippet], tmp_path)
    assert output.startswith("6 pictures and 0 text passages added")
    assert len(output.splitlines()) == 6  # the report and five pictures


def test_the_langchain_example_finds_the_note_and_pictures_in_one_ranking(tmp_path: Path) -> None:
    """Neither the other note nor, for a picture, any note takes the place of a better picture."""
    lines = run([str(ROOT / "examples" / "langchain_retriever.py")], tmp_path).splitlines()
    assert lines[0] == "a photo of a cat"
    assert lines[1] == "  text   The cat has an appointment with the vet on Tuesday."
    assert [line.split()[0] for line in lines[2:5]] == ["image"] * 3
    assert lines[5:7] == ["scene-07.png", "  image  scene-07.png"]
    assert [line.split()[0] for line in lines[7:]] == ["image"] * 3


def test_the_rag_example_shows_the_model_texts_and_pictures_and_names_what_it_cites(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "rag.py")], tmp_path).splitlines()
    said = re.fullmatch(r"\(stand-in for a chat model\) I was shown (\d) pictures among: (.*)", lines[0])
    assert said
    labels = said[2].split("; ")
    assert len(labels) == 6
    assert labels[0] == "[1] vet.txt"
    assert int(said[1]) == sum(".png" in label for label in labels) >= 4
    assert [line.split(":")[0].strip() for line in lines[1:]] == [label.split()[1] for label in labels]


def test_the_langchain_snippet_of_the_readme_runs(tmp_path: Path) -> None:
    snippet = readme_snippet("langchain")
    draw_six(tmp_path / "my-folder")
    *lines, cited = run(["-c", snippet + readme_snippet("to_context")], tmp_path).splitlines()
    assert "'num_added': 6" in lines[0]
    assert len(lines) == 5  # what was indexed and four pictures
    assert re.fullmatch(r"\['\d\.png'\]", cited)


def test_the_picture_to_text_example_finds_the_sentence_that_each_picture_was_drawn_for(
    tmp_path: Path,
) -> None:
    lines = run([str(ROOT / "examples" / "picture_to_text.py")], tmp_path).splitlines()
    assert len(lines) == 6
    for title, first, second in (lines[:3], lines[3:]):
        assert first.partition("  ")[2] == title.removeprefix("a picture drawn for: ")
        assert float(first.split()[0]) > float(second.split()[0])


def test_the_picture_to_picture_example_finds_the_scene_that_was_drawn_anew(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "picture_to_picture.py")], tmp_path).splitlines()
    assert [line.split()[1].startswith("picture-") for line in lines] == [True] * 3
    assert lines[0].endswith("picture-5  green tent, meadow")


def test_the_near_duplicates_example_finds_each_picture_that_was_saved_again(tmp_path: Path) -> None:
    lines = run([str(ROOT / "examples" / "near_duplicates.py")], tmp_path).splitlines()
    names = sorted(line.split(maxsplit=1)[1] for line in lines)
    assert names == [f"{number}3-again.jpg, {number}3.png" for number in range(4)]


def test_the_python_snippet_of_the_readme_runs_on_the_bundled_model(tmp_path: Path) -> None:
    """The default model is on the hub, so the bundled one stands in for it; nothing else is changed."""
    snippet = readme_snippet("scoring.probabilities")
    render(next(scenes(0, 1)), 96).save(tmp_path / "dog.jpg")
    output = run(["-c", snippet.replace('"openai/clip-vit-base-patch32"', '"tiny"')], tmp_path)
    assert output.count("[[") == 2
