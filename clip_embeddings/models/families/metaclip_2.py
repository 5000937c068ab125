"""MetaCLIP 2: CLIP with a vocabulary of many languages.

A text without an end token would be read off its first position, which says nothing.
"""

from clip_embeddings.models.family import CAUSAL, Family, PictureRule, first_position

METACLIP_2 = Family(
    type="metaclip_2",
    architecture="MetaClip2Model",
    text=CAUSAL,
    pictures=PictureRule("CLIPImageProcessor", read=first_position),
)
