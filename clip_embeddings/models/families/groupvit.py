"""GroupViT: CLIP's text tower beside a picture tower that groups what belongs together."""

from clip_embeddings.models.family import CAUSAL, Family, PictureRule

GROUPVIT = Family(
    type="groupvit",
    architecture="GroupViTModel",
    text=CAUSAL,
    pictures=PictureRule("CLIPImageProcessor"),
    width="text_projection.3.weight",  # the last of its layers
)
