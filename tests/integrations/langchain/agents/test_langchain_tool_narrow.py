"""What the search tool leaves to an agent, and what it does not: conditions, modality, places."""

from pathlib import Path
from typing import Any

import pytest
from langchain_agents.asking import ask, ids, texts
from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import faiss

from clip_embeddings import CLIPEmbedder
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaStore,
    MultimodalChroma,
    MultimodalRetriever,
    create_search_tool,
)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("year >= 2020", {"vet", "train"}),
        ("year >= 2020 and lang = ko", {"train"}),
        ("year != 2019 and modality = text", {"vet", "train"}),
        ("year > 2030", set()),
        (" ", {"vet", "order", "train"}),
    ],
)
def test_an_agent_narrows_by_metadata(tool: BaseTool, where: str, expected: set[str]) -> None:
    answer = ask(tool, query="a cat", where=where, modality="text", k=20)
    assert set(ids(answer)) == expected
    assert any("Perhaps no row meets `where`" in each for each in texts(answer)) == (not expected)


def test_an_agents_condition_stands_beside_that_of_the_program(store: MultimodalChroma) -> None:
    only = {"year": {"$lt": 2022}}
    tool = create_search_tool(MultimodalRetriever(vectorstore=store, filter=only))
    assert ids(ask(tool, query="a train", where="year > 2019")) == ["vet"]
    assert ids(ask(tool, query="a train", where="lang = ko")) == []
    assert "where: got 'lang is ko'" in str(ask(tool, query="a train", where="lang is ko").content)


def test_stores_in_memory_are_narrowed_too_and_others_offer_no_conditions(tiny: CLIPEmbedder) -> None:
    embeddings = CLIPEmbeddings.of(tiny)
    shelf = InMemoryVectorStore(embeddings)
    rows = {"old": {"year": 1999}, "new": {"year": 2021}, "none": {"year": None}, "hidden": {"year": 2022}}
    shelf.add_documents([Document(id, id=id, metadata=fields) for id, fields in rows.items()])
    retriever = MultimodalRetriever(vectorstore=shelf, filter=lambda document: document.id != "hidden")
    assert ids(ask(create_search_tool(retriever), query="a cat", where="year >= 2000")) == ["new"]
    offered = {
        name: "where" in create_search_tool(MultimodalRetriever(vectorstore=each)).args
        for name, each in {"memory": MediaStore(shelf), "faiss": faiss(embeddings)}.items()
    }
    assert offered == {"memory": True, "faiss": False}


def test_a_retriever_of_one_modality_stays_so(store: MultimodalChroma) -> None:
    tool = create_search_tool(MultimodalRetriever(vectorstore=store, modality="image"))
    assert "modality" not in tool.args
    assert {each["modality"] for each in ask(tool, query="the vet", k=20).artifact} == {"image"}
    assert "no argument" in str(ask(tool, query="the vet", modality="text").content)


def test_the_model_is_told_nothing_of_what_the_tool_runs_in(tool: BaseTool) -> None:
    schema: Any = tool.tool_call_schema
    told = schema.model_json_schema()["properties"]
    assert set(told) == {"query", "like", "picture", "image", "where", "modality", "k"}
    forged = {"state": {"messages": [{"role": "user", "content": [{"type": "image", "base64": "aGk="}]}]}}
    assert "no conversation is known here" in str(ask(tool, picture=1, runtime=forged).content)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("link.png", "outside the folders"),
        ("elsewhere/outside.png", "outside the folders"),
        ("file:///etc/passwd", "outside the folders"),
        ("circle", "cannot be a file's path"),
        ("a" * 5000, "cannot be a file's path"),
        ("a\0b.png", "cannot be a file's path"),
        ("\ud800.png", "cannot be a file's path"),
        ("http://127.0.0.1/a.png", "only files of allowed folders are read"),
        ("data:image/png;base64,aGk=", "only files of allowed folders are read"),
        (".", "image '.': is a folder, not a file"),
        ("broken.png", "image 'broken.png': cannot decode as an image"),
    ],
)
def test_a_path_that_leads_elsewhere_or_nowhere_is_answered(
    store: MultimodalChroma, uris: list[str], tmp_path: Path, path: str, said: str
) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "outside.png").write_bytes(Path(uris[0]).read_bytes())
    (inside / "link.png").symlink_to(outside / "outside.png")
    (inside / "elsewhere").symlink_to(outside)
    (inside / "circle").symlink_to(inside / "circle")
    (inside / "broken.png").write_bytes(b"not a picture")
    tool = create_search_tool(MultimodalRetriever(vectorstore=store), roots=inside)
    answer = ask(tool, image=path)
    assert (answer.status, said in str(answer.content)) == ("error", True), answer.content
    assert str(tmp_path) not in str(answer.content)
