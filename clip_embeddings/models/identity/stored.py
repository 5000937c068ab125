"""StoredModel: what a model of any library is on this machine, files in a folder.

Imports errors, digest and models/hub.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.listing import read_json
from clip_embeddings.models.identity.digest import stamp


@dataclass(frozen=True)
class StoredModel:
    """A model in a folder; a library's class says which of the files are its own.

    Attributes:
        model: what was asked for.
        folder: holds everything but the weights.
        weights_folder: holds the safetensors weights: the same folder, or one of converted weights.
        revision: the hub's commit, or None for a bundled model or a plain folder.
        origin: where the weights come from, in words.
        stamps: what tells whether a file is still the one that was found.
    """

    model: str
    folder: Path
    weights_folder: Path
    revision: str | None
    origin: str = "safetensors"
    stamps: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._check_files()
        object.__setattr__(self, "stamps", self._stamps())  # frozen

    @property
    def pictures_alone(self) -> None:
        """Its texts are its own."""

    def _check_files(self) -> None:
        """Refuse, before anything is read, what its files say and nothing here can do."""

    def weights(self) -> list[Path]:
        """The safetensors files, in order of name."""
        raise NotImplementedError

    def small(self) -> list[Path]:
        """Everything but the weights, as far as it is there."""
        raise NotImplementedError

    def exported(self) -> list[tuple[Path | str, str]]:
        """Each file or its text, and its name in a folder that loads by itself."""
        raise NotImplementedError

    def check_unchanged(self) -> None:
        """Raise where the folder was written anew: towers, tokenizer and fingerprint have to be of one model.

        Raises:
            ModelLoadError: a file is another one than when the model was found, or is gone.
        """
        try:
            same = self._stamps() == self.stamps
        except OSError:
            same = False
        if not same:
            raise ModelLoadError(
                f"model {self.model!r}: the files in {self.folder} have changed since they were found. "
                "Make a new CLIPEmbedder for what is there now"
            )

    def _stamps(self) -> tuple[object, ...]:
        return tuple((path.name, stamp(path)) for path in (*self.weights(), *self.small()))

    def json(self, name: str) -> dict[str, Any]:
        """Content of a JSON file; {} where the file is not there.

        Raises:
            ModelLoadError: it is damaged, or holds something else than an object.
        """
        path = self.folder / name
        content: Any = read_json(self.model, path) if path.exists() else {}
        if not isinstance(content, dict):
            raise ModelLoadError(
                f"model {self.model!r}: {name} holds {type(content).__name__}; expected an object"
            )
        return content
