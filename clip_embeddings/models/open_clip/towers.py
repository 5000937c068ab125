"""open_clip's own towers with a model's weights in them; nothing is fetched.

Imports torch and, inside functions, open_clip.
"""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from torch import Tensor

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.open_clip.extra import needed
from clip_embeddings.models.open_clip.settings import OPEN_CLIP_CONFIG

if TYPE_CHECKING:
    from clip_embeddings.models.open_clip.files import OpenClipFiles


def build(files: "OpenClipFiles") -> Any:
    """The model in float32 on the CPU, as one of two towers: `encode_text` and `encode_image`.

    Raises:
        ModelLoadError: open_clip is not installed, or cannot build it; weights are missing, of another
            model, or of another shape.
    """
    files.check_unchanged()
    with needed(files.model):
        from open_clip import coca_model, load_checkpoint
        from open_clip import model as clip_model
    config = _config_of(files)
    kind: Any = coca_model.CoCa if "multimodal_cfg" in config else clip_model.CustomTextCLIP
    try:
        model = _with_short_texts(kind(**config))
    except Exception as error:  # values that cannot be surface as errors of many kinds
        raise ModelLoadError(
            f"model {files.model!r}: open_clip cannot build what {OPEN_CLIP_CONFIG} describes ({error})"
        ) from error
    path = str(files.weights()[0])
    try:
        report: Any = load_checkpoint(model, path, strict=False)
    except Exception as error:
        raise ModelLoadError(
            f"model {files.model!r}: cannot load the weights in {files.weights_folder} ({error})"
        ) from error
    _check(files.model, report)
    return model


def _config_of(files: "OpenClipFiles") -> dict[str, Any]:
    """model_cfg as the classes take it, with no weights asked for, and the text tower apart."""
    config = deepcopy(dict(files.settings.model))
    config.pop("custom_text", None)
    if config["vision_cfg"].get("timm_model_name"):
        config["vision_cfg"]["timm_model_pretrained"] = False
    return config


def _check(model: str, report: Any) -> None:
    """Refuse weights that are not all of the model and nothing else."""
    for names, words in (
        (report.missing_keys, "weights are missing"),
        (report.unexpected_keys, "weights are of another model"),
    ):
        if names:
            raise ModelLoadError(f"model {model!r}: {len(names)} {words}, first {names[0]}")


def _with_short_texts(model: Any) -> Any:
    """Let a causal tower read texts that are not filled up to the whole context."""
    tower = model.text
    plain = tower._embeds

    def embeds(ids: Tensor) -> tuple[Tensor, Tensor | None]:
        rows, mask = plain(ids)
        if (
            mask is not None and mask.ndim == 2
        ):  # (T, T) of the context; another one is of these texts already
            mask = mask[: ids.shape[1], : ids.shape[1]]
        return rows, mask

    tower._embeds = embeds
    return model
