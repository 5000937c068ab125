"""open_clip, if it is installed; it comes with the extra "open-clip". Imports errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from clip_embeddings.errors import ModelLoadError

_VOCABULARY = "bpe_simple_vocab_16e6.txt.gz"


@contextmanager
def needed(model: str) -> Iterator[None]:
    """Around imports of open_clip and what it comes with.

    Raises:
        ModelLoadError: it is not installed, or cannot be imported; with what to do.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise missing(model, f"no module {error.name}") from error
    except (ImportError, RuntimeError, OSError) as error:  # the second: a torchvision of another torch
        reason = str(error).strip().partition("\n")[0]
        raise ModelLoadError(
            f"model {model!r} needs open_clip, which cannot be imported ({reason}). "
            "Check that torchvision was built for this torch"
        ) from error


def missing(model: str, reason: str = "it is not installed") -> ModelLoadError:
    """What is raised where open_clip is not there."""
    return ModelLoadError(
        f'model {model!r} needs open_clip ({reason}): pip install "clip-embeddings[open-clip]"'
    )


@cache
def releases() -> tuple[str, ...]:
    """Of what reads texts and names models; looked up once, in all that is installed."""
    return tuple(_release(name) for name in ("open_clip_torch", "ftfy", "tokenizers"))


def _release(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def vocabulary_file(model: str) -> Path:
    """CLIP's list of merges, which open_clip brings along; it is found without importing it.

    Raises:
        ModelLoadError: open_clip is not installed.
    """
    found = find_spec("open_clip")
    if found is None or found.origin is None:
        raise missing(model)
    return Path(found.origin).with_name(_VOCABULARY)
