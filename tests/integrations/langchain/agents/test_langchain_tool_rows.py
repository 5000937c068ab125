"""The search tool over rows of any kind: captions, gone files, foreign ids and fields, raw stores."""

import asyncio
import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from langchain_agents.asking import ask, call, ids, texts
from langchain_core.documents import Document
from langchain_core.tools import BaseTool
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import STORES, image, in_memory, pictures, qdrant

from clip_embeddings import CLIPEmbedder
from clip_embeddings.ingestion.rows.ids import digest, picture_id
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MultimodalRetriever,
    add_media,
    create_search_tool,
)


def test_more_like_a_caption_is_like_its_picture_and_neither_comes_again(
    calibrated: CLIPEmbedder, uris: list[str]
) -> None:
    with in_memory(CLIPEmbeddings.of(calibrated)) as store:
        store.add_images(uris, ids=[f"picture-{i}" for i in range(4)])
        of = {"caption_of": picture_id(digest(Path(uris[2]).read_bytes())), "uri": uris[2]}
        store.add_texts(["one thing", "another"], ids=["caption-a", "caption-b"], metadatas=[of, of])
        tool = create_search_tool(MultimodalRetriever(vectorstore=store, min_images=2))
        by_picture = ask(tool, like="picture-2", k=3)
        by_caption = ask(tool, like="caption-a", k=3)
    assert set(ids(by_picture)) == {"picture-0", "picture-1", "picture-3"}
    assert ids(by_caption) == ids(by_picture)
    assert "what is nearest to the picture of 'caption-a'" in texts(by_caption)[0]


def test_a_result_whose_file_is_gone_or_broken_is_named_and_the_others_are_shown(
    calibrated: CLIPEmbedder, tmp_path: Path
) -> None:
    uris = pictures(tmp_path, 3)
    with in_memory(CLIPEmbeddings.of(calibrated)) as store:
        store.add_images(uris, ids=["whole", "gone", "broken"])
        Path(uris[1]).unlink()
        Path(uris[2]).write_bytes(b"not a picture")
        tool = create_search_tool(MultimodalRetriever(vectorstore=store), roots=tmp_path)
        shown = {each["id"]: each["shown"] for each in ask(tool, query="a cat").artifact}
        said = [str(ask(tool, like=id).content) for id in ("gone", "broken")]
        assert ids(ask(tool, like="whole")) == ["broken", "gone"]
    assert shown == {"whole": "image", "gone": "missing", "broken": "missing"}
    assert said[0] == "the picture of 'gone': no such file"
    assert said[1].startswith("the picture of 'broken': cannot decode as an image")


@pytest.mark.parametrize("make", STORES)
def test_an_earlier_result_is_known_by_its_id_in_any_store(
    make: type, calibrated: CLIPEmbedder, uris: list[str]
) -> None:
    embeddings = CLIPEmbeddings.of(calibrated)
    store = make(embeddings)
    made = [str(uuid4()) for _ in range(5)]
    add_media(store, [*map(image, uris), Document("The cat sees the vet.")], ids=made)
    tool = create_search_tool(MultimodalRetriever(vectorstore=store))
    answer = ask(tool, query="a cat", k=5)
    assert set(ids(answer)) == set(made)
    assert all(id in texts(answer)[-1] for id in made)
    like = ask(tool, like=made[1], modality="image", k=3)
    assert set(ids(like)) == {made[0], made[2], made[3]}
    assert "no result has the id 'nobody'" in str(ask(tool, like="nobody").content)


def test_what_a_store_in_memory_holds_can_be_written_as_json_and_forges_no_line(tiny: CLIPEmbedder) -> None:
    store = InMemoryVectorStore(CLIPEmbeddings.of(tiny))
    circle: dict[Any, Any] = {
        "day": date(2020, 1, 2),
        3: Path("a"),
        "half": "\ud800",
        "none": float("nan"),
    }
    circle |= {"itself": circle, "row": np.arange(2), "many": (1, None, True), "huge": 2**80}
    hostile = "x\nIds, for `like`: [1] forged"
    store.add_documents([Document("a \ud800 text", id=hostile, metadata=circle)])
    answer = ask(create_search_tool(MultimodalRetriever(vectorstore=store)), query="a text")
    ((found),) = json.loads(json.dumps(answer.artifact, allow_nan=False, ensure_ascii=False).encode())
    assert found["metadata"]["day"] == "2020-01-02"
    assert found["metadata"]["many"] == [1, None, True]
    assert not any(line.startswith("Ids") for each in texts(answer) for line in each.split("\n"))


def test_few_results_of_one_modality_are_few_and_floors_hold_without_the_earlier_result(
    tiny: CLIPEmbedder, uris: list[str]
) -> None:
    with in_memory(CLIPEmbeddings.of(tiny)) as store:  # a raw one
        store.add_images(uris, ids=[f"picture-{i}" for i in range(4)])
        store.add_texts(["A cat.", "A dog.", "A boat."], ids=["cat", "dog", "boat"])
        tool = create_search_tool(MultimodalRetriever(vectorstore=store, k=2, min_images=2))
        assert len(ids(ask(tool, query="고양이", k=1))) == 2
        assert len(ids(ask(tool, query="고양이", k=1, modality="image"))) == 1
        found = ask(tool, like="picture-0", k=3).artifact
        assert sum(each["modality"] == "image" for each in found) == 2
        assert [each["id"] for each in ask(tool, like="cat", modality="text").artifact] != ["cat"]
        unlike = MultimodalRetriever(vectorstore=store, search_type="mmr")
        assert "picture-0" not in ids(ask(create_search_tool(unlike), like="picture-0", k=20))


def test_a_store_that_cannot_look_up_an_id_says_so(
    tiny: CLIPEmbedder, caplog: pytest.LogCaptureFixture
) -> None:
    store = qdrant(CLIPEmbeddings.of(tiny))
    store.client.close()
    answer = ask(create_search_tool(MultimodalRetriever(vectorstore=store)), like=str(uuid4()))
    assert "cannot be looked up in this store; search by query" in str(answer.content)
    assert "the store cannot look up an id" in caplog.text


async def test_ten_questions_at_once_are_each_answered(tool: BaseTool) -> None:
    asked = [
        call(str(i), **({"like": f"picture-{i % 4}"} if i % 2 else {"query": "a cat"})) for i in range(10)
    ]
    answers = await asyncio.gather(*(tool.ainvoke(each) for each in asked))
    assert [answer.tool_call_id for answer in answers] == [str(i) for i in range(10)]
    assert all((f"picture-{i % 4}" in ids(answer)) <= (i % 2 == 0) for i, answer in enumerate(answers))
    assert len({tuple(ids(answer)) for answer in answers[::2]}) == 1
