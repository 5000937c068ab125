"""Any text model and any picture model of transformers brought together: KoCLIP, the Italian CLIP."""

from clip_embeddings.models.family import MASKED, Family, PictureRule

DUAL_ENCODER = Family(
    type="vision-text-dual-encoder",
    architecture="VisionTextDualEncoderModel",
    text=MASKED,
    pictures=PictureRule("CLIPImageProcessor"),
)
