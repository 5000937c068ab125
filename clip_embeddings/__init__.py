"""CLIP embeddings: text and pictures in one vector space.

The public names are loaded at first use, so that importing this package imports no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clip_embeddings.calibration import (
        CalibrationEstimator,
        GapReport,
        ModalityCalibration,
        explain_vectors,
    )
    from clip_embeddings.cards import show_matrix
    from clip_embeddings.config import EmbedderConfig
    from clip_embeddings.embedder import CLIPEmbedder
    from clip_embeddings.encode import ImageBatch
    from clip_embeddings.errors import (
        ClipEmbeddingsError,
        FingerprintMismatchError,
        ImageDecodeError,
        InvalidInputError,
        MissingExtraError,
        ModelLoadError,
        StoreError,
        TextTooLongError,
        TruncationWarning,
    )
    from clip_embeddings.inputs.images import load_image
    from clip_embeddings.inputs.tokens import Passage
    from clip_embeddings.items import ImageItem, ItemBatch, TextItem
    from clip_embeddings.models.catalog import MODELS, ModelSpec
    from clip_embeddings.models.registry import OPEN_CLIP_TWINS
    from clip_embeddings.similarity import ScoreFunction, cosine_similarity, l2_normalize, softmax
    from clip_embeddings.tasks.duplicates import DuplicateGroup, find_duplicates
    from clip_embeddings.tasks.linear_probe import LinearProbe
    from clip_embeddings.tasks.precision import PrecisionReport, compare_precision
    from clip_embeddings.tasks.scoring import clip_score, ref_clip_score
    from clip_embeddings.tasks.templates import TEMPLATES
    from clip_embeddings.tasks.tip_adapter import TipAdapter
    from clip_embeddings.tasks.token_states import token_states
    from clip_embeddings.tasks.training import contrastive_loss, finetune
    from clip_embeddings.tasks.zero_shot import ZeroShotClassifier

__version__ = "0.1.0"

__all__ = [
    "MODELS",
    "OPEN_CLIP_TWINS",
    "TEMPLATES",
    "CLIPEmbedder",
    "CalibrationEstimator",
    "ClipEmbeddingsError",
    "DuplicateGroup",
    "EmbedderConfig",
    "FingerprintMismatchError",
    "GapReport",
    "ImageBatch",
    "ImageDecodeError",
    "ImageItem",
    "InvalidInputError",
    "ItemBatch",
    "LinearProbe",
    "MissingExtraError",
    "ModalityCalibration",
    "ModelLoadError",
    "ModelSpec",
    "Passage",
    "PrecisionReport",
    "ScoreFunction",
    "StoreError",
    "TextItem",
    "TextTooLongError",
    "TipAdapter",
    "TruncationWarning",
    "ZeroShotClassifier",
    "clip_score",
    "compare_precision",
    "contrastive_loss",
    "cosine_similarity",
    "explain_vectors",
    "find_duplicates",
    "finetune",
    "l2_normalize",
    "load_image",
    "ref_clip_score",
    "show_matrix",
    "softmax",
    "token_states",
]

_HOMES = {
    "calibration": ("CalibrationEstimator", "GapReport", "ModalityCalibration", "explain_vectors"),
    "cards": ("show_matrix",),
    "config": ("EmbedderConfig",),
    "embedder": ("CLIPEmbedder",),
    "encode": ("ImageBatch",),
    "errors": (
        "ClipEmbeddingsError",
        "FingerprintMismatchError",
        "ImageDecodeError",
        "InvalidInputError",
        "MissingExtraError",
        "ModelLoadError",
        "StoreError",
        "TextTooLongError",
        "TruncationWarning",
    ),
    "inputs.images": ("load_image",),
    "inputs.tokens": ("Passage",),
    "items": ("ImageItem", "ItemBatch", "TextItem"),
    "models.catalog": ("MODELS", "ModelSpec"),
    "models.registry": ("OPEN_CLIP_TWINS",),
    "similarity": ("ScoreFunction", "cosine_similarity", "l2_normalize", "softmax"),
    "tasks.training": ("contrastive_loss", "finetune"),
    "tasks.duplicates": ("DuplicateGroup", "find_duplicates"),
    "tasks.scoring": ("clip_score", "ref_clip_score"),
    "tasks.token_states": ("token_states",),
    "tasks.linear_probe": ("LinearProbe",),
    "tasks.precision": ("PrecisionReport", "compare_precision"),
    "tasks.templates": ("TEMPLATES",),
    "tasks.tip_adapter": ("TipAdapter",),
    "tasks.zero_shot": ("ZeroShotClassifier",),
}
_HOME_OF = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
