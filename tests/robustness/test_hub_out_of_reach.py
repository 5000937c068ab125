"""A model that is not here and a hub that does not help: an answer within seconds, and what works offline."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import warm

ASK = """
import sys
from clip_embeddings import CLIPEmbedder, ModelLoadError
try:
    CLIPEmbedder(sys.argv[1], revision=sys.argv[2] or None).embed_texts(["a cat"])
except ModelLoadError as error:
    print(error)
"""


def message_for(
    endpoint: str, home: Path, model: str = "someone/unknown", revision: str = "", **extra: str
) -> str:
    """What a user reads; an answer that takes 10 seconds is none, so the process gets no more."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("HF_") and "proxy" not in name.lower()
    }
    environment = {
        **kept,
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **extra,
    }
    command = [sys.executable, "-c", ASK, model, revision]
    result = warm.run(command, env=environment, timeout=10)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def closed_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@contextmanager
def silent_server() -> Iterator[int]:
    """Accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)  # the system accepts on behalf of a server that never does
        yield int(server.getsockname()[1])


@contextmanager
def hub_that_says(status: int, code: str) -> Iterator[int]:
    class Hub(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", "told by the test")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_hub_that_refuses_connections_is_named_with_what_was_tried(tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{closed_port()}"
    message = message_for(endpoint, tmp_path)
    assert message.startswith("model 'someone/unknown' is not on this machine and the hub does not answer (")
    assert f"tried the hub's cache on this machine, then {endpoint}" in message
    assert "Works offline: 'tiny', or a folder with the model's files" in message


def test_a_hub_that_never_answers_is_given_up_within_ten_seconds(tmp_path: Path) -> None:
    with silent_server() as port:
        message = message_for(f"http://127.0.0.1:{port}", tmp_path)
    assert "the hub does not answer" in message
    assert "Works offline: 'tiny'" in message


def test_offline_mode_asks_nobody_and_says_so(tmp_path: Path) -> None:
    with silent_server() as port:
        message = message_for(f"http://127.0.0.1:{port}", tmp_path, HF_HUB_OFFLINE="1")
    assert "is not on this machine" in message
    assert "offline" in message.lower()


def test_a_model_that_the_hub_does_not_know_is_unknown_and_a_near_name_is_suggested(tmp_path: Path) -> None:
    with hub_that_says(404, "RepoNotFound") as port:
        message = message_for(f"http://127.0.0.1:{port}", tmp_path, "openai/clip-vit-base-pach32")
    assert message.startswith(
        "Unknown model 'openai/clip-vit-base-pach32' (tried the hub's cache on this machine"
    )
    assert (
        "did you mean 'openai/clip-vit-base-patch32'? Known names: clip-embeddings info --models" in message
    )


@pytest.mark.parametrize(
    ("status", "code", "revision", "message"),
    [
        (404, "RevisionNotFound", "v9", "model 'someone/unknown' has no revision 'v9' on the hub"),
        (403, "GatedRepo", "", "model 'someone/unknown' is gated; accept its terms on the hub and log in"),
        (500, "", "", "the hub does not answer"),
    ],
)
def test_other_answers_of_the_hub_are_told_apart(
    tmp_path: Path, status: int, code: str, revision: str, message: str
) -> None:
    with hub_that_says(status, code) as port:
        assert message in message_for(f"http://127.0.0.1:{port}", tmp_path, revision=revision)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("ViT-B32", "did you mean 'openai/clip-vit-base-patch32'?"),
        ("ViT-L14", "did you mean 'openai/clip-vit-large-patch14'?"),
        ("tinny", "did you mean 'tiny'?"),
        ("clip-vit-base-patch32", "did you mean 'openai/clip-vit-base-patch32'?"),
        ("a/b/c", "no such folder"),
        ("./nowhere", "no such folder"),
        ("~/nowhere-at-all", "no such folder"),
        ("/nowhere/at/all", "no such folder"),
        ("not a name!", "Unknown model 'not a name!'"),
    ],
)
def test_a_name_that_cannot_be_a_model_here_gets_advice(tmp_path: Path, model: str, expected: str) -> None:
    message = message_for(f"http://127.0.0.1:{closed_port()}", tmp_path, model)
    assert expected in message
    assert "Works offline: 'tiny'" in message


def test_a_revision_of_a_folder_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    message = message_for("http://127.0.0.1:9", tmp_path, str(checkpoint), "main")
    assert "is a folder; revision='main' is for models on the hub" in message
