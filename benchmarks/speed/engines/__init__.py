"""The engines that are measured: ours and its peers. Imports none of them: a worker imports its own."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

Work = Callable[[], Any]


class Setting(NamedTuple):
    """What an engine is created with: the folder of a model, of files it may keep, and of the peers."""

    model: str
    work: Path
    peers: Path


class Engine(Protocol):
    """One way to embed. Created with a Setting; what it imports is imported then."""

    def facts(self) -> dict[str, Any]:
        """Precision and device, loaded by now."""
        ...

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        """What is to be timed, with everything ready that is not: "texts" or "pictures" (paths)."""
        ...


class Row(NamedTuple):
    """How an engine is shown and made.

    label: in tables. place: module and class. dtype: where it is not the engine's own choice.
    single: takes one item at a time. outside: needs the folder of peers on the path.
    packages: whose versions are shown.
    """

    label: str
    place: str
    dtype: str = "auto"
    single: bool = False
    outside: bool = True
    packages: tuple[str, ...] = ("torch", "transformers", "numpy", "pillow")


_OPEN_CLIP = "open_clip_torch"
ENGINES = {
    "ours": Row("clip-embeddings", "ours:Ours", outside=False),
    "ours-float32": Row("clip-embeddings, float32", "ours:Ours", "float32", outside=False),
    "ours-packed": Row("clip-embeddings, packed", "packing:Packed", outside=False),
    "ours-unpacked": Row("clip-embeddings, not packed", "packing:Unpacked", outside=False),
    "chroma": Row(
        "Chroma OpenCLIPEmbeddingFunction", "open_clip:Chroma", single=True, packages=("chromadb", _OPEN_CLIP)
    ),
    "langchain": Row(
        "LangChain OpenCLIPEmbeddings",
        "open_clip:LangChain",
        single=True,
        packages=("langchain-experimental", _OPEN_CLIP),
    ),
    "sentence-transformers": Row(
        "sentence-transformers", "sentence:SentenceTransformers", packages=("sentence-transformers",)
    ),
    "onnx": Row("ONNX Runtime, float32", "onnx:OnnxRuntime", packages=("onnxruntime",)),
    "transformers": Row("transformers, batched", "plain:Batched", outside=False),
    "transformers-single": Row("transformers, one at a time", "plain:Single", single=True, outside=False),
}
PEERS = tuple(name for name in ENGINES if not name.startswith("ours"))


def create(name: str, setting: Setting) -> Engine:
    """Import an engine and load its model.

    Raises:
        ImportError: what it needs is not installed.
    """
    if ENGINES[name].outside:
        sys.path.append(str(setting.peers))  # last: what both have comes from the environment
        import_module(f"{__name__}.torchvision").make_importable()
    module, _, kind = ENGINES[name].place.partition(":")
    made: Engine = getattr(import_module(f"{__name__}.{module}"), kind)(setting, ENGINES[name].dtype)
    return made
