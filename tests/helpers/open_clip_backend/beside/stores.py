"""A model of open_clip behind Chroma, ingestion and LangChain, by its name on the hub."""

from pathlib import Path
from typing import Any

from langchain_core.documents import Document
from open_clip_backend.beside.checks import embedder_of
from pictures import photo

from chroma_clip_embeddings import connect, ingest, open_collection, search
from clip_embeddings import FingerprintMismatchError
from langchain_clip_embeddings import CLIPEmbeddings, MultimodalChroma

NAME = "open_clip:RN50/openai"
TEXTS = {"dogs.txt": "Two dogs on the beach.", "sea.txt": "노을지는 바다"}


def in_stores(folder: Path, store: Path) -> dict[str, Any]:
    """Persisted collections, opened again with the name on record and refused to another model."""
    media = _media(folder / "media")
    client = connect(store)
    made = open_collection(client, "photos", embedder=embedder_of(NAME))
    report = ingest([media], made)
    config = client.get_collection("photos").configuration_json["embedding_function"]["config"]
    try:
        open_collection(client, "photos", embedder=embedder_of(folder / "ViT-B-32"))
        refused = ""
    except FingerprintMismatchError as error:
        refused = str(error)
    return {
        "name": config["model_name"],
        "added": report.added,
        "failures": len(report.failures),
        "again": ingest([media], open_collection(client, "photos")).skipped,
        "found": found(store, media),
        "refused": refused,
        "langchain": _in_langchain(media, str(store)),
    }


def found(store: Path, media: Path) -> list[str]:
    """The first answers to words and to a picture; also run in a new process, which names no model."""
    collection = open_collection(connect(store), "photos", create=False)
    by_text = search(collection, text=TEXTS["sea.txt"], k=2)
    by_image = search(collection, image=media / "1.png", k=2)
    return [hit.id for each in (by_text, by_image) for hit in (*each.texts, *each.images)]


def _media(folder: Path) -> Path:
    folder.mkdir()
    for number in range(3):
        photo(70, 50 + number, seed=number).save(folder / f"{number}.png")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _in_langchain(media: Path, store: str) -> list[str]:
    embeddings = CLIPEmbeddings(model=NAME, device="cpu", dtype="float32")
    picture = Document("a photo", metadata={"modality": "image", "uri": str(media / "0.png")})
    MultimodalChroma("langchain", embeddings, persist_directory=store).add_documents(
        [*map(Document, TEXTS.values()), picture]
    )
    again = MultimodalChroma("langchain", persist_directory=store)
    by_image = again.similarity_search_by_image(media / "0.png", k=1)
    return [document.page_content for document in (*again.similarity_search("노을지는 바다", k=1), *by_image)]
