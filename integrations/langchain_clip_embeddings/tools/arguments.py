"""What an agent may ask of the search tool, as its schema says it. Imports langchain-core and pydantic."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, cast

from langchain_core.tools import InjectedToolArg
from pydantic import BaseModel, ConfigDict, Field, create_model

_FIELDS: dict[str, tuple[Any, Any]] = {
    "query": (Annotated[str | None, Field(description="What to look for, in words.")], None),
    "like": (
        Annotated[str | None, Field(description="Id of an earlier result, to find more like it.")],
        None,
    ),
    "picture": (
        Annotated[
            int | None,
            Field(
                ge=1,
                description="A picture that the user sent, to look for what is like it: 1 is the last one "
                "sent, 2 the one before it.",
            ),
        ],
        None,
    ),
    "image": (
        Annotated[str | None, Field(description="Path of a picture to look for what is like it.")],
        None,
    ),
    "where": (
        Annotated[
            str | None,
            Field(
                description="Conditions on the metadata of results, if you know its fields: FIELD OPERATOR "
                "VALUE, joined by and; operators =, !=, >, >=, <, <=. As in: year >= 2020 and lang = 'ko'"
            ),
        ],
        None,
    ),
    "modality": (
        Annotated[Literal["any", "image", "text"], Field(description="Which results to give.")],
        "any",
    ),
    "k": (Annotated[int | None, Field(ge=1, le=20, description="How many results.")], None),
    # What an agent runs in, by the name under which LangGraph hands it in. Models are not told of it, and it
    # is left out where arguments are copied: it holds the whole conversation.
    "runtime": (Annotated[Any, InjectedToolArg], Field(default=None, exclude=True)),
}
QUESTIONS = ("query", "like", "picture", "image")
"""Of these an agent gives exactly one."""


def schema_without(names: Iterable[str]) -> type[BaseModel]:
    """The arguments, but for those that would not work; an argument that is not there is refused."""
    left = {name: field for name, field in _FIELDS.items() if name not in set(names)}
    made = create_model("SearchInput", __config__=ConfigDict(extra="forbid"), **cast(Any, left))
    return cast(type[BaseModel], made)


def what_is_wrong(error: Any) -> str:
    """A ValidationError in words for the agent."""
    said = {"extra_forbidden": "is no argument of this tool"}
    return "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {said.get(each['type'], each['msg'])}" for each in error.errors()
    )
