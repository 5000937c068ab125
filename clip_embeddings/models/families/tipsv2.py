"""TIPSv2: the mean over a text's tokens, pictures as they are between 0 and 1."""

from clip_embeddings.models.family import (
    Family,
    PictureRule,
    TextRule,
    TokenizerRule,
    softmax_of_temperature,
)

# By its path: transformers shows the class only beside sentencepiece, which it does not use.
_TOKENIZER = "models.tipsv2.tokenization_tipsv2.Tipsv2Tokenizer"

TIPSV2 = Family(
    type="tipsv2",
    architecture="Tipsv2Model",
    text=TextRule(fill="pad", mask=True),
    tokenizer=TokenizerRule(kind=lambda config: _TOKENIZER),
    pictures=PictureRule("Tipsv2ImageProcessor", edge=448),
    scoring=softmax_of_temperature,
    width="text_encoder.ln_final.weight",
)
