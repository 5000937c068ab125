"""A passage of a document brings its pictures to a client of MCP. In one process, by the SDK's own client."""

import json
from pathlib import Path

import pytest
from documents.pdf import pdf
from pictures import scene

from clip_embeddings import CLIPEmbedder
from clip_embeddings.context import resolved_roots
from clip_embeddings.stores.collection import ingest
from clip_embeddings.stores.lookup import open_store
from clip_embeddings_app.library import Library


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny: CLIPEmbedder) -> object:
    from clip_embeddings_app.mcp.answers import Shown
    from clip_embeddings_app.mcp.server import make_server

    folder, db = tmp_path_factory.mktemp("manual"), tmp_path_factory.mktemp("db") / "db"
    for name in ("flour", "oven"):
        scene(len(name)).save(folder / f"{name}.png")
    guide = "# Bread\n\nMix flour and water.\n\n![a bowl](flour.png)\n\nBake the bread.\n\n![](oven.png)\n"
    (folder / "guide.md").write_text(guide, encoding="utf-8")
    (folder / "plan.pdf").write_bytes(pdf(["Nothing here.", "The plan of the house."]))
    store = open_store(f"chroma:{db}")
    ingest([folder], store.open("mine", embedder=tiny.with_calibration("reference"), create=True))
    return make_server(Library(store, store.open, "mine"), resolved_roots(folder), Shown(4, 100_000))


@pytest.mark.parametrize(
    ("query", "name", "words"),
    [("Bake the bread.", "oven.png", "Bake the bread."), ("the plan of the house", "plan.pdf, page 2", "")],
)
async def test_a_passage_that_is_found_brings_its_picture(
    server: object, query: str, name: str, words: str
) -> None:
    from mcp import Client
    from mcp_types import ImageContent

    async with Client(server) as client:  # type: ignore[arg-type]
        answer = await client.call_tool("search", {"query": query, "k": 1})
        passage, picture = json.loads(json.dumps(answer.structured_content))["results"]
        assert (picture["name"], picture["shown"], picture["modality"]) == (name, "image", "image")
        assert words in picture["text"]
        assert sum(isinstance(block, ImageContent) for block in answer.content) == 1
        whole = await client.call_tool("get", {"id": passage["id"]})
        assert [each["id"] for each in whole.structured_content["pictures"]] == [picture["id"]]
        again = await client.call_tool("get", {"id": picture["id"]})
        assert again.structured_content["result"]["name"] == name
        assert Path(again.structured_content["result"]["uri"]).is_file()
