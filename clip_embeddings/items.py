"""Texts and pictures in one list -> vectors, each at its place. What is which is said, never guessed."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import ImageDecodeError, InvalidInputError, TextTooLongError
from clip_embeddings.inputs.arguments import check_role, check_several
from clip_embeddings.pipeline import batched
from clip_embeddings.types import Embeddings, ImageInput, Role

_TOGETHER = 256  # items that are looked at together


class Item:
    """A text or a picture: one of the two below."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TextItem(Item):
    """A text; it is never opened or fetched."""

    text: str


@dataclass(frozen=True, slots=True)
class ImageItem(Item):
    """A picture, in any form that `embed_images` takes."""

    image: ImageInput


@dataclass(frozen=True, slots=True)
class ItemBatch:
    """Part of a stream of items.

    Attributes:
        embeddings: float32 (n, D), unit rows.
        indices: (n,) place of each row in the stream.
        failures: what could not be embedded; each says its `index`.
    """

    embeddings: Embeddings
    indices: NDArray[np.int64]
    failures: tuple[ImageDecodeError | TextTooLongError, ...]


class _Images(Protocol):
    """As `ImageBatch` of embedder.py."""

    @property
    def embeddings(self) -> Embeddings: ...
    @property
    def indices(self) -> NDArray[np.int64]: ...
    @property
    def failures(self) -> tuple[ImageDecodeError, ...]: ...


class Embeds(Protocol):
    """What the functions here ask of an embedder."""

    @property
    def dimension(self) -> int: ...

    def embed_texts(self, texts: Sequence[str], *, role: Role) -> Embeddings: ...

    def iter_images(self, images: Iterable[ImageInput], *, role: Role) -> Iterable[_Images]: ...


def iter_items(embedder: Embeds, items: Iterable[Item], role: Role) -> Generator[ItemBatch, None, None]:
    """See `CLIPEmbedder.iter_items`."""
    check_role(role)
    check_several(items, "iter_items")
    start = 0
    for block in batched(items, _TOGETHER):
        yield _embed(embedder, block, start, role)
        start += len(block)


def embed_items(embedder: Embeds, items: Iterable[Item], role: Role) -> Embeddings:
    """See `CLIPEmbedder.embed_items`."""
    check_several(items, "embed_items")
    rows = [np.zeros((0, embedder.dimension), np.float32)]
    for batch in iter_items(embedder, items, role):
        if batch.failures:
            raise batch.failures[0]
        rows.append(batch.embeddings)
    return np.concatenate(rows)


def _embed(embedder: Embeds, block: Sequence[Item], start: int, role: Role) -> ItemBatch:
    """One block, whose first item has the place `start`; its batch is in the order of the items."""
    for place, item in enumerate(block, start):
        if not isinstance(item, TextItem | ImageItem):
            got = type(item).__name__
            raise InvalidInputError(f"items[{place}]: got {got}; expected TextItem(text) or ImageItem(image)")
    vectors = np.zeros((len(block), embedder.dimension), np.float32)
    texts = {place: item.text for place, item in enumerate(block) if isinstance(item, TextItem)}
    images = {place: item.image for place, item in enumerate(block) if isinstance(item, ImageItem)}
    failed: dict[int, ImageDecodeError | TextTooLongError] = {}
    if images:
        places = list(images)
        for batch in embedder.iter_images(images.values(), role=role):
            vectors[[places[i] for i in batch.indices]] = batch.embeddings
            for error in batch.failures:
                place = places[error.index]
                failed[place] = ImageDecodeError(start + place, error.source, error.reason)
    failed |= _embed_texts(embedder, texts, vectors, start, role)
    kept = [place for place in range(len(block)) if place not in failed]
    errors = tuple(failed[place] for place in sorted(failed))
    return ItemBatch(vectors[kept], np.array(kept, np.int64) + start, errors)


def _embed_texts(
    embedder: Embeds, texts: dict[int, str], vectors: Embeddings, start: int, role: Role
) -> dict[int, ImageDecodeError | TextTooLongError]:
    """Into `vectors`, all at once; where one is too long, those before it and then those after it."""
    failed: dict[int, ImageDecodeError | TextTooLongError] = {}
    places, long = list(texts), len(texts)
    while places:
        some = places[:long]
        try:
            vectors[some] = embedder.embed_texts([texts[place] for place in some], role=role)
            places, long = places[long:], len(texts)
        except TextTooLongError as error:
            long = error.index
            failed[some[long]] = TextTooLongError(start + some[long], error.reason)
            del places[long]
    return failed
