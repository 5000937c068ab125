"""Chinese-CLIP: a BERT for Chinese beside CLIP's picture tower."""

from clip_embeddings.models.family import MASKED, Family, PictureRule, first_position

CHINESE_CLIP = Family(
    type="chinese_clip",
    architecture="ChineseCLIPModel",
    text=MASKED,
    pictures=PictureRule("ChineseCLIPImageProcessor", read=first_position),
)
