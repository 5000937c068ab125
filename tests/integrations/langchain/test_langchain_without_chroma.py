"""The LangChain adapter works without chromadb, langchain-chroma and langchain, but for what is of those."""

import os
import sys
from pathlib import Path

import warm
from langchain_stores import pictures

ROOT = Path(__file__).parents[3]
BLOCKED = """
import sys

AWAY = ("chromadb", "langchain_chroma", "chroma_clip_embeddings", "langchain", "langgraph")

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in AWAY:
            raise ImportError(f"no module named {name}", name=name)

sys.meta_path.insert(0, Blocked())
"""
WORK = """
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_clip_embeddings import (
    CLIPEmbeddings, MediaLoader, MediaStore, MultimodalRetriever, add_media, create_search_tool, document_id
)

embeddings = CLIPEmbeddings(model="tiny")
store = InMemoryVectorStore(embeddings)
report = add_media(store, MediaLoader("files", embeddings))
print(report.images, report.texts)
found = MultimodalRetriever(vectorstore=store, k=2).invoke({"image": "files/scene-41.png"})
print([document.page_content for document in found])
tool = create_search_tool(MultimodalRetriever(vectorstore=store), roots="files")
call = {"type": "tool_call", "name": tool.name, "id": "1", "args": {"image": "scene-41.png", "k": 1}}
print([each["name"] for each in tool.invoke(call).artifact])
other = MediaStore(InMemoryVectorStore(embeddings))
loader = MediaLoader("files", embeddings)
print(index(loader, InMemoryRecordManager("r"), other, cleanup="full", key_encoder=document_id)["num_added"])
print("chromadb" in sys.modules)
for name in ("MultimodalChroma", "PicturesAfterTools"):
    try:
        exec(f"from langchain_clip_embeddings import {name}")
    except ImportError as error:
        print(error)
"""


def test_all_but_the_chroma_store_and_the_middleware_works_without_them(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    pictures(tmp_path / "files", 2)
    (tmp_path / "files" / "note.txt").write_text("The cat has an appointment.", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "integrations")])}
    env["HF_HUB_OFFLINE"] = "1"  # by which it is a fork of the server without Chroma
    command = [sys.executable, "-c", BLOCKED + WORK]
    # What that server has imported holds none of what is blocked: the program prints that it is not there.
    run = warm.run(command, cwd=tmp_path, env=env)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "2 1",
        "['scene-41.png', 'The cat has an appointment.']",
        "['scene-41.png']",
        "3",
        "False",
        'MultimodalChroma needs chromadb and langchain-chroma: pip install "clip-embeddings[langchain]"',
        'PicturesAfterTools needs langchain: pip install "clip-embeddings[agents]"',
    ]
