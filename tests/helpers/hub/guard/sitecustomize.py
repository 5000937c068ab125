"""Put in front of a client's modules: lets it connect to this machine only, and notes every other attempt."""

import os
import sys
from pathlib import Path
from typing import Any

HERE = {"localhost", "127.0.0.1", "::1", "", None}


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in {"socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"}:
        return
    target = arguments[0] if event.startswith("socket.get") else arguments[1]
    # The address of a socket in the file system is a path, no pair.
    host = target[0] if isinstance(target, tuple) else target if event.startswith("socket.get") else ""
    name = host.decode() if isinstance(host, bytes) else host
    if name not in HERE:
        with Path(os.environ["LOOPBACK_ESCAPES"]).open("a") as stream:
            stream.write(f"{event} {name}\n")
        raise PermissionError(f"{name}: only this machine may be reached")


if "LOOPBACK_ESCAPES" in os.environ:
    sys.addaudithook(refuse)
