"""`clip-embeddings ingest --max-bytes` and `--encoding`."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from clip_embeddings_app.cli.app import app


def ingested(folder: Path, *options: str) -> dict[str, Any]:
    arguments = ["ingest", str(folder / "files"), "--db", str(folder / "db"), "--model", "tiny", "--json"]
    result = CliRunner().invoke(app, [*arguments, *options])
    assert result.exit_code == 0, result.output
    record: dict[str, Any] = json.loads(result.stdout)
    return record


def test_large_files_are_refused_and_older_encodings_counted(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "long.txt").write_text("The cat ran on the beach. " * 100)
    (folder / "korean.txt").write_bytes("고양이가 해변에서 달렸다.".encode("cp949"))
    (folder / "kanji.txt").write_bytes("東京都".encode("cp932"))
    first = ingested(tmp_path, "--max-bytes", "1000")
    assert (first["passages"], first["encodings"]) == (1, {"cp949": 1})
    reasons = {Path(failure["path"]).name: failure["reason"] for failure in first["failures"]}
    assert reasons["long.txt"] == "is larger than the limit of 1,000 bytes; --max-bytes raises it"
    assert "--encoding" in reasons["kanji.txt"]
    second = ingested(tmp_path, "--encoding", "shift_jis")
    assert second["encodings"]["shift_jis"] >= 1
    assert "kanji.txt" not in {Path(failure["path"]).name for failure in second["failures"]}


def test_an_encoding_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The cat.")
    arguments = ["ingest", str(tmp_path / "a.txt"), "--db", str(tmp_path / "db"), "--model", "tiny"]
    result = CliRunner().invoke(app, [*arguments, "--encoding", "klingon"])
    assert result.exit_code != 0
    assert "encoding: got 'klingon'" in result.output
