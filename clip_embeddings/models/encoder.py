"""What the embedder asks of a model, whatever its family. Imports nothing heavy at run time."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clip_embeddings.inputs.preprocess import Preprocessing
    from clip_embeddings.inputs.tokens import TextTokenizer
    from clip_embeddings.models.device import BatchSizes
    from clip_embeddings.similarity import ScoreFunction


class Encoder(Protocol):
    """Two towers into one space. To add a model family, write one of these and a row in `hf.FAMILIES`.

    Attributes:
        dimension: D, the length of both towers' features.
        scoring: how cosines become probabilities; its scale is stored as a log, given as its exp.
        tokenizer, preprocessing: how text and pictures become the towers' inputs.
        batch_sizes: what goes into one forward pass where the caller does not say.
        device, dtype: where and in what precision the weights are, as short names.
    """

    dimension: int
    scoring: "ScoreFunction"
    tokenizer: "TextTokenizer"
    preprocessing: "Preprocessing"
    batch_sizes: "BatchSizes"
    device: str
    dtype: str

    def encode_text(self, ids: "NDArray[np.int64]") -> "NDArray[np.float32]":
        """Features of token ids, padded on the right: (B, T) -> (B, D)."""
        ...

    def encode_image(self, pixels: "NDArray[np.uint8]") -> "NDArray[np.float32]":
        """Features of cropped pictures: (B, H, W, 3) -> (B, D)."""
        ...

    def token_states(
        self, ids: "NDArray[np.int64]", filled: "NDArray[np.bool_]", *, layer: int, skip: int
    ) -> "NDArray[np.float32]":
        """States of every token, apart from pooling: (B, T) -> (B, T, W); `filled` is False at padding.

        Layer -1 is the last one with the final norm, any other a hidden state as it is; `skip` goes back.
        """
        ...
