"""What a retriever is asked: words, a picture, or both -> one vector. Imports numpy and the public core."""

from typing import Any

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.search import joined

Question = str | dict[str, Any]
_KEYS = {"text", "image", "weights"}
_EXPECTED = (
    'expected a string, {"text": ...}, {"image": path}, or both with "weights": (of the text, of the picture)'
)


def vector_of(question: Question, embedder: CLIPEmbedder) -> tuple[str, list[float]]:
    """The question's own modality, "text" for words with a picture, and its unit vector.

    Words and a picture are embedded each as a query; the vector is the unit vector of their weighted sum,
    half and half unless `weights` says otherwise.

    Raises:
        InvalidInputError: another question, or weights that are no two numbers from 0 on, not both 0.
    """
    given = {"text": question} if isinstance(question, str) else question
    if not isinstance(given, dict) or not given.keys() & {"text", "image"} or given.keys() - _KEYS:
        raise InvalidInputError(f"question: got {question!r:.200}; {_EXPECTED}")
    rows = {}
    if "text" in given:
        rows["text"] = embedder.embed_texts([given["text"]], role="query")[0]
    if "image" in given:
        rows["image"] = embedder.embed_images([given["image"]], role="query")[0]
    if len(rows) == 1:
        if "weights" in given:
            raise InvalidInputError(f"question: weights beside {next(iter(rows))} alone; {_EXPECTED}")
        ((kind, row),) = rows.items()
    else:
        weights = _weights(given.get("weights", (0.5, 0.5)))
        kind, row = "text", joined(rows["text"][None], rows["image"][None], weights)[0]
    vector: list[float] = row.tolist()
    return kind, vector


def _weights(given: Any) -> tuple[float, float]:
    try:
        of_text, of_image = (float(each) for each in given) if isinstance(given, list | tuple) else (-1, -1)
    except (TypeError, ValueError):
        of_text = of_image = -1.0
    if not (of_text >= 0 and of_image >= 0 and 0 < of_text + of_image < float("inf")):
        raise InvalidInputError(
            f"question: weights are {given!r:.100}; expected two numbers from 0 on, not both 0"
        )
    return of_text / (of_text + of_image), of_image / (of_text + of_image)
