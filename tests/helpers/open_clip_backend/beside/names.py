"""What names of models lead to: folders and repositories on a hub on loopback."""

import contextlib
import io
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hub.loopback import Hub
from open_clip_backend.beside.checks import embedder_of
from pictures import photo
from safetensors.torch import load_file

TEXTS = ["a photo of a cat", "노을지는 바다"]


def on_the_hub(folder: Path, hub: Hub) -> dict[str, Any]:
    """Names of open_clip's table and its own form for a repository, each served from loopback."""
    resnet, mobile, siglip = (folder / name for name in ("RN50", "MobileCLIP2-S0", "ViT-B-16-SigLIP"))
    hub.add("timm/resnet50_clip.openai", resnet)
    hub.add("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", _pickled(folder / "ViT-B-32", folder / "pickled"))
    hub.add("timm/MobileCLIP2-S0-OpenCLIP", mobile)
    hub.add("timm/ViT-B-16-SigLIP", siglip)
    hub.add("jienengchen/ViTamin-S", _pickled(folder / "ViT-B-32", folder / "named", "pytorch_model.bin"))
    hub.add("timm/PE-Core-T-16-384", _silent(folder / "PE-Core-T-16", folder / "silent"))
    places = {
        "open_clip:PE-Core-T-16-384/meta": folder / "PE-Core-T-16",
        "open_clip:RN50/openai": resnet,
        "open_clip:ViT-B-32/laion2b_s34b_b79k": folder / "ViT-B-32",
        "open_clip:ViT-B/32/laion2b-s34b-b79k": folder / "ViT-B-32",
        "open_clip:ViTamin-S/datacomp1b": folder / "ViT-B-32",
        "hf-hub:timm/MobileCLIP2-S0-OpenCLIP": mobile,
        "hf-hub:timm/ViT-B-16-SigLIP": siglip,
    }
    found = {name: _looked_at(name, place, hub) for name, place in places.items()}
    looks = [
        embedder_of(name).embed_images([photo(90, 60)])
        for name in ("open_clip:PE-Core-T-16-384/meta", "hf-hub:timm/PE-Core-T-16-384")
    ]
    hub.log.clear()
    for name in places:
        _ = embedder_of(name).fingerprint
    return {
        "places": found,
        "asked again": len(hub.log),
        "one repository": float((looks[0] * looks[1]).sum()),
    }


def _looked_at(name: str, place: Path, hub: Hub) -> dict[str, Any]:
    hub.log.clear()
    made, plain = embedder_of(name), embedder_of(place)
    rows = made.embed_texts(TEXTS)
    read = [one.path.rpartition("/")[2] for one in hub.log if "/resolve/" in one.path]
    return {
        "same": bool(np.abs(rows - plain.embed_texts(TEXTS)).max() < 1e-6),
        "fingerprint": made.fingerprint == plain.fingerprint,
        "revision": made.resolved_revision,
        "portable": made.portable_config.model,
        "read": sorted({*read}),
    }


def _pickled(source: Path, folder: Path, name: str = "open_clip_pytorch_model.bin") -> Path:
    shutil.copytree(source, folder)
    torch.save(load_file(folder / "open_clip_model.safetensors"), folder / name)
    (folder / "open_clip_model.safetensors").unlink()
    return folder


def _silent(source: Path, folder: Path) -> Path:
    """A copy whose config says nothing of pictures."""
    shutil.copytree(source, folder)
    config = json.loads((folder / "open_clip_config.json").read_text())
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config["model_cfg"]}))
    return folder


def in_folders(folder: Path) -> dict[str, Any]:
    """Every form of a folder's name, copies of embedders and exported copies of models."""
    from clip_embeddings.models.hub.export import export
    from clip_embeddings.models.hub.locate import locate

    place = folder / "ViT-B-32"
    expected = embedder_of(place)
    rows = expected.embed_texts(TEXTS)
    copy = pickle.loads(pickle.dumps(embedder_of(f"open_clip:{place}")))
    told = export(locate("open_clip:PE-Core-T-16-384/meta"), folder / "told")
    exported = export(locate(str(folder / "pickled")), folder / "exported")
    both = shutil.copytree(place, folder / "both")
    (both / "config.json").write_text(json.dumps({"model_type": "clip"}))
    names = [f"open_clip:{place}", f"local-dir:{place}", str(place), f"open_clip:{both}", str(exported)]
    relative = {
        name: embedder_of(name).portable_config.model for name in ("open_clip:RN50", "local-dir:RN50", "RN50")
    }
    return {
        "same": [embedder_of(name).fingerprint == expected.fingerprint for name in names],
        "told": embedder_of(told).fingerprint == embedder_of(folder / "PE-Core-T-16").fingerprint,
        "copy": bool(np.array_equal(copy.embed_texts(TEXTS), rows)),
        "exported": sorted(path.name for path in exported.iterdir()),
        "relative": relative,
        "pickled": locate(str(folder / "pickled")).origin,
    }


def on_the_command_line(folder: Path) -> dict[str, Any]:
    """What `info` and `download` say."""
    from clip_embeddings_app.cli.actions import download, info

    name = f"open_clip:{folder / 'pickled'}"
    shown = _printed(lambda: info.run(name, None, as_json=True))
    said = _printed(lambda: download.run(name, folder / "fetched", None, as_json=True))
    fetched = embedder_of(folder / "fetched").fingerprint == embedder_of(folder / "pickled").fingerprint
    return {"info": shown["model"], "download": said, "fetched": fetched}


def _printed(command: Callable[[], None]) -> Any:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        command()
    return json.loads(out.getvalue())
