"""PDF and Markdown through LangChain: loaded by page, and a passage brings its pictures along."""

from pathlib import Path

import pytest
from documents.pdf import pdf
from langchain_core.documents import Document
from langchain_core.vectorstores import InMemoryVectorStore
from pictures import scene

from clip_embeddings import ImageDecodeError
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaLoader,
    MediaStore,
    MultimodalChroma,
    MultimodalRetriever,
    create_search_tool,
    to_content_blocks,
)

STEPS = ("Mix flour and water.", "Bake the bread.", "Eat the bread.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "img").mkdir()
    guide = "# Bread\n\n"
    for number, step in enumerate(STEPS, 1):
        scene(number).save(tmp_path / "img" / f"{number}.png")
        guide += f"{number}. {step}\n\n   ![](img/{number}.png)\n\n"
    (tmp_path / "guide.md").write_text(guide, encoding="utf-8")
    (tmp_path / "plan.pdf").write_bytes(pdf(["The plan of the oven.", scene(9, 200)]))
    return tmp_path


def test_pages_and_passages_of_documents_are_stored(
    embeddings: CLIPEmbeddings, folder: Path, store_folder: Path
) -> None:
    loaded = MediaLoader(folder, embeddings).load()
    pages = [each for each in loaded if each.metadata.get("page") and each.metadata["modality"] == "image"]
    assert [each.metadata["page"] for each in pages] == [1, 2]
    copied = [Document.model_validate(each.model_dump()) for each in loaded]
    for name, documents in {"first": loaded, "copies": copied}.items():  # a copy has to read its page again
        store = MultimodalChroma(name, embeddings, persist_directory=str(store_folder))
        store.add_documents(documents)
        (found,) = MultimodalRetriever(vectorstore=store, k=1).invoke(
            {"image": scene(9, 200).resize((300, 400))}
        )
        assert (Path(found.metadata["uri"]).name, found.metadata["page"]) == ("plan.pdf", 2)
    assert not [each for each in MediaLoader(folder, embeddings, pdf="text").load() if each in pages]
    (folder / "plan.pdf").write_bytes(pdf(["The plan of the oven."]))
    with pytest.raises(ImageDecodeError, match="has changed since it was loaded"):
        store.add_documents(copied)


def test_a_passage_brings_its_pictures_along_in_their_order(embeddings: CLIPEmbeddings, folder: Path) -> None:
    store = MediaStore(InMemoryVectorStore(embeddings))
    store.add_documents(MediaLoader(folder, embeddings).load())
    retriever = MultimodalRetriever(vectorstore=store, k=2, modality="text", with_pictures=True)
    found = retriever.invoke("Bake the bread.")
    assert [(each.page_content, each.metadata["modality"]) for each in found[:2]] == [
        ("Bake the bread.", "text"),
        ("Bake the bread.", "image"),
    ]
    assert found[1].id in [each.id for each in store.get_by_ids([str(found[1].id)])]
    assert found[1].metadata["uri"] == str(folder / "img" / "2.png")
    kinds = [block["type"] for block in to_content_blocks(found[:2])]
    assert kinds == ["text", "text", "image"]
    (plan,) = [
        each for each in retriever.invoke("the plan of the oven", k=1) if each.metadata["modality"] == "image"
    ]
    assert (plan.metadata["page"], plan.metadata["uri"]) == (1, str(folder / "plan.pdf"))
    assert [block["type"] for block in to_content_blocks([plan])] == ["text", "image"]


def test_pictures_that_are_met_before_their_document_know_it_too(
    embeddings: CLIPEmbeddings, folder: Path
) -> None:
    (folder / "img").rename(folder / "assets")
    guide = (folder / "guide.md").read_text(encoding="utf-8").replace("![](img/", "![a step](assets/")
    (folder / "guide.md").write_text(guide, encoding="utf-8")
    loader = MediaLoader(folder, embeddings, captions={str(folder / "assets" / "1.png"): "mine"})
    shown = [each for each in loader.load() if "assets" in each.metadata["uri"]]
    assert [each.page_content for each in shown] == ["mine", "a step", "a step"]
    assert [each.metadata["position"] for each in shown] == [1, 2, 3]
    assert loader.left_out == {}


def test_a_picture_that_was_found_itself_is_not_brought_again(
    embeddings: CLIPEmbeddings, folder: Path
) -> None:
    store = MediaStore(InMemoryVectorStore(embeddings))
    store.add_documents(MediaLoader(folder, embeddings).load())
    everything = MultimodalRetriever(vectorstore=store, k=20, with_pictures=True).invoke("bread")
    shown = [
        (each.metadata["uri"], each.metadata.get("page"))
        for each in everything
        if each.metadata["modality"] == "image"
    ]
    assert len(shown) == len(set(shown)) == 5


def test_an_agent_finds_what_is_like_a_page(embeddings: CLIPEmbeddings, folder: Path) -> None:
    store = MediaStore(InMemoryVectorStore(embeddings))
    scene(9, 200).save(folder / "same.png")
    documents = MediaLoader(folder, embeddings).load()
    store.add_documents(documents)
    (page,) = [each.id for each in documents if each.metadata.get("page") == 2]
    tool = create_search_tool(MultimodalRetriever(vectorstore=store, modality="image", k=1), roots=folder)
    answer = tool.invoke({"type": "tool_call", "id": "1", "name": tool.name, "args": {"like": page, "k": 1}})
    assert [each["name"] for each in answer.artifact] == ["same.png"]


def test_a_filter_holds_of_rows_that_a_passage_brings(embeddings: CLIPEmbeddings, folder: Path) -> None:
    store = MediaStore(InMemoryVectorStore(embeddings))
    documents = MediaLoader(folder, embeddings).load()
    for each in documents:
        each.metadata["tenant"] = "me" if each.metadata["modality"] == "text" else "other"
    store.add_documents(documents)
    mine = MultimodalRetriever(
        vectorstore=store, k=1, with_pictures=True, filter=lambda each: each.metadata["tenant"] == "me"
    )
    found = mine.invoke("Bake the bread.")
    assert [each.metadata["modality"] for each in found] == ["text", "image"]
    assert "tenant" not in found[1].metadata
    assert found[1].metadata["brought_with"] == found[0].id
