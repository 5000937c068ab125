"""Stored vectors against an embedder: are they of its model? Asked where no fingerprint is on record.

Imports numpy and the public core.
"""

from typing import Any, NamedTuple

import numpy as np

from clip_embeddings import CLIPEmbedder

_LOOKED_AT, _SAME = 16, 0.98  # rows, cosine
SAMPLE: dict[str, Any] = {
    "limit": _LOOKED_AT,
    "where": {"modality": {"$ne": "image"}},  # holds for rows without the field too
    "include": ["embeddings", "documents", "metadatas"],
}
"""The arguments of `get` for rows to look at: the document of a picture is not what its vector is of."""


def places_in(count: int) -> list[dict[str, Any]]:
    """The arguments of `get` for rows at the beginning, in the middle and at the end of a collection.

    One that two models have filled has the first one's rows in front.
    """
    offsets = {0, max(0, count // 2 - _LOOKED_AT // 2), max(0, count - _LOOKED_AT)}
    return [{**SAMPLE, "offset": offset} for offset in sorted(offsets)]


class Finding(NamedTuple):
    """What a look at stored rows has shown.

    Attributes:
        problem: why they are not of the model, in words; "" where nothing speaks against it.
        compared: whether a text was embedded again and had its own vector.
    """

    problem: str
    compared: bool


def look_at(rows: Any, embedder: CLIPEmbedder, *, longest: int | None = None) -> Finding:
    """Compare stored vectors with the embedder's: their length, and those of some texts.

    Args:
        rows: what `get(**SAMPLE)` answered.
        longest: characters of a text that is embedded again; None takes any.
    """
    stored = np.asarray(rows["embeddings"], np.float32)  # (n, D)
    if not stored.size:
        return Finding("", False)
    if stored.shape[1] != embedder.dimension:
        return Finding(f"their length is {stored.shape[1]}, not {embedder.dimension}", False)
    documents: Any = rows["documents"] or ()
    metadatas: Any = rows["metadatas"] or [{}] * len(documents)
    texts = [
        place
        for place, (text, metadata) in enumerate(zip(documents, metadatas, strict=True))
        if text and (longest is None or len(text) <= longest) and _is_text(metadata or {})
    ]
    lengths = np.linalg.norm(stored[texts], axis=1, keepdims=True)
    if not texts or not lengths.all():
        return Finding("", False)
    ours = embedder.embed_texts([documents[place] for place in texts])
    cosine = float((stored[texts] / lengths * ours).sum(axis=1).max())
    if cosine < _SAME:
        return Finding(f"a stored text has cosine {cosine:.3f} with its own vector", True)
    return Finding("", True)


def _is_text(metadata: Any) -> bool:
    """By its mark; without one, by having no file."""
    return bool(metadata.get("modality", "image" if "uri" in metadata else "text") == "text")
