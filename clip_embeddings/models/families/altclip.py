"""AltCLIP: XLM-RoBERTa taught the vectors of CLIP's text tower, in two, nine or eighteen languages."""

from clip_embeddings.models.family import MASKED, Family, PictureRule, first_position

ALTCLIP = Family(
    type="altclip",
    architecture="AltCLIPModel",
    text=MASKED,
    pictures=PictureRule("CLIPImageProcessor", read=first_position),
)
