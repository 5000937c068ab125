"""A process beside this one, and what the tests have it do with what they send."""

import asyncio
import base64
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import warm

TEXTS = ["a cat on the sofa", "", "노을지는 바다", "two dogs on the beach"]


@contextmanager
def spawned() -> Iterator[Callable[..., Any]]:
    """Runs functions of a module in one process; what they are given and give back is all that passes."""
    with warm.start(
        [sys.executable, str(Path(__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    ) as process:
        assert process.stdin
        assert process.stdout
        send, answers = process.stdin, process.stdout

        def run(work: Callable[..., Any], *values: Any) -> Any:
            _write(send, (work, values))
            answer = answers.readline()
            assert answer, f"the process ended with {process.wait(60)}"
            result, error = pickle.loads(base64.b64decode(answer))
            if error is not None:
                raise error
            return result

        yield run


def _write(stream: IO[str], thing: Any) -> None:
    stream.write(base64.b64encode(pickle.dumps(thing)).decode() + "\n")
    stream.flush()


def _serve() -> None:
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what functions print is no answer
        for line in sys.stdin:
            work, values = pickle.loads(base64.b64decode(line))
            result, error = None, None
            try:
                result = work(*values)
            except Exception as caught:
                error = caught
            _write(answers, (result, error))


def there_and_back(thing: Any) -> Any:
    """What comes out of a pickle in this process."""
    return pickle.loads(pickle.dumps(thing))


def call(thing: Any, method: str, *values: Any) -> Any:
    """A method's result; called in the other process."""
    return getattr(thing, method)(*values)


def type_and(thing: Any, *names: str) -> tuple[str, list[Any]]:
    """The name of a thing's class, and some attributes of it."""
    return type(thing).__name__, [getattr(thing, name) for name in names]


def both_ways(embedder: Any, picture: bytes) -> tuple[Any, Any, Any, Any]:
    """Texts and a picture through the plain and the asynchronous methods."""

    async def run() -> tuple[Any, Any]:
        return await embedder.aembed_texts(TEXTS), await embedder.aembed_images([picture])

    texts, pictures = asyncio.run(run())
    return embedder.embed_texts(TEXTS), embedder.embed_images([picture]), texts, pictures


if __name__ == "__main__":
    _serve()
