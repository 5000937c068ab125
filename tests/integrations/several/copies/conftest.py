"""A process, a used model behind LangChain, and pictures for each file of tests beside this one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_stores import pictures
from spawned import TEXTS, spawned

from langchain_clip_embeddings import CLIPEmbeddings


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Callable[..., Any]]:
    """Runs functions of a module in that process."""
    with spawned() as run:
        yield run


@pytest.fixture(scope="module")
def embeddings() -> CLIPEmbeddings:
    """Used: its model is loaded."""
    made = CLIPEmbeddings(model="tiny", device="cpu", dtype="float32", calibration="reference", batch_size=3)
    assert made.fingerprint
    made.embed_documents(TEXTS)
    return made


@pytest.fixture
def scenes(tmp_path: Path) -> list[str]:
    return pictures(tmp_path, 2)
