"""`clip-embeddings mcp --http`, on LanceDB and without roots; and what the command refuses to start."""

import http.client
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import warm
from typer.testing import CliRunner

from clip_embeddings_app.cli.app import app
from tests.mcp_server.conftest import Talk, found, said, talking

COMMAND = [sys.executable, "-m", "clip_embeddings_app", "mcp"]


@pytest.fixture(scope="module")
def address(stores: dict[str, str], environment: dict[str, str]) -> Iterator[str]:
    command = [*COMMAND, "--store", stores["lancedb"], "--http", "--port", "0"]
    with warm.start(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr
        line = process.stderr.readline()
        served = re.fullmatch(r"serving: (http://127\.0\.0\.1:\d+/mcp) .*\n", line)
        assert served, line
        yield served[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert "Traceback" not in process.stderr.read()


@pytest.fixture(scope="module")
def talk(address: str) -> Iterator[Talk]:
    with talking(address) as talk:
        yield talk


def test_without_roots_what_rows_name_is_shown_and_nothing_else_is_read(talk: Talk) -> None:
    from mcp_types import ImageContent, ResourceLink

    answer = talk("search", query="a picture", collection="mine", k=20)
    assert {each["name"] for each in found(answer)} >= {"link.png", "turned.jpg", "기차.txt"}
    assert sum(isinstance(block, ImageContent) for block in answer.content) == 4
    assert not any(isinstance(block, ResourceLink) for block in answer.content)
    refused = talk("search", image="turned.jpg", collection="mine")
    assert refused.is_error
    assert "no folder is open to paths here" in said(refused)[0]
    assert talk.client.server_capabilities.resources is None


def test_the_client_of_the_guide_runs(talk: Talk, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "mcp.md").read_text(encoding="utf-8")
    snippet = re.search(r"```python\n(.*?)```", guide, re.DOTALL)
    assert snippet
    exec(snippet[1].replace("http://127.0.0.1:8765/mcp", address).replace('"photos"', '"mine"'), {})
    *results, pictures = capsys.readouterr().out.splitlines()
    assert [line[:6] for line in results] == ["[1] 0.", "[2] 0.", "[3] 0."]
    assert 0 <= int(pictures) <= 3


def test_a_collection_has_to_be_named_where_there_are_several(talk: Talk) -> None:
    assert "name one of those of this store: 'empty', 'mine'" in said(talk("search", query="a"))[0]


def test_twenty_calls_at_once_of_two_clients_are_answered_each_with_its_own(talk: Talk, address: str) -> None:
    ids = {each["name"]: each["id"] for each in found(talk("search", query="a", collection="mine", k=20))}
    calls = [("get", {"id": id, "collection": "mine"}) for id in ids.values()]
    with talking(address) as other:
        answers = talk.at_once(calls * 2)
        assert [each.structured_content["result"]["id"] for each in answers] == [*ids.values()] * 2
        queries = [("search", {"query": f"{name} 고양이", "collection": "mine"}) for name in ids] * 2
        alone = [found(other("search", **arguments))[0]["id"] for _, arguments in queries[: len(ids)]]
        assert [found(each)[0]["id"] for each in talk.at_once(queries)] == alone * 2


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_web_page_cannot_ask(address: str, header: dict[str, str]) -> None:
    host = address.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=20)
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    common = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    connection.request("POST", "/mcp", body, {**common, **header})
    assert connection.getresponse().status in (403, 421)
    connection.close()


def test_what_cannot_be_served_is_named_at_once(stores: dict[str, str], address: str, tmp_path: Path) -> None:
    chroma = ["--store", stores["chroma"]]
    taken = address.removesuffix("/mcp").rpartition(":")[2]
    cases: list[tuple[list[str], int, str]] = [
        (["--db", str(tmp_path / "none")], 1, "no store in"),
        ([*chroma, "--collection", "other"], 1, "no collection 'other'"),
        ([*chroma, "--port", "1"], 2, "needs --http"),
        ([*chroma, "--http", "--port", taken], 1, "give another one"),
        ([*chroma, "--root", str(tmp_path / "none")], 2, "does not exist"),
    ]
    for arguments, code, why in cases:
        done = CliRunner().invoke(app, ["mcp", *arguments], env={"COLUMNS": "300"})
        assert (done.exit_code, why in done.stderr) == (code, True), done.stderr


def test_a_missing_sdk_names_the_extra(stores: dict[str, str], environment: dict[str, str]) -> None:
    code = "import sys\nsys.modules['mcp'] = None\nfrom clip_embeddings_app.cli import main\nmain()"
    command = [sys.executable, "-c", code, "mcp", "--store", stores["chroma"]]
    run: Any = warm.run(command, env=environment)
    assert run.returncode == 1
    assert 'pip install "clip-embeddings[mcp]"' in run.stderr
    assert "Traceback" not in run.stderr
