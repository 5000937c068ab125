"""The demo: what a new user sees first."""

from pathlib import Path
from typing import Any

from PIL import Image

from clip_embeddings_app.demo.notes import NOTES
from clip_embeddings_app.demo.run import QUERIES, write_files
from clip_embeddings_app.demo.scenes import demo_scenes
from clip_embeddings_app.figures.sheet import WIDTH

Cli = Any  # Callable[..., Outcome] of conftest.py


def test_the_demo_answers_every_query_and_says_what_to_do_next(first_demo: tuple[Path, Any]) -> None:
    folder, result = first_demo
    assert result.code == 0, result.err
    assert "72 pictures" in result.out
    for query in (*QUERIES, "query.png"):
        assert query in result.out
    assert "clip-embeddings search" in result.out
    for answer in result.out.split("#  score")[1:]:  # every query is answered by both, in one ranking
        assert " picture " in answer
        assert " passage " in answer
    assert result.err == "" or "Korean font" in result.err
    with Image.open(folder / "contact-sheet.png") as sheet:
        assert sheet.format == "PNG"
        assert sheet.width == WIDTH
        assert sheet.height > 2 * WIDTH
        assert len(sheet.getcolors(maxcolors=2**24) or ()) > 1000


def test_a_second_run_adds_nothing_and_says_so(cli: Cli, first_demo: tuple[Path, Any]) -> None:
    folder, _ = first_demo
    before = {path: path.stat().st_mtime_ns for path in folder.glob("[pnq]*/*")}
    again = cli("demo", "--dir", folder)
    assert again.code == 0
    assert "Nothing to add" in again.out
    assert {path: path.stat().st_mtime_ns for path in folder.glob("[pnq]*/*")} == before


def test_the_demos_files_are_the_same_everywhere(demo: Path, tmp_path: Path) -> None:
    write_files(tmp_path)
    for kind in ("pictures", "notes"):
        written = {path.name: path.read_bytes() for path in (tmp_path / kind).iterdir()}
        assert written == {path.name: path.read_bytes() for path in (demo / kind).iterdir()}
        assert len(written) == {"pictures": len(demo_scenes()), "notes": len(NOTES)}[kind]


def test_the_demo_holds_what_its_queries_ask_for_and_nothing_that_training_saw() -> None:
    scenes = demo_scenes()
    assert all(scene.seed < 900_000 for scene in scenes)
    assert len({scene.seed for scene in scenes}) == 72
    assert not any(scene.held_out for scene in scenes)
    for thing in ("cat", "dog"):
        assert sum(scene.thing == thing for scene in scenes) >= 8
    assert sum(scene.place == "mountains" for scene in scenes) >= 8
    assert sum((scene.place, scene.time) == ("sea", "sunset") for scene in scenes) >= 5
    runners = [s for s in scenes if (s.thing, s.place, s.pose) == ("dog", "beach", "running")]
    assert len(runners) >= 4
