"""How a command ends: errors and warnings as one line on stderr. Imports typer and what is light."""

import errno
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import typer

from clip_embeddings.errors import ClipEmbeddingsError
from clip_embeddings.models.hub.download import progress_shown
from clip_embeddings_app.cli.terminal import harmless

P = ParamSpec("P")


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Print a user's mistake as one line and exit with 1; `debug=True` adds the traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with one_line_warnings(), progress_shown():
                command(*args, **kwargs)
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except (ClipEmbeddingsError, OSError) as error:
            if getattr(error, "errno", None) == errno.EPIPE:  # `| head` closed the pipe: typer ends quietly
                raise
            if kwargs.get("debug"):
                traceback.print_exc()
            say("error", _reason(error))
            raise typer.Exit(1) from None

    return run


def say(kind: str, message: str) -> None:
    """One line on stderr: "warning: ..."."""
    print(f"{kind}: {harmless(' '.join(message.split()))}", file=sys.stderr)


@contextmanager
def one_line_warnings() -> Iterator[None]:
    """Warnings meant for a user as one line each; those for a developer not at all."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        say("warning", str(message))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = show
        yield


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and not isinstance(error, ClipEmbeddingsError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error) or type(error).__name__
