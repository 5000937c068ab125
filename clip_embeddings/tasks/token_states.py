"""Hidden states of every token, as a diffusion model is conditioned on. Imports numpy and the embedder."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.inputs.tokens import TextTokenizer


def token_states(
    embedder: CLIPEmbedder, texts: Sequence[str], *, layer: int = -1, skip: int = 0
) -> NDArray[np.float32]:
    """States of all tokens of each text, padded to the context limit: what Stable Diffusion's U-Net is given.

    Not embeddings: neither pooled, projected nor normalised, and not to be compared with those of pictures.
    Padding is the tokenizer's own pad token, and is seen by what comes after it unless the model's config
    says `use_attention_mask`, as in diffusers.

    Args:
        texts: N prompts. One over the limit goes by the embedder's `long_text`: "truncate" cuts it and
            warns, "error" raises; states of "chunk" windows cannot be averaged, so it is refused.
        layer: -1 for the last layer with the final norm (Stable Diffusion 1 and 2); any other counts among
            the hidden states, without the norm: -2 is the one before the last (SDXL), 0 the token embeddings.
        skip: how many layers before that to take; diffusers' `clip_skip`, whose None is our 0.
    Returns:
        float32 (N, T, W), T the context limit, 77 for CLIP, W the width of the text tower.
    Raises:
        InvalidInputError: no such layer, an item is not a string, or the embedder's long_text is "chunk".
        TextTooLongError: over the limit under long_text="error".
    Source: `encode_prompt` of diffusers' StableDiffusionPipeline and StableDiffusionXLPipeline.
    """
    texts = listed(texts, "token_states")
    policy = embedder.config.long_text
    if policy == "chunk":
        raise InvalidInputError(
            'token_states: the embedder has long_text="chunk", and states of several windows make no '
            'sequence; use an embedder with long_text="truncate" or "error"'
        )
    encoder = embedder._encoder
    tokenizer = encoder.tokenizer
    if not isinstance(tokenizer, TextTokenizer):
        raise InvalidInputError(
            f"token_states: model {embedder.config.model!r} runs in another library; only the text towers of "
            "CLIP are what diffusion models are conditioned on"
        )
    windows = tokenizer.windows(texts or [""], policy)  # without a text, one that checks the layer
    ids = np.full((len(windows.ids), tokenizer.context), tokenizer.pad, np.int64)  # (N, T)
    filled = np.zeros(ids.shape, bool)
    for row, window in enumerate(windows.ids):
        ids[row, : len(window)], filled[row, : len(window)] = window, True
    size = embedder.batch_size
    parts = [
        encoder.token_states(ids[at : at + size], filled[at : at + size], layer=layer, skip=skip)
        for at in range(0, len(ids), size)
    ]
    return np.concatenate(parts)[: len(texts)]
