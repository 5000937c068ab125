"""OpenAI's CLIP and all that is built like it: LAION's, TinyCLIP, MetaCLIP 1, the Korean ones of Bingsu."""

from clip_embeddings.models.family import CAUSAL, Family, PictureRule, first_position

CLIP = Family(
    type="clip",
    architecture="CLIPModel",
    text=CAUSAL,
    pictures=PictureRule("CLIPImageProcessor", assumed=True, read=first_position),
    token_states=True,
    trainable=True,
)
