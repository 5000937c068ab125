"""`clip-embeddings mcp`: a store behind the Model Context Protocol."""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.store import library_of


def run(
    place: Place,
    default: str | None,
    *,
    model: str | None,
    roots: list[Path],
    images: int,
    pixels: int,
    port: int | None,
) -> None:
    """Serve until the client, or the user, ends it.

    Args:
        port: of HTTP; None serves stdin and stdout.
    """
    with redirect_stdout(sys.stderr):  # stdout is for the protocol alone, from the first byte on
        from clip_embeddings.context import resolved_roots
        from clip_embeddings_app.mcp.answers import Shown
        from clip_embeddings_app.mcp.server import make_server
        from clip_embeddings_app.mcp.serving import serve_http, serve_stdio

        library = library_of(place, default, model)
        server = make_server(library, resolved_roots(roots), Shown(images, pixels))
    if port is not None:
        serve_http(server, port, lambda address: say("serving", f"{address} (Ctrl-C ends it)"))
        return
    if sys.stdin.isatty():
        say("note", "an MCP client starts this command and speaks with it; nothing is to be typed here")
    serve_stdio(server)
