"""Caption scores without and with references: CLIPScore and RefCLIPScore. Imports numpy and the embedder.

Source: Hessel et al. 2021, "CLIPScore: A Reference-free Evaluation Metric for Image Captioning", section 3.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError, TextTooLongError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.similarity import cosine_similarity
from clip_embeddings.types import Embeddings, ImageInput

PREFIX = "A photo depicts"
"""What the paper puts before each caption and reference."""
WEIGHT = 2.5
"""What the paper multiplies cosines by, so that those of CLIP ViT-B/32 spread over 0 to 1."""


class CaptionScores(NamedTuple):
    """Scores of captions, (N,) pairwise or (N, M) of every picture with every caption, both float32.

    Attributes:
        clip: CLIPScore.
        ref: RefCLIPScore; None without references.
    """

    clip: NDArray[np.float32]
    ref: NDArray[np.float32] | None


def clip_score(
    embedder: CLIPEmbedder,
    images: Iterable[ImageInput],
    captions: Sequence[str],
    *,
    pairwise: bool = True,
    prefix: str = PREFIX,
) -> NDArray[np.float32]:
    """How well captions fit pictures: 2.5 x max(cosine, 0), 0 to 2.5.

    Always of raw vectors, whatever calibration the embedder has. A caption over the context limit goes
    by the embedder's `long_text`: it is cut with a warning, averaged over windows, or refused.

    Args:
        images: N pictures.
        captions: N captions, one for each picture; M of any number with pairwise=False.
        pairwise: whether captions[i] is compared with images[i] alone, or with every picture.
        prefix: what goes before each caption, with a space: the paper's default "A photo depicts". Empty
            for a model that reads no English, or for captions that are sentences of their own.
    Returns:
        float32 (N,), or (N, M) with pairwise=False.
    Raises:
        InvalidInputError: a caption is empty or no str, or the numbers differ; names the item.
        ImageDecodeError: a picture cannot be read, by index and source.
        TextTooLongError: a caption is over the limit under long_text="error".
    Source: Hessel et al. 2021, section 3, CLIP-S.
    """
    return caption_scores(embedder, images, captions, pairwise=pairwise, prefix=prefix).clip


def ref_clip_score(
    embedder: CLIPEmbedder,
    images: Iterable[ImageInput],
    captions: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    pairwise: bool = True,
    prefix: str = PREFIX,
) -> NDArray[np.float32]:
    """How well captions fit pictures and what people wrote of them.

    The harmonic mean of `clip_score` and the largest cosine of the caption with a reference, which counts
    as 0 where it is negative.

    Args:
        images, captions, pairwise, prefix: as for `clip_score`; references have the prefix too.
        references: N lists, references[i] of images[i] with at least one text each.
    Returns:
        float32 (N,), or (N, M) with pairwise=False.
    Raises:
        InvalidInputError: as `clip_score`, and a picture has no reference.
        ImageDecodeError, TextTooLongError: as `clip_score`.
    Source: Hessel et al. 2021, section 3, RefCLIP-S.
    """
    told = listed(references, "references")  # None is refused here, and would give no such score below
    scores = caption_scores(embedder, images, captions, told, pairwise=pairwise, prefix=prefix)
    return cast("NDArray[np.float32]", scores.ref)


def caption_scores(
    embedder: CLIPEmbedder,
    images: Iterable[ImageInput],
    captions: Sequence[str],
    references: Sequence[Sequence[str]] | None = None,
    *,
    pairwise: bool = True,
    prefix: str = PREFIX,
) -> CaptionScores:
    """Both scores, with each picture and text embedded once; see `clip_score` and `ref_clip_score`."""
    images, captions = listed(images, "images"), listed(captions, "captions")
    if pairwise and len(images) != len(captions):
        raise InvalidInputError(
            f"got {len(images)} of images, {len(captions)} of captions; expected one caption for each "
            "picture, or pairwise=False to score every picture with every caption"
        )
    names = [f"captions[{i}]" for i in range(len(captions))]
    _check_texts(captions, names)
    told = None if references is None else _listed_references(references, len(images))
    raw = embedder.with_calibration(None)
    texts = _embed(raw, captions, names, prefix)  # (M, D)
    pictures = raw.embed_images(images)  # (N, D)
    clip = WEIGHT * np.maximum(_cosines(pictures, texts, pairwise), 0)
    if told is None:
        return CaptionScores(clip.astype(np.float32), None)
    best = _best_references(raw, told, texts, prefix, pairwise)
    return CaptionScores(clip.astype(np.float32), _harmonic_mean(clip, best).astype(np.float32))


def _best_references(
    raw: CLIPEmbedder, references: list[list[str]], texts: Embeddings, prefix: str, pairwise: bool
) -> NDArray[np.float64]:
    """The largest cosine with a reference, at least 0: (N,), or (N, M) of each picture's with all texts."""
    names = [f"references[{i}][{j}]" for i, each in enumerate(references) for j in range(len(each))]
    told = _embed(raw, list(chain.from_iterable(references)), names, prefix)  # (R, D)
    counts = np.array([len(each) for each in references], np.int64)
    across = texts[np.repeat(np.arange(len(counts)), counts)] if pairwise else texts
    cosines = _cosines(told, across, pairwise)  # (R,) or (R, M)
    if not len(counts):
        return cosines
    best: NDArray[np.float64] = np.maximum.reduceat(cosines, np.cumsum(counts) - counts, axis=0)
    return np.maximum(best, 0)


def _cosines(left: Embeddings, right: Embeddings, pairwise: bool) -> NDArray[np.float64]:
    """Of unit rows: each with the one across from it (N,), or with every one (N, M)."""
    if pairwise:
        across: NDArray[np.float64] = np.einsum("nd,nd->n", left, right, dtype=np.float64)
        return across
    return cosine_similarity(left, right).astype(np.float64)


def _harmonic_mean(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """2ab / (a + b) of numbers that are not negative; 0 where one of them is."""
    total = a + b
    mean: NDArray[np.float64] = 2 * a * b / np.where(total > 0, total, 1)
    return mean


def _embed(raw: CLIPEmbedder, texts: Sequence[str], names: Sequence[str], prefix: str) -> Embeddings:
    """Embed texts with the prefix; one that is too long is named as the caller knows it."""
    try:
        return raw.embed_texts([f"{prefix} {text}" if prefix else text for text in texts])
    except TextTooLongError as error:
        raise TextTooLongError(error.index, error.reason, names[error.index]) from error


def _listed_references(references: Sequence[Sequence[str]], number: int) -> list[list[str]]:
    made = [listed(each, f"references[{i}]") for i, each in enumerate(listed(references, "references"))]
    if len(made) != number:
        raise InvalidInputError(
            f"got {number} of images, {len(made)} of references; expected one list of texts for each picture"
        )
    for i, each in enumerate(made):
        if not each:
            raise InvalidInputError(
                f"references[{i}]: holds no reference; expected at least one text for each picture "
                "(clip_score needs none)"
            )
        _check_texts(each, [f"references[{i}][{j}]" for j in range(len(each))])
    return made


def _check_texts(texts: Sequence[object], names: Sequence[str]) -> None:
    for text, name in zip(texts, names, strict=True):
        if not isinstance(text, str):
            raise InvalidInputError(f"{name}: got {type(text).__name__}; expected a str")
        if not text.strip():
            raise InvalidInputError(f"{name}: is empty; expected words")
