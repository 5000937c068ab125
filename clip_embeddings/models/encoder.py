"""What the embedder asks of a model, whatever its family. Imports nothing heavy at run time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from clip_embeddings.errors import ModelLoadError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from clip_embeddings.inputs.tokens import Passage
    from clip_embeddings.models.running.device import BatchSizes
    from clip_embeddings.similarity import ScoreFunction
    from clip_embeddings.types import LongText, Role


def check_ids(model: str, ids: "NDArray[np.int64]", known: int) -> None:
    """A tokenizer of another model may know more than the tower, which a GPU does not survive.

    Args:
        known: ids that the text tower has embeddings for.
    Raises:
        ModelLoadError: an id is beyond them.
    """
    if ids.size and ids.max() >= known:
        raise ModelLoadError(
            f"model {model!r}: its tokenizer gives the id {ids.max()}; its text tower knows 0 to "
            f"{known - 1}. Put the tokenizer and the weights of one model into a folder"
        )


class Pieces(Protocol):
    """What is encoded of texts, one or several pieces each, and how it makes up the texts.

    owner: (W,) index of each piece's text. weight: (W,) content tokens in each piece, at least 1.
    """

    @property
    def owner(self) -> "NDArray[np.int64]": ...
    @property
    def weight(self) -> "NDArray[np.int64]": ...

    def take(self, rows: "NDArray[np.int64]") -> Sequence[Any]:
        """Some of the pieces, as `encode_text` takes them."""
        ...


class Texts(Protocol):
    """How texts become what `encode_text` takes. Token ids, of a `TextTokenizer`, for most models.

    Attributes:
        context: tokens that one piece holds, special tokens included.
    """

    @property
    def context(self) -> int: ...

    def windows(self, texts: Sequence[str], policy: "LongText") -> Pieces:
        """The pieces of texts under a long-text policy; warns or raises as `TextTokenizer.windows` does."""
        ...

    def batches(self, windows: Any, *, size: int | None = None, tokens: int) -> "list[NDArray[np.int64]]":
        """Rows of pieces that are encoded together."""
        ...

    def passages(self, text: str) -> "list[Passage]":
        """Consecutive passages of a text that fit the context."""
        ...


class Pictures(Protocol):
    """How a picture becomes what `encode_image` takes.

    Attributes:
        least_edge: pixels of its shorter edge from which on more would not be seen; None: all are needed.
    """

    @property
    def least_edge(self) -> int | None: ...

    def to_pixels(self, picture: "Image") -> "NDArray[np.uint8]":
        """A picture as `read_image` gives it: -> (H, W, 3) uint8, in sRGB."""
        ...


class Encoder(Protocol):
    """Text and pictures into one space. A family of transformers is a row in families/ and needs none of its
    own.

    Attributes:
        kind: the model's family by its type, or the library that runs it.
        dimension: D, the length of all features.
        scoring: how cosines become probabilities; its scale is stored as a log, given as its exp.
        tokenizer, preprocessing: how text and pictures become what is encoded.
        batch_sizes: what goes into one forward pass where the caller does not say.
        device, dtype: where and in what precision the weights are, as short names.
    """

    kind: str
    dimension: int
    scoring: "ScoreFunction"
    batch_sizes: "BatchSizes"
    device: str
    dtype: str

    @property
    def tokenizer(self) -> Texts: ...
    @property
    def preprocessing(self) -> Pictures: ...

    def for_role(self, role: "Role") -> "Encoder":
        """The one for vectors of a role: itself, where the model makes no difference between roles."""
        ...

    def encode_text(self, pieces: Sequence[Any], /) -> "NDArray[np.float32]":
        """Features of B pieces as `tokenizer` makes them, rows of token ids for most models: -> (B, D)."""
        ...

    def encode_image(self, pixels: "Sequence[NDArray[np.uint8]]", /) -> "NDArray[np.float32]":
        """Features of B pictures as `preprocessing` makes them, each of (H, W, 3): -> (B, D)."""
        ...

    def token_states(
        self, ids: "NDArray[np.int64]", filled: "NDArray[np.bool_]", *, layer: int, skip: int
    ) -> "NDArray[np.float32]":
        """States of every token, apart from pooling: (B, T) -> (B, T, W); `filled` is False at padding.

        Layer -1 is the last one with the final norm, any other a hidden state as it is; `skip` goes back.
        """
        ...
