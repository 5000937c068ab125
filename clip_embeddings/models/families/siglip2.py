"""SigLIP 2 with pictures in their own proportions (NaFlex). Those of fixed size are of the type siglip."""

from clip_embeddings.models.families.siglip import LOWER_CASE
from clip_embeddings.models.family import FIXED, Family, PictureRule, sigmoid

SIGLIP2 = Family(
    type="siglip2",
    architecture="Siglip2Model",
    text=FIXED,
    tokenizer=LOWER_CASE,
    pictures=PictureRule("Siglip2ImageProcessor", edge=None, patches=True),
    scoring=sigmoid,
    width="text_model.head.weight",
)
