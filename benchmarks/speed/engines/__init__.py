"""The engines that are measured: ours and its peers. Imports none of them: a worker imports its own."""

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

Work = Callable[[], Any]


class Setting(NamedTuple):
    """What an engine is created with: the folder of a model, of files it may keep, and of the peers."""

    model: str
    work: Path
    peers: Path


class Engine:
    """One way to embed, created with a Setting and the options of its row; it imports what it needs then."""

    def facts(self) -> dict[str, Any]:
        """`dtype`, what it computes in, and what else is to be known of it."""
        return {"dtype": "float32"}

    def texts(self, texts: Sequence[str]) -> Any:
        raise NotImplementedError

    def pictures(self, paths: Sequence[str]) -> Any:
        raise NotImplementedError

    def prepare(self, call: str, items: Sequence[str], **options: Any) -> Work:
        """What is to be timed, with everything ready that is not."""
        method = {"texts": self.texts, "pictures": self.pictures}[call]

        def work() -> None:
            if len(method(items)) != len(items):
                raise ValueError(f"{call}: expected {len(items)} vectors")

        return work


class Row(NamedTuple):
    """How an engine is shown and made.

    label: in tables. place: module and class. packages: whose versions are shown. single: takes one item at a
    time. outside: needs the folder of peers on the path. options: of its class.
    """

    label: str
    place: str
    packages: tuple[str, ...] = ("torch", "transformers", "numpy", "pillow")
    single: bool = False
    outside: bool = True
    options: dict[str, Any] | None = None


_OURS, _SENTENCE, _OPEN_CLIP = "clip-embeddings", "sentence-transformers", "open_clip_torch"
_LANGCHAIN = ("langchain-experimental", _OPEN_CLIP)
ENGINES = {
    "ours": Row(_OURS, "ours:Ours", outside=False),
    "ours-float32": Row(f"{_OURS}, float32", "ours:Ours", outside=False, options={"dtype": "float32"}),
    "ours-packed": Row(f"{_OURS}, packed", "ours:Ours", outside=False, options={"packs": True}),
    "ours-unpacked": Row(f"{_OURS}, not packed", "ours:Ours", outside=False, options={"packs": False}),
    "chroma": Row("Chroma OpenCLIPEmbeddingFunction", "peers:Chroma", ("chromadb", _OPEN_CLIP), single=True),
    "langchain": Row("LangChain OpenCLIPEmbeddings", "peers:LangChain", _LANGCHAIN, single=True),
    _SENTENCE: Row(_SENTENCE, "peers:SentenceTransformers", (_SENTENCE,)),
    "onnx": Row("ONNX Runtime", "onnx:OnnxRuntime", ("onnxruntime",)),
    "openvino": Row("OpenVINO", "onnx:OpenVino", ("openvino",)),
    "faster-clip": Row("faster-clip", "peers:FasterClip", ("faster-clip",)),
    "transformers": Row("transformers, batched", "peers:Transformers", outside=False),
}
PEERS = tuple(name for name in ENGINES if not name.startswith("ours"))


def create(name: str, setting: Setting) -> Engine:
    """Import an engine and load its model.

    Raises:
        ImportError: what it needs is not installed.
    """
    row = ENGINES[name]
    if row.outside:
        sys.path.append(str(setting.peers))  # last: what both have comes from the environment
        _make_torchvision_importable()
    module, _, kind = row.place.partition(":")
    made: Engine = getattr(import_module(f"{__name__}.{module}"), kind)(setting, **row.options or {})
    return made


def _make_torchvision_importable() -> None:
    """Declare two operators, which nobody uses: its wheel has none beside a CPU build of torch."""
    try:
        import_module("torchvision")
    except ImportError:
        return  # not installed
    except RuntimeError:
        library: Any = import_module("torch.library").Library("torchvision", "FRAGMENT")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for loaded in [each for each in sys.modules if each.split(".")[0] == "torchvision"]:
            del sys.modules[loaded]
        sys.modules["torchvision operators"] = library  # kept: they end with it
