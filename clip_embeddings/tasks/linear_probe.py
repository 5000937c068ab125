"""A linear probe: logistic regression on the vectors of pictures. Imports numpy and the embedder.

scikit-learn is imported where a probe is fitted; a saved one works without it.
"""

from collections.abc import Sequence
from os import PathLike
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError, MissingExtraError
from clip_embeddings.similarity import softmax
from clip_embeddings.tasks import saved
from clip_embeddings.tasks.classifier import check_positive, checked_labels, raw
from clip_embeddings.tasks.few_shot import FewShotClassifier
from clip_embeddings.types import Embeddings

_KIND = "linear probe"
_STEPS = 20_000  # of the optimiser; a few examples need some hundreds
# scikit-learn's own 1e-4 stops well before the optimum where the penalty is weak.
_TOLERANCE = 1e-7


class LinearProbe(FewShotClassifier):
    """L2-regularised logistic regression: what words cannot name, examples show.

    Args:
        embedder: gives the vectors; a calibration is left out.
        c: inverse strength of the penalty, scikit-learn's `C`.
    Source: Radford et al. 2021, section 3.2.
    """

    def __init__(self, embedder: CLIPEmbedder, *, c: float = 30.0) -> None:
        check_positive("c", c)
        self.embedder, self.c, self.labels = raw(embedder), c, ()
        self._weights, self._biases = np.zeros((0, 0), np.float32), np.zeros(0, np.float32)  # (C, D), (C,)

    def __repr__(self) -> str:
        return f"LinearProbe({self.embedder!r}, {len(self.labels)} labels)"

    def fit_vectors(self, vectors: ArrayLike, labels: Sequence[str]) -> Self:
        """Learn from raw picture vectors (N, D) of this model and their N labels.

        Raises:
            InvalidInputError: different numbers of them, fewer than two classes, a blank label.
            MissingExtraError: without scikit-learn.
        """
        rows, names = self._examples(vectors, labels)
        classes = checked_labels(dict.fromkeys(names))
        if len(classes) < 2:
            raise InvalidInputError(
                f"fit: all {len(names)} examples are of {classes[0]!r}; expected at least two classes"
            )
        targets = np.array([classes.index(name) for name in names])
        self._weights, self._biases = _regression(rows, targets, self.c)
        self.labels = classes
        return self

    def probabilities_of(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Softmax of the regression for raw picture vectors: (N, D) -> float32 (N, C)."""
        self._check_fitted()
        return softmax(self._rows(vectors) @ self._weights.T + self._biases)

    def _check_fitted(self) -> None:
        if not self.labels:
            raise InvalidInputError("LinearProbe: has no examples yet; call fit(images, labels) first")

    def save(self, path: str | PathLike[str]) -> None:
        """Write one JSON file: labels, weights and the model's fingerprint."""
        self._check_fitted()
        fields = {"labels": list(self.labels), "c": self.c, "weights": self._weights, "biases": self._biases}
        saved.write(path, _KIND, self.embedder, fields)

    @classmethod
    def load(cls, path: str | PathLike[str], embedder: CLIPEmbedder) -> "LinearProbe":
        """Read what `save` wrote; needs no scikit-learn.

        Raises:
            InvalidInputError: no such file, or not a probe.
            FingerprintMismatchError: it was fitted on vectors of another model; names both.
        """
        record = saved.read(path, _KIND, raw(embedder))
        try:
            made = cls(embedder, c=record["c"])
            made.labels = checked_labels(record["labels"])
            made._weights = made._rows(saved.array(record["weights"], len(made.labels)))
            made._biases = saved.array(record["biases"], len(made.labels)).reshape(len(made.labels))
        except (KeyError, TypeError, ValueError) as error:
            raise saved.damaged(path, _KIND, error) from error
        return made


def _regression(
    rows: Embeddings, targets: NDArray[np.int64], c: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (C, D) and biases (C,) of a softmax over the classes."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise MissingExtraError(
            'LinearProbe.fit needs scikit-learn: pip install "clip-embeddings[probe]"'
        ) from error
    # In float64: the optimiser cannot tell steps of that tolerance apart in float32.
    fitted = LogisticRegression(C=c, max_iter=_STEPS, tol=_TOLERANCE).fit(rows.astype(np.float64), targets)
    weights, biases = np.asarray(fitted.coef_, np.float32), np.asarray(fitted.intercept_, np.float32)
    if len(weights) == 1:  # of two classes only the second has a row: sigmoid(z) = softmax([0, z])
        weights, biases = np.concatenate([0 * weights, weights]), np.concatenate([0 * biases, biases])
    return weights, biases
