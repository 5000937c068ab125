"""For downloads: a web server on this machine, and an internet that is not there."""

import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from clip_embeddings.ingestion.read.local import UnusableFile
from clip_embeddings.ingestion.read.remote import read_remote

PUBLIC = "93.184.216.34"
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """What is asked, and what is answered at each path."""

    def __init__(self, port: int) -> None:
        self.port, self.asked = port, list[tuple[str, dict[str, str]]]()
        self.answers: dict[str, Answer] = {}
        self.ended = threading.Event()

    def at(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(status)
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                request.send_header(name.replace("_", "-"), value)
            request.end_headers()
            request.wfile.write(body)

        return self.does(path, answer)

    def does(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"


def serving(secure: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append((self.path, dict(self.headers)))
            known.answers[self.path](self)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what many tests are about."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        known = Server(server.server_port)
        if secure:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield known
        known.ended.set()
        server.shutdown()
        thread.join()


class Internet:
    """Names, and the local port at which connections to each public address arrive."""

    def __init__(self) -> None:
        self.names: dict[str, list[list[str]]] = {}  # each look-up takes the next answer; the last one stays
        self.ports: dict[str, int] = {}
        self.silent: set[str] = set()  # addresses that take no connection and say nothing
        self.connected: list[tuple[str, int]] = []

    def name(self, host: str, *answers: list[str]) -> None:
        self.names[host] = list(answers)


def get(uri: str, **options: Any) -> bytes:
    return read_remote(uri, **{"allow_schemes": ["http", "https"], "allow_private": True, **options})


def refusal(uri: str, **options: Any) -> str:
    with pytest.raises(UnusableFile) as error:
        get(uri, **options)
    return str(error.value)
