"""A web server on a free port, and an internet made of names: see `web`."""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from web import Internet, Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serving()


@pytest.fixture
def internet(monkeypatch: pytest.MonkeyPatch) -> Internet:
    known, lookup, connect = Internet(), socket.getaddrinfo, socket.socket.connect

    def getaddrinfo(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in known.names:
            return lookup(host, port, *args, **options)
        answers = known.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [found for address in addresses for found in lookup(address, port, *args, **options)]

    def routed(self: socket.socket, target: Any) -> None:
        known.connected.append(target[:2])
        if target[0] in known.silent:
            time.sleep(self.gettimeout() or 60)
            raise TimeoutError
        if target[0] not in known.ports:
            connect(self, target)
            return
        connect(self, ("127.0.0.1", known.ports[target[0]]))

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", routed)
    return known
