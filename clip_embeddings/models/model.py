"""What the embedder asks of a model that was found on this machine, whichever library runs it.

`locate` gives one of these. Imports errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clip_embeddings.errors import ModelLoadError

if TYPE_CHECKING:
    import torch

    from clip_embeddings.models.encoder import Encoder


class Model(Protocol):
    """A complete model.

    Attributes:
        model: what was asked for.
        folder: where its files are.
        weights_folder: where its weights are: the same folder, or one of converted weights.
        revision: the hub's commit, or None for a bundled model or a plain folder.
        origin: where the weights come from, in words.
        stamps: what tells whether a file is still the one that was found.
        dimension: D, the length of its vectors; known without loading weights.
        pictures_alone: where texts are embedded by another model, the one of the pictures; else None.
        preprocessing: how it wants its pictures, in words by str(); known without loading weights.
    """

    @property
    def model(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    @property
    def weights_folder(self) -> Path: ...
    @property
    def revision(self) -> str | None: ...
    @property
    def origin(self) -> str: ...
    @property
    def stamps(self) -> tuple[object, ...]: ...
    @property
    def dimension(self) -> int: ...
    @property
    def pictures_alone(self) -> "Model | None": ...
    @property
    def preprocessing(self) -> object: ...

    def check_unchanged(self) -> None:
        """Raise ModelLoadError where its files were written anew since it was found."""
        ...

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON; found out without loading weights."""
        ...

    def earlier_identity(self) -> dict[str, object] | None:
        """The same as the scheme of fingerprints before had it; None for models that it did not know."""
        ...

    def exported(self) -> list[tuple[Path | str, str]]:
        """Each of its files or its text, and its name in a folder that loads by itself."""
        ...

    def load(self, device: "torch.device", dtype: "torch.dtype") -> "Encoder":
        """Its encoder on a device. `loaded.load_encoder` calls this once for each process."""
        ...


@contextmanager
def importing() -> Iterator[None]:
    """Around an import of torch or transformers, which fail in ways of their own.

    Raises:
        ModelLoadError: with what to check; a torchvision of another torch is one reason.
    """
    try:
        yield
    except Exception as error:
        reason = str(error).strip().partition("\n")[0]
        raise ModelLoadError(
            f"torch and transformers cannot be imported ({reason}). Check that they are installed and, "
            "if torchvision is, that it was built for this torch; this library does not need it"
        ) from error
