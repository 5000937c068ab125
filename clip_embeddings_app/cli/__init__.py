"""The command line: `main` is what `clip-embeddings` runs. Until it is called, it imports only sys."""

import sys
from typing import IO


def main() -> None:
    """Run the command line on `sys.argv` and exit: 0 done, 1 an error, 2 wrong usage, 130 interrupted."""
    try:
        for stream in (sys.stdout, sys.stderr):
            _never_fail(stream)
        from clip_embeddings_app.cli.app import app

        app(prog_name="clip-embeddings")
    except KeyboardInterrupt:
        sys.exit(130)


def _never_fail(stream: IO[str]) -> None:
    """A terminal that cannot show a character gets a "?" instead of a crash."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="replace")
