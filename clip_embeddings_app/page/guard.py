"""Who may ask, and what a browser may do with an answer. Imports the standard library.

Every program of this machine reaches a port of it, so every web page that is open in a browser does too: what
such a page asks is refused by where it says that it comes from, and by the name that it asks under, since
anybody's name may lead here.
"""

import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any

from clip_embeddings_app.listening import LOCAL

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
    "cache-control": "no-cache",  # the page of one version does not run on the server of another
}
_OWN = ("same-origin", "none")  # of Sec-Fetch-Site: the page itself, and what a user types
Application = Callable[..., Any]


class Guarded:
    """An ASGI application that only its own page may ask.

    Args:
        names: it may be asked by.
        any_address: whether by any address in numbers too, which no other page can ask under.
    """

    def __init__(self, app: Application, names: Iterable[str] = LOCAL, *, any_address: bool = False) -> None:
        self._app, self._any_address = app, any_address
        self._names = frozenset(name.lower() for name in names)

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
        if reason := self.refusal(headers, scope["path"]):
            await with_headers({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": reason.encode()})
            return
        await self._app(scope, receive, with_headers)

    def refusal(self, headers: dict[str, str], path: str) -> str:
        """Why a request is refused, or ""."""
        host = headers.get("host", "")
        name = _name_of(host)
        if name not in self._names and not (self._any_address and _is_address(name)):
            return f"this page is not at {host:.100}"
        if not path.startswith("/api/"):
            return ""  # the page itself, which a link may lead to
        if headers.get("sec-fetch-site", "none") not in _OWN:
            return "another page asks"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return "another page asks"
        return ""


def names_of_machine() -> list[str]:
    """By which other machines of a network may know this one."""
    name = socket.gethostname()
    return [*LOCAL, name, f"{name}.local", socket.getfqdn()]


def _name_of(host: str) -> str:
    """Without the port and the brackets of an address."""
    name = host.rpartition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
