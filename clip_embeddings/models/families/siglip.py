"""SigLIP, and the models of SigLIP 2 whose pictures have a fixed size.

The first has a tokenizer of its own, which needs sentencepiece and has no fast twin in transformers, though
the fast one lies beside it. The second has Gemma's, which leaves capitals as they are, while the model was
trained on small letters alone: its file says so, and Gemma's class does not look.

Source: `canonicalize_text` of google-research/big_vision, which SigLIP was trained with.
"""

import string
from typing import Any

from clip_embeddings.models.family import FIXED, Family, Json, PictureRule, TokenizerRule, sigmoid

_OWN = "SiglipTokenizer"
_FAST = "PreTrainedTokenizerFast"


def _kind(config: Json) -> str | None:
    return _FAST if _is_first(config) else None


def _only_lower(tokenizer: Any, config: Json) -> None:
    from tokenizers import normalizers

    _before(tokenizer, [normalizers.Lowercase()])


def _is_first(config: Json) -> bool:
    """Whether a tokenizer is that of the first SigLIP, by its tokenizer_config.json."""
    name = config.get("tokenizer_class")
    return name is None or str(name).removesuffix("Fast") == _OWN


def _prepare(tokenizer: Any, config: Json) -> None:
    from tokenizers import Regex, normalizers

    lower = [normalizers.Lowercase()] if config.get("do_lower_case", True) else []
    if _is_first(config):
        marks = "[" + "".join(f"\\{mark}" for mark in string.punctuation) + "]"
        _before(tokenizer, [*lower, normalizers.Replace(Regex(marks), ""),
                            normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])  # fmt: skip
    else:
        _before(tokenizer, lower)


def _before(tokenizer: Any, steps: list[Any]) -> None:
    from tokenizers import normalizers

    there = [tokenizer.normalizer] if tokenizer.normalizer is not None else []
    tokenizer.normalizer = normalizers.Sequence([*steps, *there])


LOWER_CASE = TokenizerRule(prepare=_only_lower)
"""SigLIP 2's where pictures keep their proportions: no file of these names the first one's tokenizer."""

SIGLIP = Family(
    type="siglip",
    architecture="SiglipModel",
    text=FIXED,
    tokenizer=TokenizerRule(kind=_kind, prepare=_prepare),
    pictures=PictureRule("SiglipImageProcessor"),
    scoring=sigmoid,
    width="text_model.head.weight",
)
