"""Servers that a store is on: where an address leads, and whether anything answers there.

Imports the standard library and errors.
"""

import re
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from clip_embeddings.errors import InvalidInputError

_PATIENCE = 15.0  # seconds


def server_at(place: str) -> SplitResult | None:
    """A server's address in parts; None for a folder.

    Raises:
        InvalidInputError: an address with more than a host and a port. Nothing is passed over: a path would
            be another server's, a name and a password nobody's.
    """
    if "://" not in place and not re.fullmatch(r"[\w.-]+:\d+", place):
        return None
    try:
        parts = urlsplit(place)
        alone = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
        if parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and alone:
            return parts
    except ValueError:  # no number, none of a port, or a bracket too few
        pass
    raise InvalidInputError(
        f"got {place!r}; expected http://HOST:PORT or https://HOST:PORT and no more, or a folder"
    )


def knock(host: str, port: int, path: str, *, secure: bool) -> None:
    """See that something answers: a store's own client may wait without end for a server that stands still.

    Raises:
        OSError: nothing does.
    """
    connection = (HTTPSConnection if secure else HTTPConnection)(host, port, timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except HTTPException as error:
        raise ConnectionError(f"what answers there is no web server ({type(error).__name__})") from error
    finally:
        connection.close()
