"""What open_clip does, in a process of its own: python open_clip_side.py FOLDER...

Run by test_open_clip_parity.py, with the dependency group "peers" on the path. A folder is named "gelu" or
"quick_gelu" and holds texts.json and pictures; what is left in it: its shape, w.safetensors, vectors.npz
and, in the db of "gelu", a collection that Chroma's own OpenCLIPEmbeddingFunction filled.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

SHAPE = {
    "embed_dim": 48,
    "quick_gelu": False,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 128, "patch_size": 16},
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 128, "heads": 2, "layers": 2},
}


def _open_clip() -> Any:
    """Beside a CPU build of torch, torchvision has no compiled operators; its transforms need none."""
    try:
        import_module("torchvision")
    except RuntimeError:
        for name in ("nms", "qnms"):
            _LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
    return import_module("open_clip")


_LIBRARY = cast(Any, torch.library.Library)("torchvision", "FRAGMENT")  # kept: its operators end with it
clip: Any = _open_clip()


def write_model(folder: Path) -> None:
    """One set of random weights in open_clip's layout, strong enough that inputs differ."""
    shape = folder / f"{folder.name}.json"  # open_clip names a model after its file
    shape.write_text(json.dumps({**SHAPE, "quick_gelu": folder.name == "quick_gelu"}))
    clip.add_model_config(shape)
    torch.manual_seed(0)
    model = clip.create_model(folder.name)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.12)
    save_file(
        {key: value.contiguous() for key, value in model.state_dict().items()}, folder / "w.safetensors"
    )


def write_vectors(folder: Path) -> None:
    """Normalised features, in eval mode, by open_clip's own tokenizer and transforms."""
    model, _, transform = clip.create_model_and_transforms(
        folder.name, pretrained=str(folder / "w.safetensors")
    )
    model.eval()
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.glob("*.png"))]
    with torch.inference_mode():
        text = model.encode_text(clip.get_tokenizer(folder.name)(texts), normalize=True)
        image = model.encode_image(torch.stack([transform(each) for each in pictures]), normalize=True)
    np.savez(folder / "vectors.npz", text=text.numpy(), image=image.numpy())


def write_collection(folder: Path) -> None:
    """The same, through Chroma's own class."""
    import chromadb
    from chromadb.utils.embedding_functions.open_clip_embedding_function import OpenCLIPEmbeddingFunction

    function: Any = OpenCLIPEmbeddingFunction(folder.name, str(folder / "w.safetensors"))
    collection = chromadb.PersistentClient(str(folder / "db")).create_collection(
        "theirs", embedding_function=function
    )
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    collection.add(ids=[f"t{i}" for i in range(len(texts))], documents=texts)
    pictures: Any = [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))]
    collection.add(ids=[f"p{i}" for i in range(len(pictures))], images=pictures)


if __name__ == "__main__":
    for place in map(Path, sys.argv[1:]):
        write_model(place)
        write_vectors(place)
        if place.name == "gelu":
            write_collection(place)
