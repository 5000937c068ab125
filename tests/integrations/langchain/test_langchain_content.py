"""Documents as content blocks: what a chat model is shown, block by block."""

import base64
from io import BytesIO
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage
from langchain_core.messages.content import create_text_block
from pictures import ORIENTATION, photo
from PIL import Image

from clip_embeddings import InvalidInputError
from clip_embeddings.context import Budget
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import (
    CLIPEmbeddings,
    MediaLoader,
    MultimodalChroma,
    MultimodalRetriever,
    blocks_of,
    to_content_blocks,
    to_context,
)


def test_blocks_are_those_of_a_message_with_pictures_upright_and_small(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 8
    photo(400, 300).save(tmp_path / "a.jpg", exif=exif)
    found = [
        Document("A note.", metadata={"uri": str(tmp_path / "note.md")}),
        Document("a.jpg", metadata={"modality": "image", "uri": str(tmp_path / "a.jpg")}),
        Document("gone", metadata={"modality": "image", "uri": str(tmp_path / "gone.jpg")}),
        Document("many words " * 40, metadata={}),
    ]
    blocks = to_content_blocks(found, Budget(pixels=10_000, tokens=20))
    assert [block["type"] for block in blocks] == ["text", "text", "image", "text", "text"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    assert texts == [
        "[1] note.md\nA note.",
        "[2] a.jpg",
        "[3] gone.jpg (a picture that cannot be shown: no such file)\ngone",
        "(1 more result was left out for want of room.)",
    ]
    image = blocks[2]
    assert image["type"] == "image"
    assert image["mime_type"] == "image/jpeg"
    seen = Image.open(BytesIO(base64.b64decode(image["base64"])))
    assert seen.width < seen.height
    assert seen.width * seen.height <= 10_000
    message = HumanMessage(content_blocks=[create_text_block("Which?"), *blocks])
    assert [block["type"] for block in message.content_blocks] == ["text", *(each["type"] for each in blocks)]


def test_from_a_folder_to_what_an_answer_cites(tmp_path: Path) -> None:
    for number, scene in enumerate(scenes(0, 12)):
        render(scene, 96).save(tmp_path / f"{number}.png")
    (tmp_path / "trip.txt").write_text("The train to Busan leaves at nine.", encoding="utf-8")
    embeddings = CLIPEmbeddings(model="tiny", calibration="reference")
    store = MultimodalChroma("folder", embeddings)
    store.add_documents(MediaLoader(tmp_path, embeddings).load())
    found = MultimodalRetriever(vectorstore=store, k=5).invoke("a photo of a cat")
    context = to_context(found)
    assert [part.source.name for part in context.parts] == [Path(d.metadata["uri"]).name for d in found]
    assert sum(block["type"] == "image" for block in blocks_of(context)) == len(found) - 1
    assert context.cited("It is [2].")[0].uris == [found[1].metadata["uri"]]


def test_other_things_than_documents_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="got str; expected Documents"):
        to_content_blocks(["text"])  # type: ignore[list-item]
