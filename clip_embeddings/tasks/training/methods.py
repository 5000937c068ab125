"""Which weights move: small matrices beside them (LoRA), the last layers, or all.

Imports torch, and peft for LoRA. Source: Hu et al. 2022 (LoRA).
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from clip_embeddings.errors import InvalidInputError, MissingExtraError
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.tasks.training.gradients import seeded
from clip_embeddings.tasks.training.settings import Settings

_LINEAR = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2", "text_projection", "visual_projection")
_INITIAL = 3  # the stream of random numbers


def check_extra(settings: Settings) -> None:
    """Say that the extra is missing before any work is done.

    Raises:
        MissingExtraError: LoRA is asked for and peft is not installed.
    """
    if settings.method != "lora":
        return
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            'method="lora" needs peft: pip install "clip-embeddings[finetune]"; '
            'method="last-layers" works without'
        ) from error


def prepare(clip: TrainableCLIP, settings: Settings) -> Callable[[], None]:
    """Let the weights of a method move, and the temperature; all others stay.

    Returns:
        What takes the change into the model's own weights in the end.
    """
    clip.model.requires_grad_(False)
    merge: Callable[[], None] = _nothing
    if settings.method == "lora":
        merge = _add_lora(clip, settings)
    elif settings.method == "last-layers":
        for module in _last(clip.model, settings.layers):
            module.requires_grad_(True)
    else:
        clip.model.requires_grad_(True)
    clip.model.logit_scale.requires_grad_(True)
    return merge


def trainable(clip: TrainableCLIP) -> dict[str, nn.Parameter]:
    """The weights that move, by name."""
    return {name: weight for name, weight in clip.model.named_parameters() if weight.requires_grad}


def _add_lora(clip: TrainableCLIP, settings: Settings) -> Callable[[], None]:
    from peft import LoraConfig, LoraModel

    config = LoraConfig(
        r=settings.rank, lora_alpha=2 * settings.rank, lora_dropout=0.0, target_modules=list(_LINEAR)
    )
    with seeded(torch.device("cpu"), [settings.seed, _INITIAL]):
        wrapped: Any = LoraModel(clip.model, config, "default")  # puts the matrices into clip.model itself

    def merge() -> None:
        clip.model = wrapped.merge_and_unload()

    return merge


def _last(model: Any, layers: int) -> list[nn.Module]:
    text, vision = model.text_model, model.vision_model
    most = max(len(text.encoder.layers), len(vision.encoder.layers))
    if layers > most:
        raise InvalidInputError(
            f"layers: got {layers}; the towers have {len(text.encoder.layers)} and "
            f'{len(vision.encoder.layers)} layers. For all of them: method="full"'
        )
    return [
        *text.encoder.layers[-layers:],
        *vision.encoder.layers[-layers:],
        text.final_layer_norm,
        vision.post_layernorm,
        model.text_projection,
        model.visual_projection,
    ]


def _nothing() -> None:
    """The weights are the model's own already."""
