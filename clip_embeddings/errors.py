"""Everything this library raises on purpose. Imports the standard library only.

ClipEmbeddingsError
|- InvalidInputError         (ValueError)   an argument or an item that no setting could make work
|  |- ImageDecodeError                      one picture: its index, its source and the reason
|  `- TextTooLongError                      one text over the context limit, under long_text="error"
|- ModelLoadError            (OSError)      unknown model, hub out of reach, damaged files
|- FingerprintMismatchError  (ValueError)   vectors of two models would have met
|- StoreError                (RuntimeError) the vector store refused or went away
`- MissingExtraError         (ImportError)  an optional dependency is not installed

TruncationWarning            (UserWarning)  text was cut at the context limit
"""


class ClipEmbeddingsError(Exception):
    """Base of every error that this library raises on purpose."""


class InvalidInputError(ClipEmbeddingsError, ValueError):
    """An argument, or one item of it, cannot be used as it is."""


class ImageDecodeError(InvalidInputError):
    """One picture cannot be read.

    Attributes:
        index: its place in the input.
        source: what was given, as a short description: a path, or "bytes of length 120".
        reason: why it cannot be read.
    """

    def __init__(self, index: int, source: str, reason: str) -> None:
        super().__init__(f"images[{index}] ({source}): {reason}")
        self.index, self.source, self.reason = index, source, reason

    def __reduce__(self) -> tuple[type["ImageDecodeError"], tuple[int, str, str]]:
        return ImageDecodeError, (self.index, self.source, self.reason)


class TextTooLongError(InvalidInputError):
    """A text has more tokens than the model's context holds, and the policy is "error".

    Attributes:
        index: its place in the input.
        reason: how long it is, how much the model reads, and what to do.
    """

    def __init__(self, index: int, reason: str, name: str | None = None) -> None:
        super().__init__(f"{name or f'texts[{index}]'} {reason}")
        self.index, self.reason, self.name = index, reason, name

    def __reduce__(self) -> tuple[type["TextTooLongError"], tuple[int, str, str | None]]:
        return TextTooLongError, (self.index, self.reason, self.name)


class ModelLoadError(ClipEmbeddingsError, OSError):
    """A model cannot be found, downloaded or read."""


class FingerprintMismatchError(ClipEmbeddingsError, ValueError):
    """Vectors that cannot be compared would have met in one collection."""


class StoreError(ClipEmbeddingsError, RuntimeError):
    """The vector store refused a request or does not answer."""


class MissingExtraError(ClipEmbeddingsError, ImportError):
    """An optional dependency is not installed."""


class TruncationWarning(UserWarning):
    """Text was cut at the model's context limit."""
