"""Classification from a few examples: what the linear probe and the Tip-Adapter share.

Imports numpy, the embedder and the modules below it.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Self

from numpy.typing import ArrayLike

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.tasks.classifier import Classifier, stripped
from clip_embeddings.types import Embeddings, ImageInput


class FewShotClassifier(Classifier):
    """A classifier that learns from pictures with labels."""

    def fit(
        self, images: Iterable[ImageInput], labels: Sequence[str], *, show_progress: bool = False
    ) -> Self:
        """Learn from N pictures and their N labels; replaces what was learnt before.

        Raises:
            InvalidInputError: pictures and labels of different number, a blank label, or classes that cannot
                be learnt: `fit_vectors` says which.
            ImageDecodeError: an example that cannot be read.
        """
        pictures, names = listed(images, "fit"), listed(labels, "labels")
        check_number(len(pictures), len(names))
        return self.fit_vectors(self.embedder.embed_images(pictures, show_progress=show_progress), names)

    @abstractmethod
    def fit_vectors(self, vectors: ArrayLike, labels: Sequence[str]) -> Self:
        """Learn from raw picture vectors (N, D) of this model and their N labels."""

    def _examples(self, vectors: ArrayLike, labels: Sequence[str]) -> tuple[Embeddings, list[str]]:
        """Examples that were checked: (N, D) and N labels."""
        rows = self._rows(vectors)
        names = [stripped(name, f"labels[{place}]") for place, name in enumerate(listed(labels, "labels"))]
        check_number(len(rows), len(names))
        return rows, names


def check_number(pictures: int, labels: int) -> None:
    """Raise InvalidInputError unless there is a label for each picture, and one at all."""
    if pictures != labels:
        raise InvalidInputError(
            f"fit: got {pictures} pictures and {labels} labels; expected one label for each"
        )
    if not labels:
        raise InvalidInputError("fit: got no examples; expected some of each class")
