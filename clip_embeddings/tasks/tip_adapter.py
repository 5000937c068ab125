"""Tip-Adapter: a cache of examples beside the zero-shot classes, nothing trained. Imports numpy."""

from collections.abc import Sequence
from os import PathLike
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.similarity import cosine_similarity, l2_normalize
from clip_embeddings.tasks import saved
from clip_embeddings.tasks.classifier import check_positive, raw
from clip_embeddings.tasks.few_shot import FewShotClassifier
from clip_embeddings.tasks.zero_shot import ZeroShotClassifier

_KIND = "tip adapter"


class TipAdapter(FewShotClassifier):
    """A zero-shot classifier with a cache of examples: nothing is trained.

    An example adds alpha exp(-beta (1 - cos)) to its class, beside the model's own logits. A class with
    more examples than others has no advantage: each counts as the mean number of them, which changes nothing
    where all have the same number.

    Args:
        zero_shot: the classes in words; its thresholds are left out.
        alpha: how much the examples weigh. Raise it where the words are confidently wrong, and choose it on
            pictures that are neither examples nor the test.
        beta: how near a picture must be to an example; larger is nearer.
    Source: Zhang et al. 2022 (Tip-Adapter), section 3.1; alpha and beta as given there.
    """

    def __init__(self, zero_shot: ZeroShotClassifier, *, alpha: float = 1.0, beta: float = 5.5) -> None:
        check_positive("alpha", alpha, zero=True)
        check_positive("beta", beta)
        self.embedder, self.labels = zero_shot.embedder, zero_shot.labels
        self.zero_shot, self.alpha, self.beta = zero_shot, alpha, beta
        self._keys, self._classes = np.zeros((0, 0), np.float32), np.zeros(0, np.int64)

    def __repr__(self) -> str:
        return f"TipAdapter({self.zero_shot!r}, {len(self._keys)} examples)"

    def fit_vectors(self, vectors: ArrayLike, labels: Sequence[str]) -> Self:
        """Keep raw picture vectors (N, D) of this model under their N labels; every class needs one.

        Raises:
            InvalidInputError: different numbers of them, a label that is no class, a class without example.
        """
        rows, names = self._examples(vectors, labels)
        for place, name in enumerate(names):
            if name not in self.labels:
                raise InvalidInputError(
                    f"labels[{place}] {name!r} is not a class; the classes: {', '.join(self.labels)}"
                )
        if absent := [label for label in self.labels if label not in names]:
            raise InvalidInputError(
                f"fit: no example of {', '.join(map(repr, absent))}, which would lose to every other class. "
                "Give one, or leave the label out"
            )
        self._keys = l2_normalize(rows)
        self._classes = np.array([self.labels.index(name) for name in names])
        return self

    def probabilities_of(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """The model's score function with the cache added to its logits: (N, D) -> float32 (N, C)."""
        scoring = self.embedder.scoring
        cosines = self.zero_shot.cosines_of(vectors).astype(np.float64)
        # Added to the cosines, so that the scale and the score function stay the model's own.
        return scoring.probabilities(cosines + self.alpha * self._cache(vectors) / scoring.scale)

    def _cache(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """What the examples say for each class: (N, D) -> (N, C)."""
        self._check_fitted()
        affinity = np.exp(-self.beta * (1 - cosine_similarity(vectors, self._keys).astype(np.float64)))
        counts = np.bincount(self._classes, minlength=len(self.labels))
        share = np.eye(len(self.labels))[self._classes] * (counts.mean() / counts)  # (K, C)
        said: NDArray[np.float64] = affinity @ share  # (N, K) -> (N, C)
        return said

    def _check_fitted(self) -> None:
        if not len(self._keys):
            raise InvalidInputError("TipAdapter: has no examples yet; call fit(images, labels) first")

    def save(self, path: str | PathLike[str]) -> None:
        """Write one JSON file: labels, class vectors, examples' vectors and the model's fingerprint."""
        self._check_fitted()
        fields = {
            **self.zero_shot.fields(),
            "alpha": self.alpha,
            "beta": self.beta,
            "classes": self._classes.tolist(),
            "examples": self._keys,
        }
        saved.write(path, _KIND, self.embedder, fields)

    @classmethod
    def load(cls, path: str | PathLike[str], embedder: CLIPEmbedder) -> "TipAdapter":
        """Read what `save` wrote.

        Raises:
            InvalidInputError: no such file, or not an adapter.
            FingerprintMismatchError: its vectors are of another model; names both.
        """
        record = saved.read(path, _KIND, raw(embedder))
        try:
            words = ZeroShotClassifier.from_fields(record, embedder)
            made = cls(words, alpha=record["alpha"], beta=record["beta"])
            names = [words.labels[place] for place in record["classes"]]
            return made.fit_vectors(saved.array(record["examples"], len(names)), names)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise saved.damaged(path, _KIND, error) from error
