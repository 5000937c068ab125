"""A web application on a port of this machine, until it is ended. Imports uvicorn and errors."""

import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from clip_embeddings.errors import InvalidInputError

LOOPBACK = "127.0.0.1"
_PATIENCE = 2  # seconds that open requests have when the server is ended


def serve(app: Any, port: int, ready: Callable[[str], None], *, host: str = LOOPBACK) -> None:
    """Serve an ASGI application until Ctrl-C.

    Args:
        port: 0 for any that is free.
        ready: is told the address, without a path.
        host: the address to listen at; another than this machine's own is for whoever reaches it.
    Raises:
        InvalidInputError: the port is taken, or the address is none of this machine.
    """
    try:
        listening = socket.create_server((host, port))
    except OSError as error:
        named = f"--port {port}" if host == LOOPBACK else f"--host {host} --port {port}"
        raise InvalidInputError(
            f"{named}: nothing can listen there ({error.strerror or error}); give another one"
        ) from error
    with listening:
        config = uvicorn.Config(
            app, log_config=None, access_log=False, timeout_graceful_shutdown=_PATIENCE, lifespan="on"
        )
        ready(f"http://{host}:{listening.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[listening])
