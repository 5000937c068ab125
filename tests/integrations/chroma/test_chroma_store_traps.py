"""The host's traps around batches, metadata, filters and documents; ours beside each.

In stores on disk and over HTTP. Those of functions and fields are in test_chroma_traps.py.
"""

import inspect
from typing import Any

import numpy as np
import pytest
from chromadb import Search
from chromadb.api import ClientAPI
from chromadb.utils.batch_utils import create_batches
from pictures import photo

from chroma_clip_embeddings import CLIPEmbeddingFunction, add_items, open_collection, search
from clip_embeddings import CLIPEmbedder


def test_six_thousand_rows_are_too_many_at_once(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = np.random.default_rng(0).normal(size=(6000, tiny.dimension)).astype(np.float32)
    ids = [str(i) for i in range(6000)]
    collection = open_collection(store, unused, embedder=tiny)
    with pytest.raises(Exception, match=r"(?i)batch size"):
        collection.add(ids=ids, embeddings=vectors, uris=ids)
    assert not {"uris", "images"} & set(inspect.signature(create_batches).parameters)

    monkeypatch.setattr(CLIPEmbedder, "embed_texts", lambda self, texts, **_: vectors[list(map(int, texts))])
    assert add_items(collection, ids=ids, texts=ids, uris=ids).added == collection.count() == 6000
    last: Any = collection.get(ids=["5999"], include=["uris", "embeddings"])
    assert last["uris"] == ["5999"]
    np.testing.assert_allclose(last["embeddings"][0], vectors[-1], atol=1e-6)


def test_a_list_in_a_collections_metadata_panics_so_ours_holds_strings(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    with pytest.raises(BaseException, match=r"(?i)array metadata"):
        client.create_collection("listed", embedding_function=None, metadata={"vector": [1.0, 2.0]})
    metadata = open_collection(client, "photos", embedder=tiny).metadata
    assert [type(value) for value in metadata.values()] == [str]


def test_modify_replaces_all_metadata_and_our_record_keeps_it(store: ClientAPI, unused: str) -> None:
    function = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")
    collection = store.create_collection(
        unused, embedding_function=function, metadata={"owner": "Min", "note": "x" * 1_000_000}
    )
    add_items(collection, ids=["t"], texts=["a cat"])
    kept = store.get_collection(unused).metadata
    assert (kept["owner"], len(kept["note"]), len(kept)) == ("Min", 1_000_000, 3)
    collection.modify(metadata={"other": 1})
    assert store.get_collection(unused).metadata == {"other": 1}


def test_filters_of_what_is_not_match_rows_without_the_field(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    collection = open_collection(store, unused, embedder=tiny)
    collection.add(ids=["plain"], documents=["a cat"])
    add_items(collection, ids=["t", "p"], texts=["a cat", None], images=[None, photo(40, 30)])
    where: Any = {"modality": {"$ne": "image"}}
    assert set(collection.get(where=where)["ids"]) == {"plain", "t"}
    collection.add(ids=["bare"], images=[np.asarray(photo(40, 30))])
    assert set(collection.get(where_document={"$not_contains": "cat"})["ids"]) == {"bare", "p"}
    found = search(collection, text="a cat")
    assert [hit.id for hit in found.images + found.texts] == ["p", "t"]


def test_combined_queries_do_not_exist_here(store: ClientAPI, unused: str, tiny: CLIPEmbedder) -> None:
    collection = open_collection(store, unused, embedder=tiny)
    add_items(collection, ids=["t"], texts=["a cat"])
    with pytest.raises(Exception, match=r"(?i)not implemented|not supported|unimplemented"):
        collection.search(Search())
    assert search(collection, text="a cat").texts[0].id == "t"


def test_a_picture_without_a_document_has_none_and_ours_has_one(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    collection = open_collection(store, unused, embedder=tiny)
    collection.add(ids=["theirs"], images=[np.asarray(photo(40, 30))])
    add_items(collection, ids=["ours"], images=[photo(40, 30)])
    documents: Any = collection.get(ids=["theirs"])["documents"]
    assert documents == [None]
    assert collection.get(ids=["ours"])["documents"] == ["ours"]


def test_an_id_added_twice_is_ignored_in_silence_and_ours_is_counted(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    collection = open_collection(store, unused, embedder=tiny)
    collection.add(ids=["a"], documents=["first"])
    collection.add(ids=["a"], documents=["second"])
    assert collection.get()["documents"] == ["first"]
    assert add_items(collection, ids=["a"], texts=["third"]).replaced == 1
    assert collection.get()["documents"] == ["third"]
