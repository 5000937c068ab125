"""A folder of ours beside the hub's cache: what was found out about files, and weights that were converted.

It is where huggingface_hub puts the assets of other libraries: `assets/clip-embeddings` in HF_HOME, moved by
HF_ASSETS_CACHE. Everything in it can be deleted and is made anew. Imports huggingface_hub (inside functions).
"""

import contextlib
import json
import logging
import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from clip_embeddings.records import parsed

logger = logging.getLogger(__name__)


def asset_folder(kind: str) -> Path:
    """The folder for assets of a kind; made where it does not exist.

    Raises:
        OSError: it cannot be made.
    """
    from huggingface_hub import cached_assets_path

    place = os.environ.get("HF_ASSETS_CACHE")  # read now: the library reads it once, when it is imported
    return cached_assets_path("clip-embeddings", namespace=kind, subfolder="v1", assets_dir=place)


def key_of(*parts: object) -> str:
    """A file name for what these parts describe."""
    return sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def read_note(kind: str, key: str) -> dict[str, Any]:
    """What was noted; {} where nothing was, or nothing that can be read."""
    try:
        content = parsed((asset_folder(kind) / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_note(kind: str, key: str, content: dict[str, Any]) -> None:
    """Note something, whole or not at all. Where nothing can be written it is found out again next time."""
    try:
        write_whole(asset_folder(kind) / f"{key}.json", json.dumps(content, indent=1))
    except OSError as error:
        logger.info("cannot note %s: %s", kind, error)


def write_whole(path: Path, text: str) -> None:
    """Write a file that others see whole or not at all."""
    scratch = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise


def in_megabytes(size: float) -> str:
    """A size for a person: "605 MB", "1.7 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"


@lru_cache(maxsize=256)
def say_once(message: str) -> None:
    """Log what a user would not expect, once in a process."""
    logger.warning("%s", message)
