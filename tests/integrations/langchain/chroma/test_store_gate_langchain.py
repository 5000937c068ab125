"""The check in front of the LangChain store: a bad call stores nothing, and modalities are checked."""

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_stores import image, in_memory, pictures

from clip_embeddings import CLIPEmbedder, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma, MultimodalRetriever

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a date": ({"when": datetime.date(2024, 5, 1)}, r"\['when'\]: got date .*isoformat.*\(id 'bad'\)"),
    "nan in a list": ({"gps": [37.5, float("nan")]}, r"\['gps'\]\[1\]: got nan"),
    "nan": ({"gps": float("nan")}, r"\['gps'\]: got nan"),
    "too many keys": ({f"k{i}": i for i in range(6_000)}, "it has 6,000 keys"),
    "2**70": ({"n": 2**70}, "does not fit into 64 bits"),
    "a name of Chroma's": ({"chroma:uri": "x"}, "'chroma:'"),
    "$": ({"$a": 1}, "begin with # or"),
    "half a character": ({"a": "\udcff"}, "cannot be stored as UTF-8"),
    "a path": ({"uri": Path("a.txt")}, r"\['uri'\]: got PosixPath.*pass str\(value\)"),
}


@pytest.fixture
def store(tiny: CLIPEmbedder) -> Iterator[MultimodalChroma]:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:
        yield store


def assert_empty_and_well(store: MultimodalChroma) -> None:
    assert store.get()["ids"] == []
    store.add_texts(["a cat"], ids=["later"])
    assert [found.id for found in store.similarity_search("a cat")] == ["later"]


@pytest.mark.parametrize("name", BAD)
def test_of_a_call_with_a_bad_document_nothing_is_stored(
    store: MultimodalChroma, tmp_path: Path, name: str
) -> None:
    (uri,) = pictures(tmp_path, 1)
    metadata, message = BAD[name]
    documents = [Document("good"), image(uri), Document("bad", metadata=metadata, id="bad")]
    with pytest.raises(InvalidInputError, match=r"documents\[2\]\.metadata.*" + message):
        store.add_documents(documents)
    assert_empty_and_well(store)


def test_of_pictures_with_a_bad_one_nothing_is_stored(store: MultimodalChroma, tmp_path: Path) -> None:
    uris = pictures(tmp_path, 3)
    with pytest.raises(InvalidInputError, match=r"documents\[1\]\.metadata\['when'\]: got datetime"):
        store.add_images(uris, [{}, {"when": datetime.datetime(2024, 5, 1)}, {}])
    with pytest.raises(InvalidInputError, match=r"documents\[2\]\.metadata: the row is of 16,"):
        store.add_images(uris, captions=["", "", "x" * 16_000_000])
    assert_empty_and_well(store)


