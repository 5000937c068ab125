"""Connections for downloads: to addresses that were checked, and never past a limit of time."""

import io
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from clip_embeddings.ingestion.read.addresses import Target, resolved

_BUFFER = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What a transfer may cost; `end` is on the clock of `time.monotonic`."""

    schemes: frozenset[str]
    max_bytes: int
    end: float
    allow_private: bool

    def left(self) -> float:
        """Seconds that are left.

        Raises:
            TimeoutError: no time is left.
        """
        seconds = self.end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds


class Wire(io.RawIOBase):
    """A connection whose every read ends at the limit, so that a server that drips does not hold a thread."""

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        self._connection, self._limits = connection, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._limits.left())
        return self._connection.recv_into(buffer)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `HTTPResponse` asks of a connection."""
        return io.BufferedReader(self, _BUFFER)

    def send(self, content: bytes) -> None:
        self._connection.settimeout(self._limits.left())
        self._connection.sendall(content)


@contextmanager
def connected(host: str, port: int, limits: Limits, *, secure: bool) -> "Iterator[Wire]":
    """A connection to the first address of a host that takes one; all of them are checked.

    Raises:
        UnusableFile: the host is unknown, or has an address that is not public.
        OSError: no connection; TimeoutError where time is over.
    """
    limits.left()
    with _first(resolved(host, port, allow_private=limits.allow_private), limits) as plain:
        if not secure:
            yield Wire(plain, limits)
            return
        plain.settimeout(limits.left())
        # The certificate is that of the name, not of the address.
        with _tls().wrap_socket(plain, server_hostname=host.rstrip(".")) as wrapped:
            yield Wire(wrapped, limits)


def _first(targets: list[Target], limits: Limits) -> socket.socket:
    refused: OSError = OSError("it has no address")
    for place, (family, target) in enumerate(targets):
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            # An address that does not answer leaves time for the others.
            connection.settimeout(limits.left() / (len(targets) - place))
            connection.connect(target)
            return connection
        except OSError as error:
            connection.close()
            refused = error
        except BaseException:  # Ctrl-C, say
            connection.close()
            raise
    raise refused


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
