"""Running the server: over stdin and stdout, or HTTP on this machine only. Imports the SDK."""

import signal
from collections.abc import Callable
from typing import Any

import anyio
from mcp.server import Server
from mcp.server.stdio import stdio_server

from clip_embeddings_app.listening import LOOPBACK, serve


def serve_stdio(server: Server[Any]) -> None:
    """Serve the program that started this one, until it closes stdin.

    Meanwhile what anything prints goes to stderr: stdout is for the protocol alone.
    """
    # A thread waits for stdin, and Python would wait for that thread. Nothing is written, so nothing is lost.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    anyio.run(_over_stdio, server)


async def _over_stdio(server: Server[Any]) -> None:
    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


def serve_http(server: Server[Any], port: int, ready: Callable[[str], None]) -> None:
    """Serve any program of this machine, until Ctrl-C; each request stands for itself.

    Requests with another Host or Origin than this machine's are refused: a web page cannot ask.

    Args:
        port: 0 for any that is free.
        ready: is told the address.
    Raises:
        InvalidInputError: the port is taken.
    """
    app = server.streamable_http_app(stateless_http=True, json_response=True, host=LOOPBACK)
    serve(app, port, lambda address: ready(f"{address}/mcp"))