def test_a_bad_text_among_many_stores_none_whichever_way_they_come(
    store: MultimodalChroma, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than the store takes at once: those before the bad one were stored."""
    monkeypatch.setattr(type(store._client), "get_max_batch_size", lambda self: 7)
    documents = [Document(f"number {i}", metadata={"page": i}) for i in range(30)]
    documents[20].metadata["page"] = [float("nan")]
    texts = [document.page_content for document in documents]
    metadatas = [document.metadata for document in documents]
    message = r"documents\[20\]\.metadata\['page'\]\[0\]: got nan"
    with pytest.raises(InvalidInputError, match=message):
        store.add_documents(documents, batch_size=5)
    with pytest.raises(InvalidInputError, match=message):
        store.add_texts(texts, metadatas)
    options: Any = {"collection_name": store._collection_name, "client": store._client}
    embeddings = store._embedding_function
    with pytest.raises(InvalidInputError, match=message):
        MultimodalChroma.from_documents(documents, embeddings, **options)
    with pytest.raises(InvalidInputError, match=message):
        MultimodalChroma.from_texts(texts, embeddings, metadatas, **options)
    with pytest.raises(InvalidInputError, match=message):
        index(documents, InMemoryRecordManager("n"), store, cleanup=None, key_encoder="sha256")
    assert_empty_and_well(store)
    del documents[20].metadata["page"]
    made = MultimodalChroma.from_documents(documents, embeddings, **options)
    assert len(made.get()["ids"]) == 31


def test_a_replacement_that_is_bad_leaves_the_rows_as_they_are(store: MultimodalChroma) -> None:
    store.add_texts(["a cat", "a dog"], ids=["a", "b"])
    new = [Document("a car"), Document("a sea", metadata={"gps": [float("inf")]})]
    with pytest.raises(
        InvalidInputError, match=r"documents\[1\]\.metadata\['gps'\]\[0\]: got inf.*\(id 'b'\)"
    ):
        store.update_documents(["a", "b"], new)
    assert [document.page_content for document in store.get_by_ids(["a", "b"])] == ["a cat", "a dog"]


@pytest.mark.parametrize("id", ["\udcff", 3])
def test_an_id_that_cannot_be_stored_is_named(store: MultimodalChroma, id: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"ids\[1\]: "):
        store.add_texts(["a", "b"], ids=["a", id])
    assert_empty_and_well(store)


@pytest.mark.parametrize("modality", ["IMAGE", ["image"], "img", "images", 3, True, "", "any"])
def test_a_modality_that_there_is_not_is_refused_not_stored_as_text(
    store: MultimodalChroma, tmp_path: Path, modality: Any
) -> None:
    (uri,) = pictures(tmp_path, 1)
    bad = Document("the sea", metadata={"modality": modality, "uri": uri}, id="p")
    with pytest.raises(InvalidInputError, match=r'documents\[1\].*\(id \'p\'\); expected "image".*or "text"'):
        store.add_documents([Document("good"), bad])
    assert_empty_and_well(store)


def test_a_modality_of_none_is_as_if_none_were_given(store: MultimodalChroma) -> None:
    store.add_texts(["a cat"], [{"modality": None, "page": 3}])
    (found,) = store.similarity_search("a cat", modality="text", filter={"modality": "text"})
    assert found.metadata == {"page": 3}


@pytest.mark.parametrize("modality", ["IMAGE", ["image"], "img", 3, None])
def test_a_search_for_a_modality_that_there_is_not_is_refused(store: MultimodalChroma, modality: Any) -> None:
    store.add_texts(["a cat"])
    with pytest.raises(InvalidInputError, match=r"modality: got .*expected any, image or text"):
        store.similarity_search("a cat", modality=modality)
    filters: list[dict[str, Any]] = [
        {"modality": modality},
        {"modality": {"$ne": modality}},
        {"modality": {"$in": ["text", modality]}},
        {"$and": [{"page": 3}, {"$or": [{"modality": modality}, {"page": 4}]}]},
    ]
    for filter in filters:
        with pytest.raises(
            InvalidInputError, match=r'filter\["modality"\]: got .*expected "image" or "text"'
        ):
            store.similarity_search("a cat", filter=filter)
    retriever = MultimodalRetriever(vectorstore=store)
    if modality is not None:
        with pytest.raises(InvalidInputError, match="modality: got"):
            retriever.invoke("a cat", modality=modality)
    good = {"$and": [{"modality": "text"}, {"modality": {"$in": ["image", "text"]}}]}
    assert len(store.similarity_search("a cat", filter=good)) == 1


@pytest.mark.parametrize("k", [2**40, "5", 0, True, 5.0])
def test_a_number_of_hits_that_is_none_is_refused_by_name(store: MultimodalChroma, k: Any) -> None:
    store.add_texts(["a cat"])
    retriever = MultimodalRetriever(vectorstore=store)
    searches: list[Callable[[], Any]] = [
        lambda: store.similarity_search("a cat", k=k),
        lambda: store.max_marginal_relevance_search("a cat", k=k),
        lambda: retriever.invoke("a cat", k=k),
    ]
    for search in searches:
        with pytest.raises(InvalidInputError, match="k: got"):
            search()
    if k != 0:  # the host takes as many as k then
        with pytest.raises(InvalidInputError, match="fetch_k: got"):
            store.max_marginal_relevance_search("a cat", fetch_k=k)
