"""The texts of a loader's pictures: embedded as the pictures, or refused where the picture got lost."""

import copy
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, aindex, index
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import NOTE, faiss, in_memory

from clip_embeddings import (
    CLIPEmbedder,
    ImageDecodeError,
    InvalidInputError,
)
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    CLIPTextSplitter,
    MediaLoader,
    PrefixedImageEmbeddings,
    add_media,
)


async def test_copies_pickles_and_splitters_keep_the_picture(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    documents = [
        each for each in MediaLoader(media, embeddings).load() if each.metadata["modality"] == "image"
    ]
    own = tiny.embed_images([document.metadata["uri"] for document in documents])
    for made in (
        documents,
        copy.deepcopy(documents),
        pickle.loads(pickle.dumps(documents)),
        CLIPTextSplitter(embeddings).split_documents(documents),
    ):
        texts = [document.page_content for document in made]
        np.testing.assert_allclose(embeddings.embed_documents(texts), own, atol=1e-5)
        np.testing.assert_allclose(await embeddings.aembed_documents(texts), own, atol=1e-5)
    mixed = embeddings.embed_documents([NOTE, documents[0].page_content])
    np.testing.assert_allclose(mixed, [tiny.embed_texts([NOTE])[0], own[0]], atol=1e-5)


def from_documents(documents: list[Document], embeddings: CLIPEmbeddings) -> None:
    InMemoryVectorStore.from_documents(documents, embeddings)


def rebuilt(documents: list[Document], embeddings: CLIPEmbeddings) -> None:
    made = [Document(each.page_content, metadata=each.metadata) for each in documents]
    faiss(embeddings).add_documents(made)


@pytest.mark.parametrize("way", [from_documents, rebuilt])
def test_a_picture_whose_document_was_copied_as_a_string_is_refused_and_not_a_text(
    way: Callable[[list[Document], CLIPEmbeddings], None], embeddings: CLIPEmbeddings, media: Path
) -> None:
    documents = MediaLoader(media, embeddings, captions={media / "scene-40.png": "a cat"}).load()
    with pytest.raises(InvalidInputError, match=r"'a cat'.*scene-40\.png.*add_media"):
        way(documents, embeddings)
    del documents
    assert len(embeddings.embed_documents(["a cat"])) == 1  # nobody has such a Document any more


async def test_index_refuses_a_store_that_would_get_captions_for_pictures(
    embeddings: CLIPEmbeddings, media: Path
) -> None:
    store, records = InMemoryVectorStore(embeddings), InMemoryRecordManager("r")
    with pytest.raises(InvalidInputError, match=r"MediaStore\(store\)"):
        index(MediaLoader(media, embeddings), records, store, cleanup="full", key_encoder="sha256")
    with pytest.raises(InvalidInputError, match=r"MediaStore\(store\)"):
        await aindex(MediaLoader(media, embeddings), records, store, cleanup="full", key_encoder="sha256")
    assert store.store == {}


def test_a_picture_that_changed_after_it_was_loaded_is_named(embeddings: CLIPEmbeddings, media: Path) -> None:
    documents = pickle.loads(pickle.dumps(MediaLoader(media, embeddings).load()))
    shutil.copy(media / "scene-42.png", media / "scene-40.png")
    with pytest.raises(
        ImageDecodeError, match=r"images\[1\].*scene-40\.png.*has changed since it was loaded"
    ):
        InMemoryVectorStore(embeddings).add_documents(documents)
    with in_memory(embeddings) as store:
        with pytest.raises(ImageDecodeError, match=r"images\[1\].*has changed"):
            store.add_documents(documents)
        assert store.get()["ids"] == []


def test_a_caption_that_looks_like_a_marked_path_is_that_of_its_picture(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path
) -> None:
    captions = {media / "scene-40.png": f"image:{media / 'scene-41.png'}"}
    documents = MediaLoader(media, embeddings, captions=captions, only="pictures").load()
    prefixed = PrefixedImageEmbeddings(embeddings, roots=[media])
    own = tiny.embed_images([document.metadata["uri"] for document in documents])
    texts = [document.page_content for document in documents]
    np.testing.assert_allclose(prefixed.embed_documents(texts), own, atol=1e-5)
    store = InMemoryVectorStore(prefixed)
    add_media(store, documents)
    np.testing.assert_allclose([store.store[str(each.id)]["vector"] for each in documents], own, atol=1e-5)


def test_a_text_that_is_the_name_of_a_picture_is_a_text_and_the_log_says_so(
    embeddings: CLIPEmbeddings, tiny: CLIPEmbedder, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = str(media / "scene-40.png")
    np.testing.assert_allclose(embeddings.embed_documents([path]), tiny.embed_texts([path]), atol=1e-6)
    assert "looks like the name of a picture and is embedded as a text" in caplog.text
