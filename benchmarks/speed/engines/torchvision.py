"""open_clip imports torchvision, whose wheel has no operators beside a CPU build of torch; it needs none.

Imports torch. Only for the processes of peers.
"""

import sys
from importlib import import_module
from typing import Any, cast

import torch

_LIBRARY = cast(Any, torch.library.Library)("torchvision", "FRAGMENT")  # kept: its operators end with it


def make_importable() -> None:
    """Declare two operators of torchvision's if it cannot be imported without them."""
    try:
        import_module("torchvision")
    except ImportError:
        return  # not installed
    except RuntimeError:
        for operator in ("nms", "qnms"):
            _LIBRARY.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        for loaded in [each for each in sys.modules if each.split(".")[0] == "torchvision"]:
            del sys.modules[loaded]
