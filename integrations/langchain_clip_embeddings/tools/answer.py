"""What was found -> what the model is told, and plain values for the program.

Imports langchain-core and the public core.
"""

from typing import Any

from langchain_core.messages.content import ContentBlock, create_text_block

from clip_embeddings.context import DATA, NOTHING, Context, ids_of, plain
from langchain_clip_embeddings.content import SCORE, blocks_of


def content_of(context: Context, *, by: str = "", narrowed: bool = False) -> list[ContentBlock]:
    """Blocks for the model.

    Args:
        by: the picture that was asked by, in words.
        narrowed: whether there were conditions, which nothing may meet.
    """
    first = f"{DATA} They are what is nearest to {by}." if by else DATA
    if not context.parts:
        hint = " Perhaps no row meets `where`: fields and values are as stored." if narrowed else ""
        return [create_text_block(first), create_text_block(NOTHING + hint)]
    ids = ids_of(context, "`like`")
    return [create_text_block(first), *blocks_of(context), *([create_text_block(ids)] if ids else [])]


def artifact_of(context: Context) -> list[dict[str, Any]]:
    """A dictionary for each result, which JSON and a checkpointer of LangGraph can hold."""
    return [
        {
            "number": part.number,
            "id": plain(part.source.id),
            "modality": "image" if part.source.shows_picture else "text",
            "name": part.source.name,
            "text": plain(part.source.text),
            "score": plain(part.source.metadata.get(SCORE)),
            "uri": plain(next(iter(part.source.uris), "")),
            "shown": part.kind,
            "metadata": plain({key: value for key, value in part.source.metadata.items() if key != SCORE}),
        }
        for part in context.parts
    ]
