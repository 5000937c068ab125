"""A model hub on 127.0.0.1, which the real clients talk to through HF_ENDPOINT."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from hub.faults import Fault, Faults
from hub.replies import Reply
from hub.repository import Files, Repository
from hub.requested import Known, Request
from hub.routes import reply

PIECE = 65536


@dataclass(frozen=True)
class Asked:
    """One request that reached the hub. `path` has no query; `range` and `token` are as sent."""

    method: str
    path: str
    query: str
    range: str | None
    token: str | None
    user_agent: str


class Hub:
    """Repositories, who may read them, what is wrong with the hub, and what it was asked.

    `pages` sets how many entries a page has: of "tree", "commits" and "discussions". `redirects`: large files
    come from another host, as on the real hub: the same server under another name.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.repositories: dict[str, Repository] = {}
        self.users: dict[str, set[str]] = {}
        self.pages: dict[str, int] = {}
        self.redirects = False
        self.faults = Faults()
        self.log: list[Asked] = []
        self.stopped = threading.Event()

    def add(
        self, identity: str, files: Files | None = None, *, private: bool = False, gated: bool = False
    ) -> Repository:
        """A new repository, with one commit of these files on main if there are any."""
        made = self.repositories[identity] = Repository(identity, private, gated)
        if files is not None:
            made.commit(files)
        return made

    def user(self, token: str, *opened: str) -> str:
        """A token that is valid, and that opens these private or gated repositories."""
        self.users[token] = {*opened}
        return token

    def fault(self, repository: str = "*", path: str = "*", **trouble: Any) -> Fault:
        """Switch a fault on: see `Fault` for what there is."""
        return self.faults.add(Fault(repository, path, **trouble))

    def heal(self) -> None:
        self.faults.clear()

    def asked(self, ending: str = "", method: str | None = None) -> list[Asked]:
        """Requests so far whose path ends so."""
        return [one for one in [*self.log] if one.path.endswith(ending) and method in {None, one.method}]

    @property
    def known(self) -> Known:
        storage = self.url.replace("127.0.0.1", "localhost") if self.redirects else None
        return Known(self.repositories, self.users, self.url, self.pages, storage)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, lets the faults have their turn, sends the answer."""

    protocol_version = "HTTP/1.1"
    # Headers and body go out in two writes: with Nagle's algorithm each answer would wait for the client.
    disable_nagle_algorithm = True
    hub: Hub

    def answer(self) -> None:
        request = self.read()
        if self.hub.stopped.is_set():  # a connection that a client kept open
            self.close_connection = True
            return
        self.note(request)
        known = self.hub.known
        fault = self.hub.faults.take(request.method, known.repository_of(request)[0], request.path)
        if fault.silent:
            self.hub.stopped.wait()
            self.close_connection = True
            return
        self.hub.stopped.wait(fault.wait)
        if fault.status:
            self.send(Reply(fault.status, dict(fault.headers), b"trouble"), fault)
        else:
            self.send(reply(known, request), fault)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def read(self) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", "0")))
        formed = headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        form: Mapping[str, list[str]] = parse_qs(body.decode()) if formed else {}
        return Request(self.command, self.path, headers, form)

    def note(self, request: Request) -> None:
        query, headers = request.target.partition("?")[2], request.headers
        token, agent = self.hub.known.token(request), headers.get("user-agent", "")
        self.hub.log.append(Asked(request.method, request.path, query, headers.get("range"), token, agent))

    def send(self, answer: Reply, fault: Fault) -> None:
        self.send_response(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(answer.length)}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.send_body(answer.content(), fault)

    def send_body(self, body: bytes, fault: Fault) -> None:
        piece = PIECE if fault.rate is None else max(1, int(fault.rate / 20))
        end = len(body) if fault.die_after is None else min(fault.die_after, len(body))
        for start in range(0, end, piece):
            self.wfile.write(body[start : min(start + piece, end)])
            # Twenty pieces a second; a hub that is being stopped hurries.
            if fault.rate is not None:
                self.hub.stopped.wait(piece / fault.rate)
        if fault.die_after is not None:
            self.close_connection = True
            if fault.reset:
                # With no time to linger, closing sends a reset and drops what was not sent.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

    def log_message(self, *_: object) -> None:
        """Requests are in the hub's log."""


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    # Else closing it would wait for the connections that clients keep open.
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what many tests are about."""


@contextmanager
def running() -> Iterator[Hub]:
    """A hub on a free port, stopped at the end of the block."""

    class Bound(Handler):
        pass

    with QuietServer(("127.0.0.1", 0), Bound) as server:
        hub = Bound.hub = Hub(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.stopped.set()
            server.shutdown()
            thread.join()
