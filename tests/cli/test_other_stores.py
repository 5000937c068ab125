"""`--store lancedb:DIR`: what is ingested and found there is what Chroma has of the same files."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

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
    both = cli("ingest", files, "--store", "lancedb:a", "--db", "b")
    assert both.code == 2
    assert "give one of them" in both.err


def test_another_model_is_refused(cli: Cli, files: Path, tmp_path: Path, checkpoint: Path) -> None:
    where = ("--store", f"lancedb:{tmp_path / 'lance'}")
    assert cli("ingest", files, *where, "--model", "tiny").code == 0
    refused = cli("ingest", files, *where, "--model", checkpoint)
    assert refused.code == 1
    assert "holds vectors of" in refused.err
