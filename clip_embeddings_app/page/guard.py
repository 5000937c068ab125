"""Who may ask, and what a browser may do with an answer. Imports the standard library.

Every program of this machine reaches a port of it, so every web page that is open in a browser does too: what
such a page asks is refused by where it says that it comes from.
"""

from collections.abc import Callable, Iterable
from typing import Any

from clip_embeddings_app.listening import LOOPBACK

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing runs and nothing is loaded but files of the page, whatever a caption says."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-robots-tag": "noindex",
}
LOCAL = (LOOPBACK, "localhost")
_OWN = ("same-origin", "none")  # of Sec-Fetch-Site: the page itself, and what a user types

Application = Callable[..., Any]


class Guarded:
    """An ASGI application that only its own page may ask.

    Args:
        hosts: names it may be asked by, so that no other name leads here; None for any.
    """

    def __init__(self, app: Application, hosts: Iterable[str] | None = LOCAL) -> None:
        self._app, self._hosts = app, None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message.get("headers", ())}
                own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                more = [each for each in own if each[0] not in given]
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if reason := refusal(headers, scope["path"], self._hosts):
            await with_headers({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": reason.encode()})
            return
        await self._app(scope, receive, with_headers)


def refusal(headers: dict[str, str], path: str, hosts: frozenset[str] | None) -> str:
    """Why a request is refused, or ""."""
    host = headers.get("host", "")
    if hosts is not None and host.rpartition(":")[0] not in hosts and host not in hosts:
        return f"this page is not at {host:.100}"
    if not path.startswith("/api/"):
        return ""  # the page itself, which a link may lead to
    if headers.get("sec-fetch-site", "none") not in _OWN:
        return "another page asks"
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return "another page asks"
    return ""
