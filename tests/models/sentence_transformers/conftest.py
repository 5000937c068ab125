"""One folder of each kind of small model for all tests beside this file; not to be written to."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from families.cases import CASES, write_model
from sentence_transformers_backend.small import chat_model

from clip_embeddings import CLIPEmbedder


@pytest.fixture(scope="session")
def folders(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("sentence-transformers")
    siglip = write_model(home / "siglip", CASES["siglip"])
    return {"clip": checkpoint, "siglip": siglip, "chat": chat_model(home / "chat")}


@pytest.fixture(scope="session")
def ours(folders: dict[str, Path]) -> Callable[..., CLIPEmbedder]:
    """An embedder of one of them, in float32 on the CPU."""

    def make(name: str | Path, **settings: Any) -> CLIPEmbedder:
        folder = name if isinstance(name, Path) else folders[name]
        return CLIPEmbedder(
            f"sentence_transformers:{folder}", **{"device": "cpu", "dtype": "float32", **settings}
        )

    return make
