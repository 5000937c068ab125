"""ALIGN: BERT and EfficientNet, which takes larger pictures than its config names."""

from clip_embeddings.models.family import MASKED, Family, PictureRule, softmax_of_temperature

ALIGN = Family(
    type="align",
    architecture="AlignModel",
    text=MASKED,
    pictures=PictureRule("EfficientNetImageProcessor", edge=None),
    scoring=softmax_of_temperature,
)
