"""LangChain Documents <-> rows of the collection.

`metadata["modality"]` decides: "image" is the picture at `metadata["uri"]`; "text", or none, is text. Every
row is stored with a modality, because a filter cannot find what has none; where the caller gave none, a mark
beside it lets the Document come back as it was given. Imports langchain-core and the public core.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from langchain_core.documents import Document

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.checks import ADDED_KEYS, check_id, check_row
from clip_embeddings.ingestion.rows.ids import fields_of_uris, is_ingested, is_picture, uris_of
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.types import Embeddings
from langchain_clip_embeddings.pictures import Wanted, embed_pictures, stored_uri

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


def given_ids(ids: Sequence[str | None] | None, documents: Sequence[Document]) -> list[str | None]:
    """One id a document: as given, else the document's own, which may be none.

    Raises:
        InvalidInputError: another number of ids than of documents.
    """
    given = [document.id for document in documents] if ids is None else list(ids)
    if len(given) != len(documents):
        raise InvalidInputError(f"ids: got {len(given)} for {len(documents)} documents")
    return given


def chosen_ids(given: Sequence[str | None]) -> list[str]:
    """The ids that are given, and new ones where there is none.

    Raises:
        InvalidInputError: an id twice, or one that is no string.
    """
    chosen = [id or str(uuid4()) for id in given]
    seen: set[str] = set()
    for index, id in enumerate(chosen):
        check_id(f"ids[{index}]", id)
        if id in seen:
            raise InvalidInputError(f"ids[{index}]: {id!r} is there twice; each row needs an id of its own")
        seen.add(id)
    return chosen


def once(
    documents: Sequence[Document], ids: Sequence[str | None]
) -> tuple[list[Document], list[str | None], list[int]]:
    """Equal contents, under the id that ingestion makes of them, as one Document with the paths of all.

    Returns:
        M Documents and their ids; and for each of the N given, which of them it is.
    """
    kept: list[Document] = []
    chosen: list[str | None] = []
    uris: list[list[str]] = []
    which: list[int] = []
    places: dict[str, int] = {}
    for id, document in zip(ids, documents, strict=True):
        ours = isinstance(id, str) and is_ingested(id, document.metadata)
        place = places.setdefault(str(id), len(kept)) if ours else len(kept)
        if place == len(kept):
            kept.append(document)
            chosen.append(id)
            uris.append([])
        uris[place] += uris_of(document.metadata) if ours else []
        which.append(place)
    return (
        [_everywhere(each, sorted(set(found))) for each, found in zip(kept, uris, strict=True)],
        chosen,
        which,
    )


def _everywhere(document: Document, uris: list[str]) -> Document:
    """The Document with all of its paths, if there are several."""
    if len(uris) < 2:
        return document
    return document.model_copy(update={"metadata": {**document.metadata, **fields_of_uris(uris)}})


def _wanted_picture(document: Document, id: str, uri: str) -> Wanted:
    sha256 = document.metadata.get("content_sha256")
    pinned = is_picture(id) and is_ingested(id, document.metadata)
    known = sha256 if isinstance(sha256, str) else None
    return Wanted(uri, known, pinned, document.page_content, document.metadata.get("page"))


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
        wanted = [_wanted_picture(documents[i], ids[i], uri) for i, uri in zip(images, uris, strict=True)]
        vectors, described = embed_pictures(embedder, wanted, images)
        captions = [
            str(documents[i].page_content) or Path(uri).name for i, uri in zip(images, uris, strict=True)
        ]
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


def check_modality(modality: object) -> None:
    """Raise InvalidInputError for anything but "any", "image" and "text"."""
    if not isinstance(modality, str) or modality not in get_args(Modality):
        raise InvalidInputError(f"modality: got {shown(modality)}; expected any, image or text")


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
    check_modality(modality)
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
