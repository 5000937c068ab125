"""The options of `ingest` do what they say, through the command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from documents.pdf import pdf
from pictures import photo
from PIL import ExifTags, Image
from stored import write_picture

Cli = Any  # Callable[..., Outcome] of conftest.py


def test_every_option_of_sources_reaches_the_collection(cli: Cli, tmp_path: Path) -> None:
    folder, failures = tmp_path / "photos", tmp_path / "failures.jsonl"
    for i in range(3):
        write_picture(folder / f"{i}.png", i)
    lines = [
        {"uri": "photos/0.png", "caption": "the sea"},
        {"uri": "photos/absent.png"},
        {"uri": "memory://x"},
    ]
    manifest = tmp_path / "list.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    sources = ("--manifest", manifest, "--embed-captions", "--allow-scheme", "memory", "--prune")
    files = ("--cache", tmp_path / "cache", "--failures", failures)
    command = ("ingest", folder, *sources, *files, "--model", "tiny", "--json", "--db", tmp_path / "db")
    first = json.loads(cli(*command).out)
    assert (first["images"], first["captions"], first["rows"]) == (3, 1, 4)
    assert [Path(failure["path"]).name for failure in first["failures"]] == ["absent.png", "x"]
    assert len(failures.read_text(encoding="utf-8").splitlines()) == 2
    (folder / "1.png").unlink()
    (folder / "2.png").rename(folder / "moved.png")
    second = json.loads(cli(*command).out)
    assert (second["images"], second["moved"], second["pruned"], second["rows"]) == (0, 1, 1, 3)
    again = json.loads(cli(*command[:-1], tmp_path / "db-2").out)
    assert (again["images"], again["cached"]) == (2, 3)


def test_a_pattern_is_taken_where_the_shell_leaves_it(cli: Cli, tmp_path: Path) -> None:
    for i in range(3):
        write_picture(tmp_path / "photos" / "deep" / f"{i}.png", i)
    pattern = tmp_path / "photos" / "**" / "[01].png"
    result = cli("ingest", pattern, "--db", tmp_path / "db", "--model", "tiny", "--json")
    assert json.loads(result.out)["images"] == 2


def test_neither_a_path_nor_a_manifest_is_a_mistake(cli: Cli, tmp_path: Path) -> None:
    result = cli("ingest", "--db", tmp_path / "db", "--model", "tiny")
    assert result.code == 2
    assert "PATH / --manifest" in result.err


def test_the_report_shows_what_moved_and_what_is_new(cli: Cli, tmp_path: Path) -> None:
    path = write_picture(tmp_path / "photos" / "a.png", 1)
    command = ("ingest", path.parent, "--db", tmp_path / "db", "--model", "tiny")
    shown = cli(*command).out
    assert "pictures a second" in shown
    assert "rows moved" not in shown
    path.rename(path.with_name("b.png"))
    assert "rows moved" in cli(*command).out


def test_an_interrupted_run_says_that_it_can_go_on(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> Any:
        raise KeyboardInterrupt

    write_picture(tmp_path / "photos" / "a.png", 1)
    command = ("ingest", tmp_path / "photos", "--db", tmp_path / "db", "--model", "tiny")
    with monkeypatch.context() as patch:
        patch.setattr("clip_embeddings.CLIPEmbedder.iter_images", interrupted)
        result = cli(*command)
    assert result.code == 130
    assert result.err == "stopped: rows that are stored are safe; run the same command again to go on\n"
    assert "pictures added" in cli(*command).out


def test_what_is_left_out_is_chosen_and_shown(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    for i in range(2):
        write_picture(folder / f"{i}.png", i)
    (folder / "captions.csv").write_text("image,caption\n0.png,the sea\n", encoding="utf-8")
    (folder / "0.xmp").write_text("<x:xmpmeta/>", encoding="utf-8")
    (folder / "readme.md").write_text("The summer of 2024.", encoding="utf-8")
    command = ("ingest", folder, "--db", tmp_path / "db", "--model", "tiny", "--exclude", "1.*")
    shown = cli(*command, "--only", "pictures").out
    for words in ("left out: sidecars", "left out: tables of captions", "left out: files excluded"):
        assert words in shown
    assert "--manifest FILE gives its captions" in shown
    report = json.loads(cli(*command, "--include", "*.xmp", "--json").out)
    assert (report["images"], report["skipped"], report["passages"]) == (0, 1, 2)
    assert report["left_out"] == {"files excluded": 1, "tables of captions": 1}
    assert report["tables"] == [str(folder / "captions.csv")]


def test_captions_that_are_not_kept_are_shown(cli: Cli, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 1)
    manifest = tmp_path / "list.csv"
    manifest.write_text("uri,caption\na.png,the sea\na.png,a boat\n", encoding="utf-8")
    shown = cli("ingest", "--manifest", manifest, "--db", tmp_path / "db", "--model", "tiny").out
    assert "captions not kept" in shown
    assert "--embed-captions stores each as a row of its own" in shown


def test_a_measured_calibration_samples_what_is_ingested(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clip_embeddings import ingestion

    sampled: list[Any] = []
    sample_files = ingestion.sample_files

    def noted(*paths: Any, **options: Any) -> Any:
        sample = sample_files(*paths, **options)
        sampled.append(dict(sample.counts))
        return sample

    monkeypatch.setattr(ingestion, "sample_files", noted)
    for i in range(3):
        write_picture(tmp_path / "photos" / f"{i}.png", i)
    choice = ("--exclude", "2.png", "--calibrate", "auto")
    cli("ingest", tmp_path / "photos", *choice, "--db", tmp_path / "db", "--model", "tiny")
    assert sampled == [{"image": 2, "text": 0}]


def test_it_exits_with_1_where_every_file_failed(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    command = ("ingest", tmp_path / "photos", "--db", tmp_path / "db", "--model", "tiny")
    assert cli(*command).code == 1
    write_picture(tmp_path / "photos" / "good.png", 1)
    assert cli(*command).code == 0
    assert cli(*command).code == 0  # the good one is already there
    (tmp_path / "empty").mkdir()
    assert cli("ingest", tmp_path / "empty", *command[2:]).code == 0


def test_photos_are_found_by_when_they_were_taken(cli: Cli, tmp_path: Path) -> None:
    for year in (2019, 2024):
        exif = Image.Exif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        details[ExifTags.Base.DateTimeOriginal] = f"{year}:12:31 10:00:00"
        photo(40, 30, year).save(tmp_path / f"{year}.jpg", exif=exif)
    (tmp_path / "manual.pdf").write_bytes(pdf(["A boat on the sea.", "A cat."]))
    db = ("--db", tmp_path / "db")
    counts = json.loads(
        cli("ingest", tmp_path, "--exif", "--pdf", "pages", "--model", "tiny", "--json", *db).out
    )
    assert (counts["images"], counts["passages"]) == (4, 0)

    def found(*options: str) -> list[str]:
        return [
            Path(hit["path"]).name
            for hit in json.loads(cli("search", "a", *options, "--json", *db).out)["hits"]
        ]

    assert found("--since", "2020") == found("--where", "year > 2019") == ["2024.jpg"]
    assert found("--until", "2019-12") == found("--since", "2019-12-31", "--until", "2019") == ["2019.jpg"]
    assert found("--where", "page = 2") == ["manual.pdf"]
    for wrong in ("2024-13", "2024-02-30", "tomorrow"):
        outcome = cli("search", "a", "--since", wrong, *db)
        assert outcome.code == 2
        assert "expected a date such as 2024-05-01" in " ".join(outcome.err.replace("│", " ").split())


def test_a_folder_without_files_is_said_to_have_none(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = cli("ingest", tmp_path / "empty", "--model", "tiny", "--db", tmp_path / "db")
    assert "no file was found that can be stored" in outcome.err
