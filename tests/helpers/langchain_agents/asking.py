"""A tool that is asked as an agent asks it, and a chat model that says what a test wrote down."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.content import create_image_block, create_text_block
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.tools import BaseTool
from pydantic import Field


def call(id: str, **arguments: Any) -> Any:
    """One call of the search tool."""
    return {"type": "tool_call", "name": "search_files", "args": arguments, "id": id}


def ask(tool: BaseTool, **arguments: Any) -> ToolMessage:
    """The tool's answer to one call."""
    answer = tool.invoke(call("1", **arguments))
    assert isinstance(answer, ToolMessage)
    return answer


def texts(message: BaseMessage) -> list[str]:
    return [block["text"] for block in message.content_blocks if block["type"] == "text"]


def ids(message: Any) -> list[str]:
    """What was found."""
    return [each["id"] for each in message.artifact]


def sent(*uris: str, text: str = "Find what looks like this.") -> HumanMessage:
    """A user's message with pictures."""
    pictures = [
        create_image_block(base64=b64encode(Path(uri).read_bytes()).decode(), mime_type="image/png")
        for uri in uris
    ]
    return HumanMessage(content_blocks=[create_text_block(text), *pictures])


class Scripted(BaseChatModel):
    """Says one message after another, and keeps what it was shown."""

    script: list[Any]
    shown: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **options: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        self.shown.append(messages)
        said = AIMessage(**self.script[len(self.shown) - 1])
        return ChatResult(generations=[ChatGeneration(message=said)])
