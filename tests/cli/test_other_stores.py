"""`--store NAME:PLACE`: what is ingested and found in any store is what Chroma has of the same files."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from several_stores import in_memory_store

Cli = Any  # Callable[..., Outcome] of conftest.py


@pytest.fixture
def files(demo: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(1, 6):
        shutil.copy(demo / "pictures" / f"scene-{number:03}.png", folder)
    shutil.copy(demo / "notes" / "dog-training.md", folder)
    return folder


def found(cli: Cli, *where: object) -> list[tuple[str, Any]]:
    outcome = cli("search", "노을지는 바다", *where, "-k", "4", "--json")
    assert outcome.code == 0, outcome.err
    return [(hit["id"], pytest.approx(hit["score"], abs=1e-4)) for hit in json.loads(outcome.out)["hits"]]


def test_both_stores_hold_and_find_the_same(cli: Cli, files: Path, tmp_path: Path) -> None:
    lance = ("--store", f"lancedb:{tmp_path / 'lance'}", "--collection", "mine")
    chroma = ("--store", f"chroma:{tmp_path / 'chroma'}", "--collection", "mine")
    reports = [
        json.loads(cli("ingest", files, *where, "--model", "tiny", "--json").out) for where in (lance, chroma)
    ]
    same = ("images", "passages", "failures", "rows", "calibration")
    assert [reports[0][name] for name in same] == [reports[1][name] for name in same]
    assert reports[0]["images"] == 5
    assert reports[0]["store"] == str(tmp_path / "lance")
    assert found(cli, *lance) == found(cli, *chroma)
    again = json.loads(cli("ingest", files, *lance, "--json").out)  # its model is on record
    assert (again["images"], again["skipped"]) == (0, reports[0]["rows"])


def test_what_does_not_lead_to_a_store_is_named(cli: Cli, files: Path, tmp_path: Path) -> None:
    gone = cli("search", "a cat", "--store", f"lancedb:{tmp_path / 'nowhere'}")
    assert gone.code == 1
    assert f"--store lancedb:{tmp_path / 'nowhere'}" in gone.err
    assert not (tmp_path / "nowhere").exists()
    for given in ("lancedb", "lancedb:", "faiss:db", "db"):
        refused = cli("ingest", files, "--store", given)
        assert refused.code == 2
        assert "expected lancedb:DIR" in refused.err
    unset = cli("ingest", files, "--store", "")  # "$STORE" of a script
    assert unset.code == 2
    assert "expected lancedb:DIR" in unset.err
    both = cli("ingest", files, "--store", "lancedb:a", "--db", "b")
    assert both.code == 2
    assert "give one of them" in both.err


def test_another_model_is_refused(cli: Cli, files: Path, tmp_path: Path, checkpoint: Path) -> None:
    where = ("--store", f"lancedb:{tmp_path / 'lance'}")
    assert cli("ingest", files, *where, "--model", "tiny").code == 0
    refused = cli("ingest", files, *where, "--model", checkpoint)
    assert refused.code == 1
    assert "holds vectors of" in refused.err


@pytest.fixture
def memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The options that lead to a store that another package has brought, as long as the test runs."""
    folder = tmp_path_factory.mktemp("site-packages")
    in_memory_store.install(folder)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(in_memory_store, "PLACES", {})
    return ("--store", "memory:here")


def test_the_store_of_another_package_does_what_ours_do(
    cli: Cli, files: Path, tmp_path: Path, memory: tuple[str, str]
) -> None:
    chroma = ("--db", tmp_path / "chroma")
    reports = [
        json.loads(cli("ingest", files, *where, "--model", "tiny", "--json").out)
        for where in (memory, chroma)
    ]
    same = ("images", "passages", "failures", "rows", "calibration")
    assert [reports[0][name] for name in same] == [reports[1][name] for name in same]
    assert reports[0]["store"] == "here"
    assert found(cli, *memory) == found(cli, *chroma)
    assert found(cli, *memory, "--model", "tiny") == found(cli, *chroma)
    assert "no collection 'other'" in cli("search", "a cat", *memory, "--collection", "other").err


def test_the_gap_of_any_store_is_measured(
    cli: Cli, demo: Path, tmp_path: Path, memory: tuple[str, str]
) -> None:
    lance = ("--store", f"lancedb:{tmp_path / 'lance'}")
    measured = []
    for where in (lance, memory):
        made = ("ingest", demo / "pictures", demo / "notes", *where, "--model", "tiny", "--calibrate", "none")
        assert cli(*made).code == 0
        shown = cli("explain", *where)
        assert shown.code == 0, shown.err
        # Its vectors cannot be moved to another calibration, so it is told of the one in a search.
        assert f"search QUERY {' '.join(where)} --collection clip --calibration reference" in shown.out
        command = ("calibrate", *where, "--minimum", 30, "--output", tmp_path / "cal.json", "--json")
        measured.append(json.loads(cli(*command).out)["calibration"])
        assert found(cli, *where, "--calibration", tmp_path / "cal.json")
        refused = cli("ingest", demo / "notes", *where, "--calibrate", "reference")
        assert "--calibrate is for a new one. Ingest into another one" in refused.err
    assert measured[0] == measured[1]


def test_what_only_chroma_can_says_so_of_another_store(
    cli: Cli, files: Path, tmp_path: Path, memory: tuple[str, str]
) -> None:
    assert cli("ingest", files, *memory, "--model", "tiny").code == 0
    for command in (("check",), ("info",), ("recalibrate", "--calibration", "none")):
        refused = cli(*command, *memory)
        assert refused.code == 1
        assert f"{command[0]} is for stores of Chroma; here is one of memory" in refused.err
    chroma = ("--store", f"chroma:{tmp_path / 'chroma'}")
    assert cli("ingest", files, *chroma, "--model", "tiny").code == 0
    for command in (("check",), ("info",), ("recalibrate", "--calibration", "none")):
        assert cli(*command, *chroma).code == 0


def test_a_missing_lancedb_names_the_extra(tmp_path: Path) -> None:
    code = "import sys\nsys.modules['lancedb'] = None\nfrom clip_embeddings_app.cli import main\nmain()"
    command = [sys.executable, "-c", code, "search", "a cat", "--store", f"lancedb:{tmp_path}"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert 'pip install "clip-embeddings[lancedb]"' in run.stderr
    assert "Traceback" not in run.stderr
