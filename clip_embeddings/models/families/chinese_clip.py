"""Chinese-CLIP: a BERT for Chinese beside CLIP's picture tower."""

from clip_embeddings.models.family import MASKED, Family, PictureRule

CHINESE_CLIP = Family(
    type="chinese_clip",
    architecture="ChineseCLIPModel",
    text=MASKED,
    pictures=PictureRule("ChineseCLIPImageProcessor"),
)
