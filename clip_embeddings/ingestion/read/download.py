"""One file over http or https, from public addresses only, within limits.

Imports the standard library and this package's own modules.

Source: the addresses to refuse and the order of the checks follow the OWASP cheat sheet "Server-Side Request
Forgery Prevention"; that the address checked is the one connected to answers DNS rebinding.
"""

import ssl
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from clip_embeddings.ingestion.read.local import Check, UnusableFile, gathered, too_large
from clip_embeddings.ingestion.read.wire import Limits, Wire, connected

_REDIRECTS = 5
_MOVED = (301, 302, 303, 307, 308)
_PIECE = 1 << 16
_PORTS = {"http": 80, "https": 443}
_KEPT = "%/:=&?~#+!$,;'@()*[]"  # what has a meaning in an address, and is not quoted again


def download(url: str, limits: Limits, check: Check | None = None) -> bytes:
    """Read what an http or https address holds, redirects followed.

    Args:
        check: looks at the beginning of a longer file.
    Raises:
        UnusableFile: with the reason in words.
        TimeoutError: `limits.end` is reached.
    """
    first = url
    for _ in range(_REDIRECTS + 1):
        try:
            body, url = _one_hop(url, limits, check)
        except UnusableFile as error:
            if url == first:
                raise
            raise UnusableFile(f"redirects to {_shown(url)}, and {error}") from error
        if body is not None:
            return body
    raise UnusableFile(f"redirects more than {_REDIRECTS} times")


def _one_hop(url: str, limits: Limits, check: Check | None) -> tuple[bytes | None, str]:
    """The body; or None, and where it is instead."""
    parts = _checked(url, limits.schemes)
    try:
        host, port = _host(parts), parts.port if parts.port is not None else _PORTS[parts.scheme]
        secure = parts.scheme == "https"
        with connected(host, port, limits, secure=secure) as wire, _answer(parts, wire) as response:
            if response.status in _MOVED:
                return None, _next(url, response)
            return _body(response, limits.max_bytes, check), url
    except TimeoutError:
        raise
    except ssl.SSLCertVerificationError as error:
        raise UnusableFile(f"its certificate is not valid ({error.verify_message})") from error
    except HTTPException as error:
        raise UnusableFile(f"its host does not answer as a web server ({error!r})") from error
    except (OSError, ValueError) as error:
        raise UnusableFile(f"cannot be reached ({getattr(error, 'strerror', None) or error})") from error


def _checked(url: str, schemes: frozenset[str]) -> SplitResult:
    # Programs differ in how they read such addresses, so that one may check what another does not visit.
    if any(letter <= " " or letter in "\\\x7f" for letter in url):
        raise UnusableFile(
            "its address holds a space, a backslash or a control character; write it as %20, %5C"
        )
    try:
        parts = urlsplit(url)
        known = parts.hostname and (parts.port or True)
    except ValueError as error:
        raise UnusableFile(f"its address is malformed ({error})") from error
    if parts.scheme not in _PORTS or parts.scheme not in schemes:
        raise UnusableFile(f"its address is of scheme {parts.scheme!r}, which is not allowed")
    if not known:
        raise UnusableFile("its address names no host")
    if "@" in parts.netloc:
        raise UnusableFile("its address holds a name or a password before the host; these are not sent")
    return parts


def _host(parts: SplitResult) -> str:
    """The host in ASCII."""
    name = parts.hostname or ""
    try:
        return name.encode("idna").decode()
    except UnicodeError as error:
        raise UnusableFile(f"its host {name!r} is not the name of one") from error


def _answer(parts: SplitResult, wire: Wire) -> HTTPResponse:
    name = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else _host(parts)
    path = quote(parts.path or "/", safe=_KEPT) + (
        f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    )
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {name}" + (f":{parts.port}" if parts.port not in (None, _PORTS[parts.scheme]) else ""),
        "User-Agent: clip-embeddings",
        "Accept: */*",
        "Accept-Encoding: identity",  # what is compressed could be much larger than the limit
        "Connection: close",
    )
    wire.send("\r\n".join([*lines, "", ""]).encode("ascii"))
    connection: Any = wire
    response = HTTPResponse(connection, method="GET")
    response.begin()
    return response


def _next(url: str, response: HTTPResponse) -> str:
    place = response.headers.get("Location")
    if not place:
        raise UnusableFile(f"answered {response.status}, and not where it has moved to")
    # http.client reads headers as Latin-1.
    target = urljoin(url, quote(place.encode("latin-1", "replace"), safe=_KEPT)).partition("#")[0]
    if url.startswith("https:") and not target.startswith("https:"):
        raise UnusableFile(f"redirects from https to {_shown(target)}; only https is followed from there")
    return target


def _body(response: HTTPResponse, max_bytes: int, check: Check | None) -> bytes:
    if response.status != 200:
        raise UnusableFile(f"answered {response.status} {response.reason}".rstrip())
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise UnusableFile(f"came compressed ({encoding}), though that was not asked for")
    announced = response.length
    if announced is not None and announced > max_bytes:
        raise too_large(max_bytes)
    body = gathered(response.read, max_bytes, check, piece=_PIECE)
    if announced is not None and len(body) < announced:
        raise UnusableFile(f"ended after {len(body)} of {announced} bytes")
    return body


def _shown(url: str) -> str:
    """An address without what may be secret in it."""
    return url.partition("?")[0]
