"""The hub on loopback: what the real huggingface_hub sees of it."""

from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from hub import layouts
from hub.hub_process import ask, told
from hub.loopback import Hub

ERRORS = """
import json, sys
from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import *

def name(call):
    try:
        return call() and "fine"
    except Exception as error:
        return [kind.__name__ for kind in type(error).__mro__]
"""
# A client tries six times, and waits a minute for the answer and some seconds between.
IMPATIENT = """
import time, huggingface_hub.file_download
time.sleep = lambda _: None
huggingface_hub.file_download._ETAG_RETRY_TIMEOUT = 0.2
"""
PAGES = """
import json
from huggingface_hub import HfApi
api, name = HfApi(), "openai/clip-vit-base-patch32"
print(json.dumps({
    "discussions": [[d.num, d.author, d.status, d.is_pull_request] for d in api.get_repo_discussions(name)],
    "main": [[c.title, c.commit_id] for c in api.list_repo_commits(name)],
    "request": [[c.title, c.commit_id] for c in api.list_repo_commits(name, revision="refs/pr/66")],
    "details": api.get_discussion_details(name, 66).events[1].oid,
    "tree": [f.path for f in api.list_repo_tree("sentence-transformers/clip-ViT-B-32", recursive=True)],
    "refs": [r.ref for r in api.list_repo_refs(name, include_pull_requests=True).pull_requests],
    "sizes": {s.rfilename: [s.size, s.lfs and s.lfs.sha256]
              for s in api.model_info(name, files_metadata=True).siblings},
    "paths": [p.path for p in api.get_paths_info(name, ["config.json", "no.json"])],
}))
"""
SNAPSHOT = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download(*sys.argv[1:2], revision=(sys.argv[2:] or [None])[0]))
"""


def test_a_snapshot_has_every_file_as_it_was_committed(hub: Hub, tmp_path: Path) -> None:
    repository = hub.add(
        "someone/files", {"a/b.txt": "inner", "model.safetensors": bytes(70_000), "c.json": "{}"}
    )
    repository.branch("dev")
    newer = repository.commit({"c.json": "[]"}, branch="dev", remove=["a/b.txt"])
    on_main = Path(ask(hub, tmp_path, SNAPSHOT, "someone/files").stdout.strip())
    on_dev = Path(ask(hub, tmp_path, SNAPSHOT, "someone/files", "dev").stdout.strip())
    assert on_main.name == repository.main.sha
    assert on_dev.name == newer.sha
    assert (on_main / "a" / "b.txt").read_text() == "inner"
    assert (on_main / "model.safetensors").read_bytes() == bytes(70_000)
    assert sorted(path.name for path in on_dev.iterdir()) == ["c.json", "model.safetensors"]
    assert len(hub.asked("model.safetensors", "GET")) == 1  # the second process finds the blob
    again = ask("http://127.0.0.1:9", tmp_path, SNAPSHOT, "someone/files", HF_HUB_OFFLINE="1")
    assert Path(again.stdout.strip()) == on_main


def test_errors_have_the_classes_that_clients_catch(hub: Hub, tmp_path: Path) -> None:
    hub.add("someone/open", {"config.json": "{}"})
    hub.add("someone/closed", {"config.json": "{}"}, gated=True)
    hub.add("someone/hidden", {"config.json": "{}"}, private=True)
    hub.user("hf_may", "someone/closed", "someone/hidden")
    hub.user("hf_stranger")
    calls = {
        "repository": 'hf_hub_download("no/such", "config.json")',
        "info": 'HfApi().model_info("no/such", token="hf_stranger")',
        "revision": 'hf_hub_download("someone/open", "config.json", revision="nope")',
        "snapshot": 'snapshot_download("someone/open", revision="nope")',
        "entry": 'hf_hub_download("someone/open", "model.safetensors")',
        "gated": 'hf_hub_download("someone/closed", "config.json")',
        "forbidden": 'hf_hub_download("someone/closed", "config.json", token="hf_stranger")',
        "hidden": 'hf_hub_download("someone/hidden", "config.json", token="hf_stranger")',
        "allowed": 'hf_hub_download("someone/closed", "config.json", token="hf_may")',
        "seen": 'hf_hub_download("someone/hidden", "config.json", token="hf_may")',
        "user": 'HfApi().whoami("hf_may")["name"]',
    }
    listed = ", ".join(f"{key!r}: name(lambda: {call})" for key, call in calls.items())
    found = told(hub, tmp_path, f"{ERRORS}\nprint(json.dumps({{{listed}}}))")
    assert {key: value if value == "fine" else value[0] for key, value in found.items()} == {
        **dict.fromkeys(["repository", "info", "hidden"], "RepositoryNotFoundError"),
        **dict.fromkeys(["revision", "snapshot"], "RevisionNotFoundError"),
        "entry": "RemoteEntryNotFoundError",
        **dict.fromkeys(["gated", "forbidden"], "GatedRepoError"),
        **dict.fromkeys(["allowed", "seen", "user"], "fine"),
    }
    assert "EntryNotFoundError" in found["entry"]
    # The client notes what does not exist, so that it need not ask again.
    assert [path.name for path in tmp_path.glob("hub/*/.no_exist/*/*")] == ["model.safetensors"]


def test_lists_are_read_to_the_last_page(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.openai(hub)
    layouts.sentence_transformers(hub)
    hub.pages |= {"tree": 3, "commits": 2, "discussions": 2}
    found = told(hub, tmp_path, PAGES)
    newest, bot = repository.main, repository.find("refs/pr/66")
    assert bot is not None
    assert found["discussions"] == [
        [66, "SFconvertbot", "open", True],
        [40, "SFconvertbot", "open", False],
        [32, "SFconvertbot", "closed", True],
        [21, "stranger", "open", True],
        [15, "SFconvertbot", "open", True],
    ]
    assert found["main"] == [[commit.title, commit.sha] for commit in newest.history()]
    assert found["request"] == [[layouts.BOT_TITLE, bot.sha], *found["main"]]
    assert found["details"] == bot.sha
    assert sorted(found["refs"]) == ["refs/pr/15", "refs/pr/21", "refs/pr/32", "refs/pr/66"]
    assert "0_CLIPModel/vocab.json" in found["tree"]
    assert len(found["tree"]) == 11
    weights = newest.files["pytorch_model.bin"]
    assert found["sizes"]["pytorch_model.bin"] == [weights.size, weights.sha256]
    assert found["sizes"]["config.json"] == [newest.files["config.json"].size, None]
    assert found["paths"] == ["config.json"]


def test_a_download_that_dies_goes_on_from_where_it_was(hub: Hub, tmp_path: Path) -> None:
    content = bytes(range(256)) * 100_000
    # The client keeps what it has in pieces of 10 MiB.
    hub.add("someone/large", {"model.safetensors": content})
    hub.fault("someone/large", "model.safetensors", die_after=12_000_000, times=1)
    done = ask(hub, tmp_path, SNAPSHOT, "someone/large")
    assert (Path(done.stdout.strip()) / "model.safetensors").read_bytes() == content
    assert [one.range for one in hub.asked("model.safetensors", "GET")] == [None, "bytes=10485760-"]


@pytest.mark.parametrize(
    ("asked", "status", "span", "body"),
    [
        (None, 200, None, b"0123456789"),
        ("bytes=4-", 206, "bytes 4-9/10", b"456789"),
        ("bytes=0-3", 206, "bytes 0-3/10", b"0123"),
        ("bytes=-2", 206, "bytes 8-9/10", b"89"),
        ("bytes=10-", 416, "bytes */10", None),
    ],
)
def test_a_range_of_a_file_is_answered_as_such(
    hub: Hub, asked: str | None, status: int, span: str | None, body: bytes | None
) -> None:
    request = hub.add("someone/digits", {"a.bin": b""}).pull_request(
        title="More", files={"a.bin": b"0123456789"}
    )
    connection = HTTPConnection(hub.url.removeprefix("http://"), timeout=10)
    # The slashes of the reference are left as they are.
    path = f"/someone/digits/resolve/{request.reference}/a.bin"
    connection.request("GET", path, headers={"Range": asked} if asked else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    assert (answer.status, answer.headers["Content-Range"]) == (status, span)
    assert body is None or content == body


def test_a_large_file_comes_from_the_storage_without_the_token(hub: Hub, tmp_path: Path) -> None:
    hub.redirects = True
    hub.add("someone/closed", {"config.json": "{}", "model.safetensors": b"weights"}, gated=True)
    done = ask(hub, tmp_path, SNAPSHOT, "someone/closed", HF_TOKEN=hub.user("hf_may", "someone/closed"))
    assert (Path(done.stdout.strip()) / "model.safetensors").read_bytes() == b"weights"
    asked = hub.asked("model.safetensors")
    assert [(one.method, one.query, one.token) for one in asked] == [
        ("HEAD", "", "hf_may"),
        ("GET", "signed=1", None),
    ]


@pytest.mark.parametrize(
    ("trouble", "expected"),
    [
        ({"silent": True}, "LocalEntryNotFoundError"),
        ({"wait": 0.5, "rate": 40_000}, "fine"),
        ({"status": 500, "times": 1}, "fine"),
        ({"status": 429, "times": 1, "headers": {"Retry-After": "0"}}, "fine"),
        ({"die_after": 5, "reset": True, "method": "GET"}, "ReadError"),
    ],
    ids=["silent", "slow", "500", "429", "reset"],
)
def test_trouble_reaches_the_client(hub: Hub, tmp_path: Path, trouble: dict[str, Any], expected: str) -> None:
    hub.add("someone/model", {"model.safetensors": bytes(20_000)})
    hub.fault("someone/*", "model.safetensors", **trouble)
    call = 'name(lambda: hf_hub_download("someone/model", "model.safetensors", etag_timeout=1))'
    found = told(hub, tmp_path, f"{ERRORS}{IMPATIENT}\nprint(json.dumps({call}))")
    assert (found if found == "fine" else found[0]) == expected


def test_a_client_that_looks_for_another_machine_is_reported(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError, match=r"example\.org"):
        ask(hub, tmp_path, "import socket\nsocket.create_connection(('example.org', 80))")
