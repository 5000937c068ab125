"""What every classifier of pictures offers: labels, probabilities, the best few, and a stream of them.

Imports numpy, the embedder and the modules below it.
"""

import math
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import ImageDecodeError, InvalidInputError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.similarity import as_floats, check_finite
from clip_embeddings.types import Embeddings, ImageInput

Duplicates = Literal["error", "merge"]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Part of a stream of pictures.

    Attributes:
        indices: (n,) place of each row in the stream.
        labels: n answers.
        probabilities: float32 (n, C), one column for each label of the classifier.
        failures: what could not be read since the last part.
    """

    indices: NDArray[np.int64]
    labels: list[str]
    probabilities: NDArray[np.float32]
    failures: tuple[ImageDecodeError, ...]


class Classifier(ABC):
    """Gives each picture one of C labels.

    Attributes:
        embedder: gives raw vectors, whatever calibration the one it was made with has.
        labels: C of them; column c of every result is of labels[c].
    """

    embedder: CLIPEmbedder
    labels: tuple[str, ...]

    @abstractmethod
    def probabilities_of(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Probabilities for raw picture vectors of this model: (N, D) -> float32 (N, C)."""

    def labels_of(self, vectors: ArrayLike) -> list[str]:
        """The likeliest label for each of N raw picture vectors (N, D)."""
        return [self.labels[best] for best in self.probabilities_of(vectors).argmax(axis=1)]

    def predict(self, images: Iterable[ImageInput], *, show_progress: bool = False) -> list[str]:
        """The likeliest label of each picture.

        Args:
            images: N pictures of any kind that `CLIPEmbedder.embed_images` takes.
        Returns:
            N labels, in order.
        Raises:
            ImageDecodeError: the first unreadable picture; `iter_predictions` goes on after it.
        """
        return self.labels_of(self.embedder.embed_images(images, show_progress=show_progress))

    def predict_proba(
        self, images: Iterable[ImageInput], *, show_progress: bool = False
    ) -> NDArray[np.float32]:
        """A probability for each picture and label: float32 (N, C); see `probabilities_of`."""
        return self.probabilities_of(self.embedder.embed_images(images, show_progress=show_progress))

    def top_k(self, images: Iterable[ImageInput], k: int = 5) -> list[list[tuple[str, float]]]:
        """The k likeliest labels of each picture with their probabilities, best first; all if k > C."""
        return self.best(self.predict_proba(images), k)

    def best(self, probabilities: NDArray[np.float32], k: int) -> list[list[tuple[str, float]]]:
        """The k likeliest labels of each row of (N, C), best first."""
        if k < 1:
            raise InvalidInputError(f"k: got {k}; expected 1 or more")
        order = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]  # (N, C) -> (N, k)
        return [
            [(self.labels[column], float(row[column])) for column in columns]
            for row, columns in zip(probabilities, order, strict=True)
        ]

    def iter_predictions(self, images: Iterable[ImageInput]) -> Generator[Predictions, None, None]:
        """Classify a stream of pictures in bounded memory; an unreadable one is reported, the rest goes on.

        Yields:
            Parts in order; each picture is in one part's `indices` or `failures`.
        """
        for batch in self.embedder.iter_images(images):
            shares = self.probabilities_of(batch.embeddings)
            yield Predictions(batch.indices, self.labels_of(batch.embeddings), shares, batch.failures)

    def _rows(self, vectors: ArrayLike) -> Embeddings:
        rows = as_floats(vectors)
        if rows.ndim != 2 or rows.shape[1] != self.embedder.dimension:
            raise InvalidInputError(
                f"got an array of shape {rows.shape}; expected (N, {self.embedder.dimension}), raw vectors "
                f"of {self.embedder.config.model!r}"
            )
        check_finite(rows)
        return rows


def check_positive(name: str, value: Any, *, zero: bool = False) -> None:
    """Raise InvalidInputError unless a setting is a finite number above 0, or 0 where that may be."""
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or value < 0 or (value == 0 and not zero):
        least = "of at least 0" if zero else "above 0"
        raise InvalidInputError(f"{name}: got {value!r}; expected a finite number {least}")


def raw(embedder: CLIPEmbedder) -> CLIPEmbedder:
    """The embedder without its calibration, under which the model's own scores mean nothing.

    Raises:
        InvalidInputError: its vectors are not of unit length.
    """
    if not embedder.config.normalize:
        raise InvalidInputError(
            "normalize: the embedder has normalize=False; labels are told by vectors of unit length. Make "
            "one without it"
        )
    return embedder.with_calibration(None) if embedder.config.calibration is not None else embedder


def checked_labels(labels: Any, duplicates: Duplicates = "error") -> tuple[str, ...]:
    """Distinct labels that say something, without the space around them.

    Args:
        duplicates: what happens to a label that a model reads like an earlier one: "merge" leaves it out.
    Raises:
        InvalidInputError: no labels, one that is blank or no string, or two that a model reads as one.
    """
    found = [stripped(label, f"labels[{place}]") for place, label in enumerate(listed(labels, "labels"))]
    if not found:
        raise InvalidInputError('labels: got none; expected at least two, such as ["cat", "dog"]')
    if duplicates not in get_args(Duplicates):
        raise InvalidInputError(f"duplicates: got {duplicates!r}; expected one of error, merge")
    seen: dict[str, int] = {}
    for place, label in enumerate(found):
        # Models lower the case and join spaces: such labels would share one probability between them.
        same = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
        if same in seen and duplicates == "error":
            raise InvalidInputError(
                f"labels[{place}] {label!r} is the same as labels[{seen[same]}] {found[seen[same]]!r}; "
                'give each class once, or make them one class with duplicates="merge"'
            )
        seen.setdefault(same, place)
    return tuple(found[place] for place in seen.values())


def stripped(label: object, where: str) -> str:
    """A label without the space around it."""
    if not isinstance(label, str):
        raise InvalidInputError(f"{where}: got {type(label).__name__}; expected a string")
    if not label.strip():
        raise InvalidInputError(f"{where}: is blank; expected a word or a phrase")
    return label.strip()
