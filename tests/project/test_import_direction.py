"""The import direction of the tree holds, and the check that holds it names each kind of violation."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PUBLIC = '__all__ = ["CLIPEmbedder"]\n'
CORE = "clip_embeddings"
CHROMA = "integrations/chroma_clip_embeddings"


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(ROOT / "tools" / "check_imports.py"), str(root)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def write(root: Path, file: str, text: str) -> None:
    path = root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_every_import_of_this_repository_points_downward() -> None:
    result = check(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("file", "code", "message"),
    [
        (
            f"{CORE}/errors.py",
            "from clip_embeddings.config import EmbedderConfig",
            "errors may not import upward",
        ),
        (f"{CORE}/config.py", "from .embedder import CLIPEmbedder", "config may not import upward: embedder"),
        (f"{CORE}/inputs/images.py", "from ..pipeline import run", "inputs may not import upward: pipeline"),
        (f"{CORE}/models/registry.py", "def f():\n    from clip_embeddings import tasks", "upward: tasks"),
        (f"{CORE}/embedder.py", "from clip_embeddings import CLIPEmbedder", "upward: the public names"),
        (f"{CORE}/tasks/scoring.py", "import clip_embeddings.search", "tasks may not import upward: search"),
        (f"{CORE}/inputs/a.py", "import clip_embeddings.models", "inputs may not import upward: models"),
        (f"{CORE}/__init__.py", "import clip_embeddings_app", "the core may not import clip_embeddings_app"),
        (f"{CHROMA}/a.py", "import clip_embeddings_app", "may not import clip_embeddings_app"),
        (f"{CORE}/embedder.py", "def f():\n    import chromadb", "the core may not import chromadb"),
        (f"{CORE}/tasks/a.py", "import chroma_clip_embeddings", "the core may not import chroma_clip"),
        (f"{CORE}/inputs/a.py", "from langchain_core import x", "the core may not import langchain_core"),
        (f"{CORE}/pipeline.py", "import ray.data", "the core may not import ray"),
        (f"{CORE}/embedder.py", "from transformers import CLIPModel", "transformers is imported only by"),
        (f"{CORE}/stray.py", "", "stray has no place in LAYERS"),
        (f"{CORE}/__init__.py", "import torch", "may not load torch"),
        (f"{CORE}/__init__.py", "from .types import Role\nimport json", "may not load numpy"),
        (f"{CHROMA}/a.py", "from clip_embeddings.embedder import CLIPEmbedder", "only public names"),
        (f"{CHROMA}/a.py", "from clip_embeddings import config", "only public names"),
        (f"{CHROMA}/a.py", "def f():\n    import langchain_clip_embeddings", "may not import langchain_clip"),
        (f"{CHROMA}/a.py", "import ray", "chroma_clip_embeddings may not import ray"),
        (
            "integrations/langchain_clip_embeddings/a.py",
            "def f():\n    import chromadb",
            "only chroma of langchain_clip_embeddings may import chromadb",
        ),
        (
            "integrations/langchain_clip_embeddings/a.py",
            "from langchain_clip_embeddings.chroma.store import x",
            "of langchain_clip_embeddings may import langchain_clip_embeddings.chroma.store.x",
        ),
        (
            "integrations/langchain_clip_embeddings/chroma/a.py",
            "import langchain.agents",
            "only agents of langchain_clip_embeddings may import langchain.agents",
        ),
        (
            "integrations/ray_clip_embeddings/a.py",
            "import langchain_clip_embeddings",
            "may not import langchain_clip",
        ),
        (
            "integrations/ray_clip_embeddings/a.py",
            "def f():\n    import chroma_clip_embeddings",
            "ray_clip_embeddings may not import chroma_clip_embeddings",
        ),
        (f"{CORE}/search.py", "import clip_embeddings.stores.lookup", "search may not import upward: stores"),
    ],
)
def test_a_forbidden_import_is_named_with_its_file(
    tmp_path: Path, file: str, code: str, message: str
) -> None:
    write(tmp_path, f"{CORE}/__init__.py", PUBLIC)
    write(tmp_path, f"{CORE}/types.py", "import numpy\n")
    write(tmp_path, file, PUBLIC + code + "\n")
    result = check(tmp_path)
    assert result.returncode == 1
    assert message in result.stdout
    assert len(result.stdout.splitlines()) == 1
    culprit = f"{CORE}/types.py" if "numpy" in message else file
    assert result.stdout.startswith(f"{culprit}:")


def test_a_circle_is_named_at_each_of_its_imports(tmp_path: Path) -> None:
    write(tmp_path, f"{CORE}/__init__.py", PUBLIC)
    write(tmp_path, f"{CORE}/tasks/a.py", "from clip_embeddings.tasks import b\n")
    write(tmp_path, f"{CORE}/tasks/b.py", "def f():\n    from clip_embeddings.tasks.c import g\n")
    write(tmp_path, f"{CORE}/tasks/c.py", "from clip_embeddings.tasks.a import f\n")
    result = check(tmp_path)
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        f"{CORE}/tasks/{name}.py:{line}: clip_embeddings.tasks.{other} leads back to "
        f"clip_embeddings.tasks.{name}: a circle"
        for name, line, other in (("a", 1, "b"), ("b", 2, "c"), ("c", 1, "a"))
    ]


def test_imports_that_keep_the_direction_pass(tmp_path: Path) -> None:
    lazy = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .embedder import CLIPEmbedder\n"
    write(tmp_path, f"{CORE}/__init__.py", lazy + PUBLIC)
    write(tmp_path, f"{CORE}/embedder.py", "import torch\nfrom .models import loaded\nfrom . import errors\n")
    write(
        tmp_path,
        f"{CORE}/models/transformers/loading.py",
        "import transformers\nfrom clip_embeddings.inputs import tokens\n",
    )
    write(tmp_path, "clip_embeddings_app/cli/main.py", "import clip_embeddings, chroma_clip_embeddings\n")
    write(
        tmp_path, f"{CHROMA}/a.py", "import chromadb, numpy, json\nfrom clip_embeddings import CLIPEmbedder\n"
    )
    write(
        tmp_path, f"{CHROMA}/b.py", "from . import a\nfrom clip_embeddings.errors import ImageDecodeError\n"
    )
    write(
        tmp_path,
        "integrations/langchain_clip_embeddings/chroma/store.py",
        "import langchain_core, chroma_clip_embeddings\n",
    )
    result = check(tmp_path)
    assert (result.returncode, result.stdout.splitlines()) == (0, ["Imports point downward."])
