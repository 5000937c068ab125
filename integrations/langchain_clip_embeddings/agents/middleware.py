"""What stands between an agent and its model. Imports langchain."""

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse

from langchain_clip_embeddings.tools.pictures_after_tools import pictures_after_tools

# Types in quotes, and none for the base: how many there are differs between versions of langchain.


class PicturesAfterTools(AgentMiddleware):
    """`create_agent(..., middleware=[PicturesAfterTools()])`: for chat APIs that take no pictures from tools.

    Before the model is called, `pictures_after_tools` moves them behind the tools' results. The agent's state
    keeps them where they were.
    """

    def wrap_model_call(
        self, request: "ModelRequest[Any]", handler: "Callable[[ModelRequest[Any]], ModelResponse[Any]]"
    ) -> "ModelResponse[Any]":
        """Call the model with pictures moved."""
        return handler(_moved(request))

    async def awrap_model_call(
        self,
        request: "ModelRequest[Any]",
        handler: "Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]",
    ) -> "ModelResponse[Any]":
        """`wrap_model_call`, awaiting the model."""
        return await handler(_moved(request))


def _moved(request: "ModelRequest[Any]") -> "ModelRequest[Any]":
    return request.override(messages=pictures_after_tools(request.messages))
