"""Zero-shot classification: classes named in words, no training. Imports numpy, the embedder and templates.

A class is the mean of the unit vectors of its prompts, made a unit again; a picture's probabilities are the
model's own score function of its cosines with the classes.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.encode import told
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.similarity import cosine_similarity, l2_normalize
from clip_embeddings.tasks import saved
from clip_embeddings.tasks.classifier import Classifier, Duplicates, checked_labels, raw
from clip_embeddings.tasks.templates import Templates, fill, templates_of
from clip_embeddings.types import Embeddings

OTHER = "other"
_KIND = "zero-shot classifier"
_TOGETHER = 4096  # prompts embedded in one call, so that 1,000 labels under 80 templates stay small


class ZeroShotClassifier(Classifier):
    """Tells pictures apart by labels in words.

    Creating one is free; the labels are embedded once, at first use. Vectors are raw, even if the embedder
    has a calibration.

    Args:
        embedder: gives the vectors and the score function.
        labels: C classes, such as ["cat", "dog"]; languages may be mixed.
        templates: the name of a set in `TEMPLATES`, one template with a `{}`, several, or any of these
            for each label; `"{}"` takes labels as they are. None: "a photo of a {}." or, for a label with
            Hangul, "{} 사진".
        min_probability: below it the answer is `other`: the classes are too close to call. A softmax shares
            1 among the labels, so this says little about pictures that show none of them.
        min_cosine: below it the answer is `other`: the picture is far from every class. It depends on the
            model and the templates; look at cosines of your own pictures first.
        other: what that answer is called.
        duplicates: of labels that a model reads as one, "error" refuses the second, "merge" leaves it out:
            OpenAI's own 1,000 names for ImageNet hold "missile" and "sunglasses" twice.
    Raises:
        InvalidInputError: no labels, a blank one, one given twice; a template without `{}`; a threshold out
            of range.
    Source: Radford et al. 2021, sections 3.1.2 and 3.1.4.
    """

    def __init__(
        self,
        embedder: CLIPEmbedder,
        labels: Sequence[str],
        *,
        templates: Templates = None,
        min_probability: float | None = None,
        min_cosine: float | None = None,
        other: str = OTHER,
        duplicates: Duplicates = "error",
    ) -> None:
        self.embedder = raw(embedder)
        self.labels = checked_labels(labels, duplicates)
        self.templates = templates_of(templates, self.labels)
        self.min_probability, self.min_cosine, self.other = min_probability, min_cosine, other
        _check_range("min_probability", min_probability, 0.0)
        _check_range("min_cosine", min_cosine, -1.0)
        if other in self.labels:
            raise InvalidInputError(f"other: {other!r} is a label too; call one of them something else")

    def __repr__(self) -> str:
        return f"ZeroShotClassifier({self.embedder!r}, {len(self.labels)} labels)"

    @cached_property
    def class_vectors(self) -> Embeddings:
        """One unit vector for each label: float32 (C, D)."""
        counts = np.array([len(self.templates[label]) for label in self.labels])
        prompts = [fill(template, label) for label in self.labels for template in self.templates[label]]
        owner = np.repeat(np.arange(len(counts)), counts)  # (P,) the label of each prompt
        sums = np.zeros((len(counts), self.embedder.dimension), np.float64)
        for first in range(0, len(prompts), _TOGETHER):
            asked = prompts[first : first + _TOGETHER]
            units = self.embedder.embed_texts(asked, role="query")  # (<=4096, D)
            np.add.at(sums, owner[first : first + _TOGETHER], units)
        return l2_normalize(sums)  # a mean and a sum point the same way

    def cosines_of(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Cosines of raw picture vectors with the classes: (N, D) -> float32 (N, C)."""
        return cosine_similarity(told(self.embedder, self._rows(vectors)), self.class_vectors)

    def probabilities_of(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """The model's score function of the cosines: (N, D) -> float32 (N, C).

        A softmax model (CLIP) shares 1 among the labels; a sigmoid model judges each by itself.

        Raises:
            InvalidInputError: one label and a softmax: it would have probability 1 for any picture.
        """
        self._check_one_label()
        return self.embedder.scoring.probabilities(self.cosines_of(vectors))

    def labels_of(self, vectors: ArrayLike) -> list[str]:
        """The likeliest label for each of N raw picture vectors (N, D), or `other` below a threshold."""
        cosines, shares = self.cosines_of(vectors), self.probabilities_of(vectors)
        unsure = np.zeros(len(cosines), np.bool_)
        if self.min_probability is not None:
            unsure |= shares.max(axis=1) < self.min_probability
        if self.min_cosine is not None:
            unsure |= cosines.max(axis=1) < self.min_cosine
        best = cosines.argmax(axis=1)
        return [self.other if no else self.labels[c] for no, c in zip(unsure, best, strict=True)]

    def _check_one_label(self) -> None:
        if len(self.labels) == 1 and self.min_cosine is None and self.embedder.scoring.kind == "softmax":
            raise InvalidInputError(
                f"one label, {self.labels[0]!r}: a softmax gives it probability 1 for any picture. Add what "
                "else a picture may show, or set min_cosine to tell it from other pictures"
            )

    def fields(self) -> dict[str, Any]:
        """What a file holds of it: arrays and JSON values."""
        sets = list(dict.fromkeys(self.templates.values()))  # 1,000 labels mostly share one
        return {
            "labels": list(self.labels),
            "template_sets": [list(templates) for templates in sets],
            "set_of_label": [sets.index(self.templates[label]) for label in self.labels],
            "min_probability": self.min_probability,
            "min_cosine": self.min_cosine,
            "other": self.other,
            "vectors": self.class_vectors,
        }

    @classmethod
    def from_fields(cls, record: Mapping[str, Any], embedder: CLIPEmbedder) -> "ZeroShotClassifier":
        """Read what `fields` gave and `saved.write` wrote; a damaged one is a KeyError or a ValueError."""
        sets = [record["template_sets"][place] for place in record["set_of_label"]]
        made = cls(
            embedder,
            record["labels"],
            templates=dict(zip(record["labels"], sets, strict=True)),
            min_probability=record["min_probability"],
            min_cosine=record["min_cosine"],
            other=record["other"],
        )
        made.class_vectors = made._rows(saved.array(record["vectors"], len(made.labels)))
        return made

    def save(self, path: str | PathLike[str]) -> None:
        """Write one JSON file: labels, templates, thresholds, class vectors and the model's fingerprint."""
        saved.write(path, _KIND, self.embedder, self.fields())

    @classmethod
    def load(cls, path: str | PathLike[str], embedder: CLIPEmbedder) -> "ZeroShotClassifier":
        """Read what `save` wrote; the labels are not embedded again.

        Raises:
            InvalidInputError: no such file, or not a classifier.
            FingerprintMismatchError: its class vectors are of another model; names both.
        """
        record = saved.read(path, _KIND, raw(embedder))
        try:
            return cls.from_fields(record, embedder)
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise saved.damaged(path, _KIND, error) from error


def _check_range(name: str, value: float | None, least: float) -> None:
    if value is not None and not least <= value <= 1:  # NaN fails too
        raise InvalidInputError(f"{name}: got {value}; expected {least:g} to 1, or None")
