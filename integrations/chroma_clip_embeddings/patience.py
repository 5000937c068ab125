"""No call waits without end: requests to a server have a time limit, and a wait can be called off.

Chroma's clients set none, so a server that is stopped and not gone would hold its callers for ever.
Imports the standard library.
"""

import time
from collections.abc import Callable, Mapping
from threading import Event, Thread
from typing import Any

SECONDS = 60.0
"""The longest silence of a server in the middle of a request."""
_TURN = 0.2
_GRACE = 5.0  # seconds that a request may still take when the run is called off


class Stopped(Exception):
    """The run was called off."""


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


def answer(call: Callable[..., Any], arguments: Mapping[str, Any], seconds: float, stop: Event) -> Any:
    """What a call returns or raises; it is made by a thread, which is left to itself if it takes too long.

    Raises:
        TimeoutError: no answer in so many seconds.
        Stopped: `stop` is set, and no answer came soon after.
    """
    outcome: list[tuple[Any, BaseException | None]] = []
    done = Event()

    def work() -> None:
        try:
            outcome.append((call(**arguments), None))
        except BaseException as error:
            outcome.append((None, error))
        finally:
            done.set()

    try:
        Thread(target=work, name="clip-embeddings-call", daemon=True).start()
    except RuntimeError:  # the interpreter ends and starts no thread any more
        return call(**arguments)
    end, stopping = time.monotonic() + seconds, False
    while not done.wait(_TURN):
        if stop.is_set() and not stopping:
            end, stopping = min(end, time.monotonic() + _GRACE), True
        if time.monotonic() > end:
            if stopping:
                raise Stopped
            raise TimeoutError(f"no answer for {seconds:g} s")
    result, error = outcome[0]
    if error is not None:
        raise error
    return result
