"""No call waits without end: requests to a server have a time limit, and a wait can be called off.

Chroma's clients set none, so a server that is stopped and not gone would hold its callers for ever.
Imports the standard library.
"""

from typing import Any

SECONDS = 60.0
"""The longest silence of a server in the middle of a request."""


def bounded(api: Any) -> None:
    """Give a client of a server a time limit, if it has none; one that the caller has set stays.

    That of an async client is given in its event loop.
    """
    server = getattr(api, "_server", api)
    session = getattr(server, "_session", None)
    if hasattr(server, "_get_client"):  # of the async client, which has one for each event loop
        session = server._get_client()
    timeout = getattr(session, "timeout", None)
    if session is not None and timeout is not None and timeout.read is None and timeout.connect is None:
        session.timeout = SECONDS
