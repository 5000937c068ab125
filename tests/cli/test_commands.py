"""Every command on real files, with the bundled model and an embedded store."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clip_embeddings import CLIPEmbedder, __version__
from clip_embeddings.models.catalog import MODELS

Cli = Any  # Callable[..., Outcome] of conftest.py


@pytest.fixture
def files(demo: Path, tmp_path: Path) -> Path:
    """Two pictures, one note of several passages, and a damaged picture between them."""
    folder = tmp_path / "files"
    folder.mkdir()
    shutil.copy(demo / "pictures" / "scene-001.png", folder / "a.png")
    (folder / "b.png").write_bytes((demo / "pictures" / "scene-002.png").read_bytes()[:2000])
    shutil.copy(demo / "pictures" / "scene-003.png", folder / "c.png")
    shutil.copy(demo / "notes" / "dog-training.md", folder / "dog-training.md")
    return folder


def test_ingest_reports_what_it_added_and_goes_on_after_a_damaged_picture(
    cli: Cli, files: Path, tmp_path: Path
) -> None:
    command = ("ingest", files, "--db", tmp_path / "db", "--model", "tiny")
    first = cli(*command)
    assert first.code == 0, first.err
    assert "pictures added" in first.out
    assert "b.png" in first.out
    assert "cannot decode" in first.out
    again = json.loads(cli(*command, "--json").out)
    assert (again["images"], again["passages"]) == (0, 0)
    assert again["skipped"] == again["rows"] > 3
    assert [Path(failure["path"]).name for failure in again["failures"]] == ["b.png"]


def test_strict_ingestion_exits_with_1_where_a_file_failed(cli: Cli, files: Path, tmp_path: Path) -> None:
    command = ("ingest", files, "--db", tmp_path / "db", "--model", "tiny", "--strict")
    assert cli(*command).code == 1
    (files / "b.png").unlink()
    assert cli(*command).code == 0


def test_an_existing_collection_keeps_its_model_without_naming_it(
    cli: Cli, files: Path, tmp_path: Path
) -> None:
    where = ("--db", tmp_path / "db", "--collection", "mine")
    assert cli("ingest", files / "a.png", *where, "--model", "tiny").code == 0
    more = cli(
        "ingest", files / "c.png", *where, "--device", "cpu", "--dtype", "float32", "--batch-size", "1"
    )
    assert more.code == 0, more.err
    assert "holds 2 rows" in more.out


def test_search_in_a_calibrated_collection_shows_one_ranking_of_pictures_and_passages(
    cli: Cli, store: tuple[str, ...]
) -> None:
    result = cli("search", "노을지는 바다", *store)
    assert result.code == 0, result.err
    kinds = [line.split()[4] for line in result.out.splitlines() if line.strip()[:1].isdigit()]
    assert len(kinds) == 5
    assert set(kinds) == {"picture", "passage"}
    assert "not a probability" in result.out


def test_search_in_a_raw_collection_lists_both_side_by_side_with_a_word_on_their_scores(
    cli: Cli, raw_store: tuple[str, ...]
) -> None:
    result = cli("search", "노을지는 바다", *raw_store, "-k", "2")
    assert result.code == 0, result.err
    assert "Pictures (image)" in result.out
    assert "Passages (text)" in result.out
    assert "modality gap" in result.out
    assert "scene-" in result.out


def test_a_raw_collection_is_ranked_in_one_list_by_a_calibration_given_to_the_search(
    cli: Cli, store: tuple[str, ...], raw_store: tuple[str, ...]
) -> None:
    late = json.loads(cli("search", "a dog", *raw_store, "--calibration", "reference", "--json").out)
    stored = json.loads(cli("search", "a dog", *store, "--json").out)
    assert late["ranked"]
    assert [hit["path"] for hit in late["hits"]] == [hit["path"] for hit in stored["hits"]]
    refused = cli("search", "a dog", *store, "--calibration", "reference")
    assert refused.code == 1
    assert "calibrated already" in refused.err


@pytest.mark.parametrize(("modality", "images", "texts"), [("any", 3, 3), ("image", 3, 0), ("text", 0, 3)])
def test_search_as_json_ranks_each_modality_of_a_raw_collection_on_its_own(
    cli: Cli, raw_store: tuple[str, ...], modality: str, images: int, texts: int
) -> None:
    found = json.loads(cli("search", "a dog", *raw_store, "-k", "3", "--modality", modality, "--json").out)
    assert found["query"] == {"text": "a dog"}
    assert found["ranked"] is (modality != "any")
    for kind, count in (("image", images), ("text", texts)):
        hits = [hit for hit in found["hits"] if hit["modality"] == kind]
        assert len(hits) == count
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)
        assert [hit["rank"] for hit in hits] == list(range(1, len(hits) + 1))
        assert all(Path(hit["path"]).is_file() and hit["percentile"] is None for hit in hits)


def test_a_stored_picture_finds_itself_first(
    cli: Cli, demo: Path, store: tuple[str, ...], raw_store: tuple[str, ...]
) -> None:
    picture = demo / "pictures" / "scene-007.png"
    for place, least in ((store, 0.9), (raw_store, 0.999)):
        found = json.loads(cli("search", "--image", picture, *place, "--json").out)
        assert found["hits"][0]["path"] == str(picture)
        assert found["hits"][0]["score"] >= least


def test_search_draws_a_contact_sheet_where_it_is_told_to(
    cli: Cli, store: tuple[str, ...], tmp_path: Path
) -> None:
    sheet = tmp_path / "new" / "sheet.png"
    result = cli("search", "a red boat", *store, "--sheet", sheet)
    assert result.code == 0, result.err
    with Image.open(sheet) as picture:
        assert picture.width == 1240


def test_a_query_over_the_context_limit_is_answered_with_a_warning_of_one_line(
    cli: Cli, store: tuple[str, ...]
) -> None:
    result = cli("search", "a dog on the beach " * 60, *store, "--modality", "image")
    assert result.code == 0
    assert result.err.startswith("warning: ")
    assert len(result.err.splitlines()) == 1


def test_similarity_prints_cosines_and_probabilities_for_each_picture(cli: Cli, demo: Path) -> None:
    pictures = (demo / "pictures" / "scene-001.png", demo / "pictures" / "scene-002.png")
    command = ("similarity", "--image", *pictures, "--text", "mountains", "two cats", "--model", "tiny")
    table = cli(*command)
    assert table.code == 0, table.err
    assert table.out.count("probability") == len(pictures)
    found = json.loads(cli(*command, "--json").out)
    assert [Path(each["path"]).name for each in found["images"]] == ["scene-001.png", "scene-002.png"]
    assert found["texts"] == ["mountains", "two cats"]
    for each in found["images"]:
        assert sum(each["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert all(-1 <= cosine <= 1 for cosine in each["cosines"])


def test_info_tells_versions_the_device_and_the_models_facts(cli: Cli, store: tuple[str, ...]) -> None:
    record = json.loads(cli("info", "--db", store[1], "--json").out)
    assert record["versions"]["clip-embeddings"] == __version__
    assert record["model"]["dimension"] == 128
    assert len(record["model"]["fingerprint"]) == 16
    collection = record["collections"][0]
    assert (collection["name"], collection["model"]) == ("demo", "tiny")
    calibrated = CLIPEmbedder("tiny", calibration="reference")
    assert collection["fingerprint"] == calibrated.fingerprint != record["model"]["fingerprint"]
    assert "fingerprint" in cli("info").out


def test_info_lists_every_model_known_by_name(cli: Cli) -> None:
    table = cli("info", "--models").out
    assert all(name in table for name in MODELS)
    assert [row["name"] for row in json.loads(cli("info", "--models", "--json").out)] == list(MODELS)


def test_help_loads_neither_torch_nor_a_store() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom clip_embeddings_app.cli.app import app\n"
        "for command in ([], ['search'], ['demo']):\n"
        "    assert CliRunner().invoke(app, [*command, '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'transformers', 'chromadb', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")


def test_the_package_runs_as_a_module() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "clip_embeddings_app", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stdout.strip()) == (0, f"clip-embeddings {__version__}")
