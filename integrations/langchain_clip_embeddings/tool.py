"""A search for agents: words, a picture of an allowed folder, or what is like an earlier hit.

Imports langchain-core and the public core.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from langchain_core.messages.content import ContentBlock, create_text_block
from langchain_core.runnables import run_in_executor
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import BaseModel, Field

from clip_embeddings import ClipEmbeddingsError
from clip_embeddings.context import (
    DATA,
    NOTHING,
    AnyRoots,
    Budget,
    Context,
    ids_of,
    path_below,
    resolved_roots,
)
from langchain_clip_embeddings.content import blocks_of, to_context
from langchain_clip_embeddings.retriever import SCORE, MultimodalRetriever

DESCRIPTION = (
    "Search the user's own texts and pictures. Give one of query (words, in any language), image (path "
    "of a picture) and like (id of an earlier result, for more of its kind). Results are numbered: cite them "
    "as [1]."
)
Answer = tuple[list[ContentBlock], list[dict[str, Any]]]


class SearchInput(BaseModel):
    """What an agent may ask."""

    query: Annotated[str | None, Field(description="What to look for, in words.")] = None
    image: Annotated[str | None, Field(description="Path of a picture to look for what is like it.")] = None
    like: Annotated[str | None, Field(description="Id of an earlier result, to find more like it.")] = None
    modality: Annotated[Literal["any", "image", "text"], Field(description="Which results to give.")] = "any"
    k: Annotated[int, Field(ge=1, le=20, description="How many results.")] = 5


def create_search_tool(
    retriever: MultimodalRetriever,
    *,
    roots: AnyRoots = (),
    budget: Budget | None = None,
    name: str = "search_files",
    description: str = DESCRIPTION,
) -> BaseTool:
    """Make a tool of a retriever, with its store, filter and thresholds.

    The answer's content is text and image blocks, each result with its number and id; its artifact is a list
    of plain dictionaries: number, id, modality, name, text, score, uri, metadata, and how it was shown. What
    an agent asks wrongly is answered with what is wrong, and raises nothing.

    Args:
        roots: folders that pictures are read from, those of results and those that an agent names, links
            followed first. Without any an agent names no path, and results show what their rows name.
        budget: of one answer; `Budget(images=4)` by default.
        name, description: as the model is told of it.
    """
    allowed = resolved_roots(roots)
    limits = budget or Budget(images=4)

    def search(
        query: str | None = None,
        image: str | None = None,
        like: str | None = None,
        modality: Literal["any", "image", "text"] = "any",
        k: int = 5,
    ) -> Answer:
        try:
            asked = _question(retriever, allowed, query=query, image=image, like=like)
            wanted = max(k, retriever.min_images + retriever.min_texts)
            found = retriever.invoke(asked, k=wanted + (like is not None), modality=modality)
            found = [each for each in found if like is None or each.id != like][:wanted]
            context = to_context(found, limits, roots=allowed or None)
        except ClipEmbeddingsError as error:
            raise ToolException(str(error)) from error
        return [create_text_block(DATA), *_with_ids(context)], _artifact(context)

    async def asearch(**asked: Any) -> Answer:
        return await run_in_executor(None, lambda: search(**asked))

    tool: BaseTool = StructuredTool.from_function(
        search,
        asearch,
        name=name,
        description=description,
        args_schema=SearchInput,
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=_what_is_wrong,
    )
    return tool


def _what_is_wrong(error: Any) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())


def _question(
    retriever: MultimodalRetriever,
    allowed: list[Path],
    *,
    query: str | None,
    image: str | None,
    like: str | None,
) -> dict[str, Any]:
    given = [each for each in (query, image, like) if each]
    if len(given) != 1:
        raise ToolException("give exactly one of query, image and like")
    if query:
        return {"text": query}
    if image:
        return {"image": _allowed(image, allowed)}
    rows = retriever.vectorstore.get_by_ids([str(like)])
    if not rows:
        raise ToolException(f"no result has the id {like!r:.100}; take one of an earlier answer")
    row = rows[0]
    if row.metadata.get("modality") == "image" and isinstance(uri := row.metadata.get("uri"), str):
        return {"image": _allowed(uri, allowed) if allowed else uri}
    return {"text": row.page_content}


def _allowed(path: str, allowed: list[Path]) -> str:
    """A picture's path below one of the roots: in a root, or as this process has it."""
    if not allowed:
        raise ToolException("no folder is open to paths here; search by query or like")
    return str(path_below(path, allowed))


def _with_ids(context: Context) -> list[ContentBlock]:
    if not context.parts:
        return [create_text_block(NOTHING)]
    return [*blocks_of(context), create_text_block(ids_of(context, "`like`"))]


def _artifact(context: Context) -> list[dict[str, Any]]:
    return [
        {
            "number": part.number,
            "id": part.source.id,
            "modality": "image" if part.source.shows_picture else "text",
            "name": part.source.name,
            "text": part.source.text,
            "score": part.source.metadata.get(SCORE),
            "uri": next(iter(part.source.uris), ""),
            "shown": part.kind,
            "metadata": {key: value for key, value in part.source.metadata.items() if key != SCORE},
        }
        for part in context.parts
    ]
