"""What the embedder asks of a model, whatever its family. Imports nothing heavy at run time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clip_embeddings.inputs.patches import PatchPreprocessing
    from clip_embeddings.inputs.preprocess import Preprocessing
    from clip_embeddings.inputs.tokens import TextTokenizer
    from clip_embeddings.models.device import BatchSizes
    from clip_embeddings.models.family import Family
    from clip_embeddings.similarity import ScoreFunction


class Encoder(Protocol):
    """Two towers into one space. A family of transformers is a row in families/ and needs none of its own.

    Attributes:
        family: what sets the model apart from others.
        dimension: D, the length of both towers' features.
        scoring: how cosines become probabilities; its scale is stored as a log, given as its exp.
        tokenizer, preprocessing: how text and pictures become the towers' inputs.
        batch_sizes: what goes into one forward pass where the caller does not say.
        device, dtype: where and in what precision the weights are, as short names.
    """

    family: "Family"
    dimension: int
    scoring: "ScoreFunction"
    tokenizer: "TextTokenizer"
    preprocessing: "Preprocessing | PatchPreprocessing"
    batch_sizes: "BatchSizes"
    device: str
    dtype: str

    def encode_text(self, ids: "Sequence[NDArray[np.int64]]") -> "NDArray[np.float32]":
        """Features of B rows of token ids, each of its own length: -> (B, D)."""
        ...

    def encode_image(self, pixels: "Sequence[NDArray[np.uint8]]") -> "NDArray[np.float32]":
        """Features of B pictures as `preprocessing` makes them, each of (H, W, 3): -> (B, D)."""
        ...

    def token_states(
        self, ids: "NDArray[np.int64]", filled: "NDArray[np.bool_]", *, layer: int, skip: int
    ) -> "NDArray[np.float32]":
        """States of every token, apart from pooling: (B, T) -> (B, T, W); `filled` is False at padding.

        Layer -1 is the last one with the final norm, any other a hidden state as it is; `skip` goes back.
        """
        ...
