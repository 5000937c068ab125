"""open_clip and this library beside each other, in a process of its own: python side.py all FOLDER.

Run by test_open_clip_models.py with the dependency group "peers" on the path; prints JSON. The models lie
in FOLDER, a folder for each case. "again" opens the store that "all" has left there.
"""

import json
import os
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from hub.loopback import Hub, running

warnings.simplefilter("ignore")
BROKEN: list[str] = []


def _open_clip() -> Any:
    """Beside a CPU build of torch, torchvision has no compiled operators; its transforms need none."""
    from clip_embeddings import ModelLoadError
    from clip_embeddings.models.open_clip.extra import needed

    try:
        with needed("some model"):
            import_module("torchvision")
    except ModelLoadError as error:
        BROKEN.append(str(error))
        for name in ("nms", "qnms"):
            LIBRARY.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
    return import_module("open_clip")


def main(folder: Path, hub: Hub) -> dict[str, Any]:
    from open_clip_backend.beside import checks, models, names, refusals, stores, tables

    found: dict[str, Any] = {"cases": {}}
    for name, case in models.CASES.items():
        place = models.write(folder / name, case)
        found["cases"][name] = checks.compare(place, case)
    found["ids"] = checks.ids()
    found["pixels"] = checks.pixels(folder)
    found["table"] = tables.table()
    found["tokenizers"] = tables.tokenizers(folder)
    found["names"] = names.on_the_hub(folder, hub)
    found["folders"] = names.in_folders(folder)
    found["commands"] = names.on_the_command_line(folder)
    found["stores"] = stores.in_stores(folder, folder / "store")
    found["refused"] = refusals.refused(folder)
    found["torchvision"] = "".join(BROKEN)
    return found


def again(folder: Path) -> list[str]:
    """What a process finds that has not filled the store, with a hub out of reach."""
    _open_clip()
    from open_clip_backend.beside import stores

    return stores.found(folder / "store", folder / "media")


def beside_a_hub(folder: Path) -> dict[str, Any]:
    with running() as hub:
        os.environ["HF_ENDPOINT"] = hub.url  # before the hub's client is imported
        _open_clip()
        return main(folder, hub)


if __name__ == "__main__":
    import torch

    LIBRARY = cast(Any, torch.library.Library)("torchvision", "FRAGMENT")  # its operators end with it
    print(json.dumps({"again": again, "all": beside_a_hub}[sys.argv[1]](Path(sys.argv[2]))))
