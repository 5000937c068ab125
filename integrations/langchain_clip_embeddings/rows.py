"""LangChain Documents <-> rows of the collection.

`metadata["modality"]` decides: "image" is the picture at `metadata["uri"]`; "text", or none, is text. Every
row is stored with a modality, because a filter cannot find what has none; where the caller gave none, a mark
beside it lets the Document come back as it was given. Imports langchain-core, the Chroma adapter and the
public core.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from langchain_core.documents import Document

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.checks import ADDED_KEYS, check_id, check_row
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.types import Embeddings
from langchain_clip_embeddings.pictures import embed_pictures, stored_uri

Modality = Literal["any", "image", "text"]
STORED = ("image", "text")
"""The modalities of a row."""
_IMPLIED = "clip_modality_implied"


@dataclass(frozen=True, slots=True)
class Rows:
    """Embedded rows of one modality, ready to be stored. `uris` is None for text."""

    ids: list[str]
    vectors: Embeddings
    documents: list[str]
    metadatas: list[dict[str, Any]]
    uris: list[str] | None


def chosen_ids(ids: Sequence[str | None] | None, documents: Sequence[Document]) -> list[str]:
    """One id a document: as given, else the document's own, else a new one.

    Raises:
        InvalidInputError: another number of ids than of documents, an id twice, or one that is no string.
    """
    given = [document.id for document in documents] if ids is None else list(ids)
    if len(given) != len(documents):
        raise InvalidInputError(f"ids: got {len(given)} for {len(documents)} documents")
    chosen = [id or str(uuid4()) for id in given]
    seen: set[str] = set()
    for index, id in enumerate(chosen):
        check_id(f"ids[{index}]", id)
        if id in seen:
            raise InvalidInputError(f"ids[{index}]: {id!r} is there twice; each row needs an id of its own")
        seen.add(id)
    return chosen


def embed_rows(embedder: CLIPEmbedder, documents: Sequence[Document], ids: Sequence[str]) -> list[Rows]:
    """Check and embed everything before anything is stored: up to two blocks, of text and of pictures.

    Raises:
        InvalidInputError: an unknown modality, a picture without a path, a value that the store does not
            take, or a text that cannot be embedded; by the index of the document.
        ImageDecodeError: a picture that cannot be read, by its index among the documents.
    """
    images = [i for i, document in enumerate(documents) if _modality(document, i) == "image"]
    pictures = set(images)
    texts = [i for i in range(len(documents)) if i not in pictures]
    uris = [_uri(documents[i], i) for i in images]
    _check(documents, ids, dict(zip(images, uris, strict=True)))
    blocks = []
    if images:
        vectors, described = embed_pictures(embedder, uris, images)
        captions = [documents[i].page_content or Path(uri).name for i, uri in zip(images, uris, strict=True)]
        metadatas = [
            {**documents[i].metadata, "uri": uri, **facts}
            for i, uri, facts in zip(images, uris, described, strict=True)
        ]
        blocks.append(Rows([ids[i] for i in images], vectors, captions, metadatas, uris))
    if texts:
        contents = [documents[i].page_content for i in texts]
        metadatas = [_text_metadata(documents[i].metadata) for i in texts]
        vectors = embedder.embed_texts(contents, role="document")
        blocks.append(Rows([ids[i] for i in texts], vectors, contents, metadatas, None))
    return blocks


def _modality(document: Document, index: int) -> str:
    """The modality that a document has, or is given."""
    modality = document.metadata.get("modality")
    if modality is None:
        return "text"
    if not isinstance(modality, str) or modality not in STORED:
        raise InvalidInputError(
            f'documents[{index}].metadata["modality"]: got {shown(modality)} (id {shown(document.id)}); '
            'expected "image", for the picture at metadata["uri"], or "text"; leave it out for a text'
        )
    return str(modality)


def _check(documents: Sequence[Document], ids: Sequence[str], uris: Mapping[int, str]) -> None:
    """Refuse what the store does not take; `uris` are of those documents that are pictures."""
    for i, (document, id) in enumerate(zip(documents, ids, strict=True)):
        uri = uris.get(i)
        fields = document.metadata if uri is None else {**document.metadata, "uri": uri}
        name = f"documents[{i}].metadata"
        check_row(name, id, document.page_content, fields, uri, room=ADDED_KEYS)


def _uri(document: Document, index: int) -> str:
    if "uri" not in document.metadata:
        raise InvalidInputError(
            f'documents[{index}]: its modality is "image" but its metadata has no "uri"; '
            "expected the path of the picture there, and the caption as page_content"
        )
    return stored_uri(document.metadata["uri"], index)


def _text_metadata(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("modality") is not None:
        return dict(given)
    return {**given, "modality": "text", _IMPLIED: True}


def to_document(id: str, content: str | None, metadata: Mapping[str, Any] | None) -> Document:
    """A stored row as a Document. A picture stored without a caption is named by its file, not dropped."""
    fields = dict(metadata or {})
    if fields.pop(_IMPLIED, False):
        del fields["modality"]
    name = Path(str(fields.get("uri", ""))).name
    return Document(id=id, page_content=name if content is None else content, metadata=fields)


def where(modality: Modality, filter: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Chroma's filter for a modality and the caller's own filter together.

    Raises:
        InvalidInputError: unknown modality, as the argument or in the filter.
    """
    conditions: dict[str, list[dict[str, Any]]] = {
        "any": [],
        "image": [{"modality": "image"}],
        "text": [{"modality": {"$ne": "image"}}],  # rows that other programs wrote may have none
    }
    if not isinstance(modality, str) or modality not in conditions:
        raise InvalidInputError(f"modality: got {shown(modality)}; expected any, image or text")
    _check_filter(filter)
    every = conditions[modality] + ([dict(filter)] if filter else [])
    return {"$and": every} if len(every) > 1 else every[0] if every else None


def _check_filter(filter: Any) -> None:
    """Refuse a modality that no row has: its condition would find nothing, or everything, without a word."""
    if not isinstance(filter, Mapping):
        return  # the store's own check
    for key, condition in filter.items():
        if key in ("$and", "$or") and isinstance(condition, list):
            for each in condition:
                _check_filter(each)
        elif key == "modality":
            for value in _wanted(condition):
                if not isinstance(value, str) or value not in STORED:
                    got = shown(value)
                    raise InvalidInputError(f'filter["modality"]: got {got}; expected "image" or "text"')


def _wanted(condition: Any) -> list[Any]:
    """The values of a condition on one field: of `{"$in": [...]}` several."""
    if not isinstance(condition, Mapping):
        return [condition]
    several = (
        each if operator in ("$in", "$nin") and isinstance(each, list) else [each]
        for operator, each in condition.items()
    )
    return list(chain.from_iterable(several))
