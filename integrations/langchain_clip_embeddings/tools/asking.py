"""What an agent asks -> a question for the retriever. Files are those of allowed folders.

Imports langchain-core and the public core.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.tools import ToolException
from langchain_core.vectorstores import VectorStore

from clip_embeddings import InvalidInputError
from clip_embeddings.context import Source, path_below, path_of
from clip_embeddings.ingestion.read.again import read_picture
from clip_embeddings.ingestion.read.local import UnusableFile
from langchain_clip_embeddings.content import source_of
from langchain_clip_embeddings.question import Question
from langchain_clip_embeddings.tools.arguments import QUESTIONS
from langchain_clip_embeddings.tools.conversation import picture_sent

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Attributes:
        question: for the retriever.
        name: of a picture that is asked by, in words; "" for words.
        without: what is not to be found again, by `Source.key`; None for nothing.
    """

    question: Question
    name: str = ""
    without: str | None = None


def asked_of(
    given: dict[str, Any], *, store: VectorStore, roots: list[Path], offered: list[str], runtime: object
) -> Asked:
    """The one question among an agent's arguments.

    Args:
        given: the arguments.
        roots: folders that pictures are read from, links followed; without any a row may name any place.
        offered: which of QUESTIONS there are, for the message.
        runtime: what LangGraph hands to a tool, or None.
    Raises:
        ToolException: none, several, or one that cannot be asked; says why.
    """
    there = {name: given[name] for name in QUESTIONS if not _is_nothing(given.get(name))}
    if len(there) != 1:
        got = ", ".join(there) or "none"
        raise ToolException(f"give exactly one of {', '.join(offered)}; got {got}")
    ((name, value),) = there.items()
    if name == "query":
        return Asked({"text": value})
    if name == "picture":
        picture, words = picture_sent(runtime, value)
        return Asked({"image": picture}, words)
    if name == "image":
        return Asked({"image": str(_allowed(value, roots))}, f"image {value!r:.200}")
    source = _row(store, value)
    if not source.shows_picture:
        return Asked({"text": source.text}, without=source.key)
    return Asked({"image": _shown(source, roots)}, f"the picture of {value!r:.200}", source.key)


def _is_nothing(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _row(store: VectorStore, id: str) -> Source:
    try:
        rows = store.get_by_ids([id])
    except Exception as error:  # each store has its own, for ids of another form too
        _log.warning("the store cannot look up an id: %s", error)
        raise ToolException(
            f"the id {id!r:.100} cannot be looked up in this store; search by query"
        ) from error
    if not rows:
        raise ToolException(f"no result has the id {id!r:.100}; take one of an earlier answer")
    return source_of(rows[0])


def _shown(source: Source, roots: list[Path]) -> str | bytes:
    """A row's picture: where it is, or a page of a document itself."""
    place = _picture_of(source, roots)
    path = path_of(place)
    if path is None or source.page is None:
        return place
    try:
        return read_picture(path, source.metadata).content
    except (UnusableFile, OSError, RuntimeError, ValueError) as error:
        raise ToolException(f"the picture of {source.id!r:.100}: {error}") from error


def _picture_of(source: Source, roots: list[Path]) -> str:
    """Where a row's picture is: the first place that may be read and has it; else what the first one is."""
    refused: ToolException | None = None
    places = []
    for uri in source.uris:
        try:
            places.append(str(_allowed(uri, roots)) if roots else uri)
        except ToolException as error:
            refused = refused or error
    if not places:
        raise refused or ToolException(f"the row of {source.id!r:.100} names no file; search by query")
    files = [(place, path_of(place)) for place in places]
    return next((place for place, path in files if path is not None and path.is_file()), places[0])


def _allowed(path: str, roots: list[Path]) -> Path:
    """A picture's path below one of the roots: in a root, or as this process has it.

    Raises:
        ToolException: it lies elsewhere.
    """
    try:
        return path_below(path, roots)
    except InvalidInputError as error:
        raise ToolException(str(error)) from error
