"""Any text model and any picture model of transformers brought together: KoCLIP, the Italian CLIP."""

from typing import Any

from clip_embeddings.models.family import MASKED, Family, PictureRule


def _read(vision: Any) -> int | None:
    """CLIP's tower reads the first position; others may do otherwise."""
    return 0 if vision.model_type == "clip_vision_model" else None


DUAL_ENCODER = Family(
    type="vision-text-dual-encoder",
    architecture="VisionTextDualEncoderModel",
    text=MASKED,
    pictures=PictureRule("CLIPImageProcessor", read=_read),
)
