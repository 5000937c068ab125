"""Texts and pictures -> unit rows, by the encoder behind an embedder. `CLIPEmbedder` says what comes out."""

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from os import cpu_count
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import ClipEmbeddingsError, ImageDecodeError
from clip_embeddings.inputs.images import read_image
from clip_embeddings.model_handle import ModelHandle
from clip_embeddings.models.tiny.own import tell
from clip_embeddings.pipeline import map_in_lanes, map_ordered, progress
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import DecodedImage, Embeddings, ImageInput, ImageSource, Modality, Role

_Decoded: TypeAlias = tuple[int, NDArray[np.uint8]]  # place in the stream, (H, W, 3)
_Batch: TypeAlias = tuple[list[_Decoded], list[ImageDecodeError]]


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """Part of a stream of pictures.

    Attributes:
        embeddings: float32 (n, D), unit rows.
        indices: (n,) place of each row in the stream.
        failures: what could not be read since the last batch.
    """

    embeddings: Embeddings
    indices: NDArray[np.int64]
    failures: tuple[ImageDecodeError, ...]


def encode_texts(
    handle: ModelHandle, texts: Sequence[str], role: Role, *, show_progress: bool = False
) -> Embeddings:
    """N texts, at least one -> (N, D); windows of a long text are averaged by their tokens."""
    encoder = handle._encoder.for_role(role)
    windows = encoder.tokenizer.windows(texts, handle.config.long_text)
    batches = encoder.tokenizer.batches(
        windows, size=handle.config.batch_size, tokens=encoder.batch_sizes.tokens
    )
    units = np.empty((len(windows.owner), handle.dimension), np.float32)  # (W, D)

    def encode(rows: NDArray[np.int64]) -> None:
        features = encoder.encode_text(windows.take(rows))
        units[rows] = _unit(handle, features, "texts", windows.owner[rows])

    encoded = map_in_lanes(encode, batches, lanes=handle._lanes)
    for _ in progress(encoded, "Embedding texts", len(batches), show_progress):
        pass
    if len(units) != len(texts):
        sums = np.zeros((len(texts), handle.dimension), np.float64)  # (W, D) -> (N, D)
        np.add.at(sums, windows.owner, units * windows.weight[:, None])
        weights = np.bincount(windows.owner, windows.weight, minlength=len(texts))
        units = _scaled(handle, sums / weights[:, None])
    return _calibrated(handle, units, "text", role)


def encode_images(
    handle: ModelHandle, images: Iterable[ImageSource], role: Role
) -> Generator[ImageBatch, None, None]:
    """A stream of pictures, decoded by threads ahead of the model."""
    threads = handle.config.threads or min(8, cpu_count() or 1)
    decoded = map_ordered(
        partial(_decode, handle), enumerate(images), threads=threads, ahead=handle.batch_size + 2 * threads
    )
    with closing(decoded):
        batches = _batched(decoded, handle.batch_size)
        yield from map_in_lanes(partial(_encode_batch, handle, role), batches, lanes=handle._lanes)


def told(handle: ModelHandle, vectors: Embeddings) -> Embeddings:
    """Raw picture vectors as they are; where the model was not made for such pictures, that is said once."""
    tell(handle.count_unlike(vectors), len(vectors))
    return vectors


def _batched(decoded: Iterable[_Decoded | ImageDecodeError], size: int) -> Generator[_Batch, None, None]:
    """Gather what was decoded into batches; so many failures are reported early too."""
    good: list[_Decoded] = []
    failures: list[ImageDecodeError] = []
    for item in decoded:
        if isinstance(item, ImageDecodeError):
            failures.append(item)
        else:
            good.append(item)
        if len(good) == size or len(failures) >= size:
            yield good, failures
            good, failures = [], []
    if good or failures:
        yield good, failures


def decode_image(handle: ModelHandle, image: ImageInput, index: int) -> DecodedImage:
    """One picture, as small as the model sees it."""
    preprocessing, most = handle._encoder.preprocessing, handle.config.max_pixels
    picture = read_image(image, index=index, max_pixels=most, least_edge=handle._least_edge)
    return DecodedImage(preprocessing.to_pixels(picture), preprocessing)


def _decode(handle: ModelHandle, item: tuple[int, ImageSource]) -> _Decoded | ImageDecodeError:
    index, source = item
    if isinstance(source, DecodedImage):
        if source.preprocessing != handle._encoder.preprocessing:
            return ImageDecodeError(index, "a decoded picture", "was made small for another model")
        return index, source.pixels
    try:
        return index, decode_image(handle, source, index).pixels
    except ImageDecodeError as error:
        return error


def _encode_batch(handle: ModelHandle, role: Role, batch: _Batch) -> ImageBatch:
    good, failures = batch
    indices = np.array([index for index, _ in good], np.int64)
    embeddings = np.zeros((0, handle.dimension), np.float32)
    if good:
        features = handle._encoder.for_role(role).encode_image([pixels for _, pixels in good])
        units = _unit(handle, features, "images", indices)
        if role == "query":
            told(handle, units)
        embeddings = _calibrated(handle, units, "image", role)
    return ImageBatch(embeddings, indices, tuple(failures))


def _unit(
    handle: ModelHandle, features: NDArray[np.float32], what: str, indices: NDArray[np.int64]
) -> Embeddings:
    """Normalise features; numbers that are none would poison a store in silence, and so would zeros."""
    good = np.isfinite(features).all(axis=1) & features.any(axis=1)
    if not good.all():
        kind = "is all zeros" if np.isfinite(features[~good][0]).all() else "is not finite"
        raise ClipEmbeddingsError(
            f"{what}[{indices[~good][0]}]: the model gave a vector that {kind} in {handle.dtype}; "
            + ("its weights are damaged" if handle.dtype == "float32" else 'try dtype="float32"')
        )
    # What the model gives, or the first of its numbers where it was trained for that (truncate_dim).
    return _scaled(handle, features[:, : handle.dimension])


def _scaled(handle: ModelHandle, features: NDArray[np.floating]) -> Embeddings:
    """To unit length, unless the model's own is asked for."""
    return l2_normalize(features) if handle.config.normalize else features.astype(np.float32)


def _calibrated(handle: ModelHandle, units: Embeddings, modality: Modality, role: Role) -> Embeddings:
    return handle.calibration.apply(units, modality, role) if handle.calibration else units
