"""add_media: what it refuses, before anything is stored, and what it takes back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_stores import NOTE, image

from clip_embeddings import (
    CLIPEmbedder,
    FingerprintMismatchError,
    ImageDecodeError,
    InvalidInputError,
    StoreError,
)
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaLoader,
    add_media,
)


def test_a_broken_picture_is_reported_and_the_others_are_stored(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    bad = media / "scene-41.png"
    bad.write_bytes(bad.read_bytes()[:-200])
    report = add_media(InMemoryVectorStore(embeddings), MediaLoader(media, embeddings))
    assert (report.images, report.texts) == (2, 1)
    assert [failure.path for failure in report.failures] == [str(bad)]
    store = InMemoryVectorStore(embeddings)
    with pytest.raises(ImageDecodeError, match=r"images\[1\] .*scene-41\.png"):
        add_media(store, [Document(NOTE), image(str(bad))])
    assert store.store == {}


class Host(VectorStore):
    """A store that embeds nothing by itself, and keeps what it gets."""

    def __init__(self, embeddings: Embeddings | None) -> None:
        self._embeddings, self.rows = embeddings, dict[str, str]()

    @property
    def embeddings(self) -> Embeddings | None:
        return self._embeddings

    def add_texts(self, texts: Any, metadatas: Any = None, *, ids: Any = None, **options: Any) -> list[str]:
        self.rows |= dict(zip(ids, texts, strict=True))
        return list(ids)

    def delete(self, ids: list[str] | None = None, **options: Any) -> None:
        for id in ids or ():
            del self.rows[id]

    def similarity_search(self, query: str, k: int = 4, **options: Any) -> list[Document]:
        return []

    @classmethod
    def from_texts(cls, *args: Any, **options: Any) -> Any:
        raise NotImplementedError


class Shuffling(Host):
    """Asks for vectors in an order of its own."""

    def add_texts(self, texts: Any, metadatas: Any = None, *, ids: Any = None, **options: Any) -> list[str]:
        assert self._embeddings
        self._embeddings.embed_documents(texts[::-1])
        return super().add_texts(texts, metadatas, ids=ids)


class TakingVectors(Host):
    """`add_embeddings` as in PGVector."""

    def add_embeddings(self, texts: Any, embeddings: Any, metadatas: Any = None, ids: Any = None) -> None:
        self.vectors = dict(zip(ids, embeddings, strict=True))


def test_a_store_that_embeds_elsewhere_loses_what_was_added_and_is_named(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    store = Host(embeddings)
    with pytest.raises(StoreError, match=r"Host did not ask .* of 4 of 4 rows.*deleted again"):
        add_media(store, MediaLoader(media, embeddings))
    assert store.rows == {}
    shuffling = Shuffling(embeddings)
    with pytest.raises(StoreError, match="other texts than it was given"):
        add_media(shuffling, MediaLoader(media, embeddings))
    assert shuffling.rows == {}


def test_a_store_that_takes_vectors_needs_no_embeddings(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    store = TakingVectors(None)
    documents = [Document(NOTE, id="n"), image(str(media / "scene-40.png"), "a cat")]
    report = add_media(store, documents, embeddings=embeddings, ids=["n", "p"])
    assert report.ids == ("n", "p")
    np.testing.assert_allclose(store.vectors["n"], tiny.embed_texts([NOTE])[0], atol=1e-6)
    own = tiny.embed_images([media / "scene-40.png"])[0]
    np.testing.assert_allclose(store.vectors["p"], own, atol=1e-6)


@pytest.mark.parametrize(
    ("store", "options", "message"),
    [
        (
            InMemoryVectorStore(DeterministicFakeEmbedding(size=8)),
            {},
            "are DeterministicFakeEmbedding, which",
        ),
        (Host(None), {}, r"are none, which cannot .* pass embeddings="),
        (Host(None), {"embeddings": CLIPEmbeddings(model="tiny")}, "no embeddings and no add_embeddings"),
        (Host(None), {"embeddings": "tiny"}, "embeddings: got str; expected a CLIPEmbeddings"),
        (None, {}, "store: got NoneType; expected a VectorStore"),
        (InMemoryVectorStore(CLIPEmbeddings(model="tiny")), {"batch_size": 0}, "batch_size: got 0"),
        (InMemoryVectorStore(CLIPEmbeddings(model="tiny")), {"ids": ["a"]}, "ids: got a list for a loader"),
    ],
)
def test_a_store_that_cannot_have_pictures_is_refused_before_anything_is_read(
    store: Any, options: dict[str, Any], message: str, embeddings: CLIPEmbeddings, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        add_media(store, MediaLoader(tmp_path / "nothing", embeddings), **options)


def test_embeddings_of_another_model_than_the_stores_are_refused(
    embeddings: CLIPEmbeddings, calibrated: CLIPEmbedder
) -> None:
    store = InMemoryVectorStore(CLIPEmbeddings.of(calibrated))
    with pytest.raises(FingerprintMismatchError, match="Leave embeddings= out"):
        add_media(store, [Document(NOTE)], embeddings=embeddings)


def test_everything_is_checked_before_anything_is_stored(embeddings: CLIPEmbeddings, media: Path) -> None:
    store, good = InMemoryVectorStore(embeddings), Document(NOTE)
    for bad, message in (
        (Document("b", metadata={"modality": "image"}), r"documents\[1\].*no \"uri\""),
        (Document("b", metadata={"modality": "sound"}), r"documents\[1\].*got 'sound'"),
        (image(str(media / "gone.png")), r"images\[1\] .*no such file"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            add_media(store, [good, bad], batch_size=1)
    with pytest.raises(InvalidInputError, match=r"ids\[1\]: 'x' is there twice"):
        add_media(store, [good, good], ids=["x", "x"])
    assert store.store == {}
