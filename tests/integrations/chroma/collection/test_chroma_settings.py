"""Settings of the index: in both spellings of Chroma's, handed on, compared, refused by name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from chromadb.api import ClientAPI
from langchain_core.documents import Document

from chroma_clip_embeddings import add_items, open_collection, search
from clip_embeddings import CLIPEmbedder, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

SPELLINGS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"collection_metadata": {"hnsw:space": "cosine"}}, {"space": "cosine"}),
    ({"collection_configuration": {"hnsw": {"space": "cosine"}}}, {"space": "cosine"}),
    (
        {
            "collection_metadata": {
                "hnsw:M": 32,
                "hnsw:construction_ef": 200,
                "hnsw:search_ef": 50,
                "owner": "Min",
            }
        },
        {"space": "cosine", "max_neighbors": 32, "ef_construction": 200, "ef_search": 50},
    ),
    (
        {
            "collection_configuration": {
                "hnsw": {"max_neighbors": 32, "resize_factor": 1.5, "sync_threshold": 500}
            }
        },
        {"space": "cosine", "max_neighbors": 32, "resize_factor": 1.5, "sync_threshold": 500},
    ),
]


def index_of(client: ClientAPI, name: str = "photos") -> dict[str, Any]:
    return dict(client.get_collection(name, embedding_function=None).configuration_json["hnsw"])


@pytest.mark.parametrize(("given", "expected"), SPELLINGS)
def test_the_idioms_of_the_hosts_tutorials_make_a_store_with_their_settings(
    client: ClientAPI, tiny: CLIPEmbedder, given: dict[str, Any], expected: dict[str, Any]
) -> None:
    for _ in range(2):  # made, and opened again
        store = MultimodalChroma("photos", CLIPEmbeddings.of(tiny), client=client, **given)
    store.add_documents([Document("a cat")])
    assert store.similarity_search("a cat", k=1)[0].page_content == "a cat"
    assert expected.items() <= index_of(client).items()
    metadata = client.get_collection("photos", embedding_function=None).metadata
    assert metadata["clip_fingerprint"] == tiny.fingerprint
    assert metadata.get("owner") == given.get("collection_metadata", {}).get("owner")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"collection_metadata": {"hnsw:space": "l2"}},
            r"collection_metadata\['hnsw:space'\]: got 'l2'.*cosine",
        ),
        (
            {"collection_configuration": {"hnsw": {"space": "ip"}}},
            r"collection_configuration.*\['space'\]: got 'ip'",
        ),
        ({"collection_metadata": {"hnsw:efs": 5}}, r"\['hnsw:efs'\]: no such setting; known are hnsw:space"),
        (
            {"collection_configuration": {"hnsw": {"M": 32}}},
            r"\['M'\]: no such setting; known are .*max_neighbors",
        ),
        (
            {"collection_configuration": {"hnsw": {"max_neighbors": 0}}},
            "got 0; expected an int from 2 to 1,000",
        ),
        ({"collection_configuration": {"hnsw": {"ef_search": "9"}}}, "got '9'; expected an int"),
        (
            {"collection_configuration": {"hnsw": {"resize_factor": float("nan")}}},
            "got nan; expected a number",
        ),
        ({"collection_configuration": {"spann": {"space": "cosine"}}}, r"\['spann'\]: cannot be chosen here"),
        ({"collection_configuration": {"embedding_function": object()}}, "it is that of the embedder"),
        ({"collection_configuration": [1]}, "collection_configuration: got list; expected a dictionary"),
        (
            {
                "collection_metadata": {"hnsw:M": 8},
                "collection_configuration": {"hnsw": {"max_neighbors": 9}},
            },
            "got 9; collection_metadata has 8",
        ),
    ],
)
def test_what_it_cannot_have_is_refused_by_name_before_anything_is_made(
    tiny: CLIPEmbedder, tmp_path: Path, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        MultimodalChroma("photos", CLIPEmbeddings.of(tiny), tmp_path / "db", **given)
    assert not (tmp_path / "db").exists()


def test_settings_that_a_collection_does_not_have_are_named_with_what_it_has(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    def opened(**index: Any) -> Callable[[], Any]:
        return lambda: open_collection(client, "photos", embedder=tiny, configuration={"hnsw": index})

    made = opened(ef_search=50, batch_size=20)()
    add_items(made, ids=["a"], texts=["a cat"])
    opened(ef_search=50, batch_size=20, space="cosine")()
    with pytest.raises(InvalidInputError, match=r"ef_search 50 \(got 60\).*modify\(configuration="):
        opened(ef_search=60)()
    with pytest.raises(InvalidInputError, match=r"batch_size 20 \(got 30\)"):  # which Chroma does not show
        opened(batch_size=30)()
    with pytest.raises(InvalidInputError, match=r"max_neighbors 16 \(got 32\).*make a new collection"):
        opened(max_neighbors=32)()
    made.modify(configuration={"hnsw": {"ef_search": 60}})
    assert [hit.id for hit in search(opened(ef_search=60)(), text="a cat").hits] == ["a"]


def test_a_reset_store_is_made_with_the_same_settings(client: ClientAPI, tiny: CLIPEmbedder) -> None:
    store = MultimodalChroma(
        "photos", CLIPEmbeddings.of(tiny), client=client, collection_metadata={"hnsw:M": 32}
    )
    store.reset_collection()
    assert index_of(client)["max_neighbors"] == 32
