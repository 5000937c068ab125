"""Models of other families behind Chroma, LangChain and ingestion: stored, opened again, never mixed up."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from families.cases import CASES, write_model
from families.text_models import sentence_transformer
from langchain_core.documents import Document
from pictures import photo

from chroma_clip_embeddings import connect, ingest, open_collection, search
from clip_embeddings import CLIPEmbedder, FingerprintMismatchError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

FAMILIES = ("siglip 2, fixed", "siglip 2, NaFlex", "metaclip 2")
PAIR = "metaclip 2 with a text model"
NAMES = (*FAMILIES, PAIR)
ROOT = Path(__file__).parents[3]
# Prints, for each store, the names of what answers a question in words and one by picture.
AGAIN = """
import json, sys
from chroma_clip_embeddings import connect, open_collection, search
found = {}
for name, store, picture in json.loads(sys.argv[1]):
    collection = open_collection(connect(store), "photos", create=False)
    by_text, by_image = search(collection, text="노을지는 바다", k=3), search(collection, image=picture, k=3)
    found[name] = [[hit.id for hit in (*each.texts, *each.images)] for each in (by_text, by_image)]
print(json.dumps(found))
"""


def settings(home: Path, name: str, seed: int = 0) -> dict[str, Any]:
    """The model of a name, written into a folder."""
    if name != PAIR:
        return {"model": str(write_model(home / "model", CASES[name], seed=seed))}
    return {
        "model": str(write_model(home / "model", CASES["metaclip 2"])),
        "text_model": str(sentence_transformer(home / "text", 24, seed=seed)),
    }


class Filled:
    """Stores of one folder of notes and pictures, one for each model."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.models = {name: settings(home / name, name) for name in NAMES}
        (home / "media").mkdir()
        for number in range(4):
            photo(40, 30 + number, seed=number).save(home / "media" / f"{number}.png")
        (home / "media" / "sea.txt").write_text("노을지는 바다", encoding="utf-8")
        (home / "media" / "dogs.txt").write_text("Two dogs on the beach.")
        self.reports = {name: ingest([home / "media"], self.open(name)) for name in NAMES}

    def store(self, name: str) -> Path:
        return self.home / name / "db"

    def open(self, name: str, **settings: Any) -> Any:
        embedder = CLIPEmbedder(**self.models[name], device="cpu", dtype="float32")
        return open_collection(connect(self.store(name)), "photos", embedder=embedder, **settings)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    return Filled(tmp_path_factory.mktemp("families"))


def test_everything_is_ingested_and_found(filled: Filled) -> None:
    for name in NAMES:
        assert (filled.reports[name].added, filled.reports[name].failures) == (6, [])
        collection = filled.open(name)
        found = search(collection, text="노을지는 바다", k=2)
        assert found.texts[0].document == "노을지는 바다"
        assert found.texts[0].score == pytest.approx(1, abs=1e-4)
        picture = search(collection, image=photo(40, 32, seed=2), k=1).images[0]
        assert str(picture.metadata["uri"]).endswith("2.png")


def test_a_new_process_finds_the_same(filled: Filled) -> None:
    picture = str(filled.home / "media" / "1.png")
    asked = [[name, str(filled.store(name)), picture] for name in NAMES]
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    env = {**os.environ, "PYTHONPATH": path}
    done = warm.run([sys.executable, "-c", AGAIN, json.dumps(asked)], env=env)
    assert done.returncode == 0, done.stderr
    for name, (by_text, by_image) in json.loads(done.stdout).items():
        collection = filled.open(name)
        for hits, found in (
            (by_text, search(collection, text="노을지는 바다", k=3)),
            (by_image, search(collection, image=picture, k=3)),
        ):
            assert hits == [hit.id for hit in (*found.texts, *found.images)], name


@pytest.mark.parametrize("name", NAMES)
def test_other_weights_are_refused(filled: Filled, name: str, tmp_path: Path) -> None:
    other = CLIPEmbedder(**settings(tmp_path, name, seed=1), device="cpu")
    with pytest.raises(FingerprintMismatchError, match="holds vectors of"):
        open_collection(connect(filled.store(name)), "photos", embedder=other)


def test_another_family_is_refused(filled: Filled) -> None:
    first, second = NAMES[:2]
    other = CLIPEmbedder(**filled.models[second], device="cpu")
    with pytest.raises(FingerprintMismatchError, match=r"model_name=.*siglip 2, fixed.*; got .*NaFlex"):
        open_collection(connect(filled.store(first)), "photos", embedder=other)


@pytest.mark.parametrize("name", NAMES)
def test_langchain_stores_and_finds_both_kinds(filled: Filled, name: str, tmp_path: Path) -> None:
    embeddings = CLIPEmbeddings(**filled.models[name], device="cpu", dtype="float32")
    store = MultimodalChroma("photos", embeddings, persist_directory=str(tmp_path / "db"))
    photo(40, 30).save(tmp_path / "a.png")
    picture = Document("a photo", metadata={"modality": "image", "uri": str(tmp_path / "a.png")})
    store.add_documents([Document("노을지는 바다"), Document("two dogs"), picture])
    assert store.similarity_search("노을지는 바다", k=1)[0].page_content == "노을지는 바다"
    again = MultimodalChroma("photos", persist_directory=str(tmp_path / "db"))
    assert again.similarity_search("two dogs", k=1)[0].page_content == "two dogs"
