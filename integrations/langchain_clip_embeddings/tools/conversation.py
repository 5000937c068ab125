"""Pictures that the user sent to an agent. Nothing is fetched and no file is opened for one.

Imports langchain-core.
"""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.tools import ToolException

from langchain_clip_embeddings.tools.pictures_after_tools import PICTURES

_MOST = 30_000_000  # characters; in base64, more than chat APIs take


def picture_sent(runtime: object, number: int) -> tuple[str, str]:
    """A picture of the user's messages, as a `data:` URI, and its name in words.

    Args:
        runtime: what LangGraph hands to a tool; its state holds the messages.
        number: 1 for the last picture that the user sent.
    Raises:
        ToolException: there is none, or it does not stand in the message itself.
    """
    blocks = [
        block
        for message in _messages(runtime)
        if isinstance(message, HumanMessage)
        for block in message.content_blocks
        if _is_picture(block)
    ]
    if not blocks:
        raise ToolException("picture: the user has sent no picture; search by query or like")
    if number > len(blocks):
        raise ToolException(f"picture: got {number}, but the user has sent {len(blocks)}; 1 is the last one")
    which = "the last" if number == 1 else f"number {number} from the last"
    name = (
        f"{which} of {len(blocks)} pictures that the user sent" if len(blocks) > 1 else "the user's picture"
    )
    return _data_uri(blocks[-number], name), name


def _messages(runtime: object) -> list[Any]:
    state = getattr(runtime, "state", None)
    if state is None:
        raise ToolException(
            "picture: no conversation is known here, because the tool does not run in an agent of LangChain "
            "or a ToolNode of LangGraph; search by query or like"
        )
    found = state.get("messages") if isinstance(state, Mapping) else getattr(state, "messages", state)
    return found if isinstance(found, list) else []


def _is_picture(block: Any) -> bool:
    kind = block["value"].get("type") if block["type"] == "non_standard" else block["type"]
    return kind in PICTURES


def _data_uri(block: Any, name: str) -> str:
    """The picture itself, of a block in the standard form or one that LangChain does not know."""
    value = block["value"].get("image_url") if block["type"] == "non_standard" else block.get("url")
    if isinstance(content := block.get("base64"), str) and content:
        value = f"data:;base64,{content}"
    if not isinstance(value, str) or not value[:5].lower() == "data:":
        raise ToolException(
            f"{name} is an address or an id, and nothing is fetched here; ask the user for the picture itself"
        )
    if len(value) > _MOST:
        raise ToolException(f"{name} is too large: {len(value):,} characters of {_MOST:,}")
    return value
