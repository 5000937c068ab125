"""Files that are not on this machine: bytes of an address, within limits."""

import time
from collections.abc import Iterable

from clip_embeddings.errors import InvalidInputError, MissingExtraError
from clip_embeddings.ingestion.find.entries import checked_schemes, scheme_of
from clip_embeddings.ingestion.read.download import download
from clip_embeddings.ingestion.read.local import MAX_BYTES, Check, UnusableFile, gathered
from clip_embeddings.ingestion.read.wire import Limits

_WEB = frozenset({"http", "https"})


def read_remote(
    uri: str,
    *,
    allow_schemes: Iterable[str],
    max_bytes: int = MAX_BYTES,
    timeout: float = 30.0,
    allow_private: bool = False,
    check: Check | None = None,
) -> bytes:
    """Read a file by its address. Safe to call from several threads.

    For http and https this holds, so that an address from an untrusted list cannot reach into the network
    that the program runs in:

    - Loopback, private, link-local, multicast, reserved and unspecified addresses are refused, for IPv4, IPv6
      and IPv4 inside IPv6, however they are written, and for every address that the host has.
    - The connection is made to an address that was checked; the name is not looked up a second time.
    - A redirect is checked like a first address; at most five are followed, and none from https to http.
    - Size and time are limited while reading, whatever the server announces. Nothing is decompressed.
    - Names, passwords, cookies and the proxies of the environment are not used.

    What it does not protect from: services on public addresses that trust this machine's own; what a name
    look-up tells a name server, and the time it takes (the system's limit holds); and what the bytes are.

    Other schemes are opened with fsspec and the settings and credentials that it finds. There, addresses
    are not checked, and time is looked at between pieces of a megabyte: allow only schemes that you trust.

    Args:
        uri: such as "https://..." or "s3://bucket/key".
        allow_schemes: those that may be read.
        max_bytes: refuse a file of more.
        timeout: seconds for everything, redirects included.
        allow_private: read from addresses that are not public too: your own network, or a test.
        check: looks at the beginning of a longer file, and may end the reading.
    Raises:
        UnusableFile: with the reason in words.
        InvalidInputError: `allow_schemes`, `max_bytes` or `timeout` cannot be used.
    """
    schemes = checked_schemes(allow_schemes)
    if max_bytes < 1 or not timeout > 0:
        raise InvalidInputError(f"max_bytes={max_bytes}, timeout={timeout}: expected more than 0")
    scheme = scheme_of(uri)
    if scheme is None:
        raise UnusableFile("is a path; expected an address such as https://...")
    if scheme not in schemes:
        raise UnusableFile(
            f"its address is of scheme {scheme!r}, which is not allowed; --allow-scheme allows it"
        )
    limits = Limits(schemes, max_bytes, time.monotonic() + timeout, allow_private)
    try:
        return (download if scheme in _WEB else _opened)(uri, limits, check)
    except TimeoutError as error:
        raise UnusableFile(f"took longer than {timeout:g} s") from error


def check_readers(schemes: Iterable[str]) -> None:
    """See that there is something to read each scheme with.

    Raises:
        InvalidInputError: fsspec does not know it.
        MissingExtraError: a package that it needs is not installed.
    """
    for scheme in sorted(set(schemes) - _WEB - {"file"}):
        import fsspec

        try:
            fsspec.get_filesystem_class(scheme)
        except ValueError as error:
            raise InvalidInputError(f"scheme {scheme!r}: nothing here reads it ({error})") from error
        except ImportError as error:
            raise MissingExtraError(
                f"reading {scheme}:// addresses needs one more package: {error}"
            ) from error


def _opened(uri: str, limits: Limits, check: Check | None) -> bytes:
    import fsspec

    if "::" in uri:  # would open a second address inside, which nothing has checked
        raise UnusableFile("its address is a chain ('::'), which is not read; name the file itself")
    try:
        system, path = fsspec.url_to_fs(uri)
        with system.open(path, "rb") as file:

            def read(size: int) -> bytes:
                piece: bytes = file.read(size)
                limits.left()
                return piece

            return gathered(read, limits.max_bytes, check)
    except (UnusableFile, TimeoutError):
        raise
    except FileNotFoundError as error:
        raise UnusableFile("no such file") from error
    except Exception as error:  # each file system has its own kinds
        reason = getattr(error, "strerror", None) or error or type(error).__name__
        raise UnusableFile(f"cannot be read ({reason})") from error
