"""The LangChain adapter works without chromadb and langchain-chroma, but for its Chroma store."""

import os
import sys
from pathlib import Path

import warm
from langchain_stores import pictures

ROOT = Path(__file__).parents[3]
BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("chromadb", "langchain_chroma", "chroma_clip_embeddings"):
            raise ImportError(f"no module named {name}", name=name)

sys.meta_path.insert(0, Blocked())
"""
WORK = """
from langchain_core.indexing import InMemoryRecordManager, index
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_clip_embeddings import (
    CLIPEmbeddings, MediaLoader, MediaStore, MultimodalRetriever, add_media, document_id
)

embeddings = CLIPEmbeddings(model="tiny")
store = InMemoryVectorStore(embeddings)
report = add_media(store, MediaLoader("files", embeddings))
print(report.images, report.texts)
found = MultimodalRetriever(vectorstore=store, k=2).invoke({"image": "files/scene-41.png"})
print([document.page_content for document in found])
other = MediaStore(InMemoryVectorStore(embeddings))
loader = MediaLoader("files", embeddings)
print(index(loader, InMemoryRecordManager("r"), other, cleanup="full", key_encoder=document_id)["num_added"])
print("chromadb" in sys.modules)
try:
    from langchain_clip_embeddings import MultimodalChroma
except ImportError as error:
    print(error)
"""


def test_all_but_the_chroma_store_works_without_chromadb(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    pictures(tmp_path / "files", 2)
    (tmp_path / "files" / "note.txt").write_text("The cat has an appointment.", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "integrations")])}
    command = [sys.executable, "-c", BLOCKED + WORK]
    # What the server has imported holds none of what is blocked: the program prints that it is not there.
    run = warm.run(command, cwd=tmp_path, env=env)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == [
        "2 1",
        "['scene-41.png', 'The cat has an appointment.']",
        "3",
        "False",
        'MultimodalChroma needs chromadb and langchain-chroma: pip install "clip-embeddings[langchain]"',
    ]
