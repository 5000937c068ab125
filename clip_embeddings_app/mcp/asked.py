"""What a model may ask, as it is told of it: the tools' arguments. Imports pydantic."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST = 20  # results

Collection = Annotated[
    str | None,
    Field(
        max_length=1_000,
        description="Which collection, one that the tool `collections` names. Left out: the default.",
    ),
]
Modality = Annotated[
    Literal["any", "image", "text"],
    Field(description="Which results to give: pictures (image), texts, or any."),
]
K = Annotated[int, Field(ge=1, le=MOST, description="How many results.")]
Where = Annotated[
    str | None,
    Field(
        max_length=4_000,
        description=(
            "Only rows whose metadata is so: FIELD OPERATOR VALUE with =, !=, >, >=, <, <=, joined by and, "
            "as in \"year >= 2020 and lang = 'ko'\". The fields are those of results' metadata."
        ),
    ),
]
Id = Annotated[str, Field(min_length=1, max_length=10_000, description="Id of an earlier result.")]


class Asked(BaseModel):
    """Arguments; one that is misspelt is refused."""

    model_config = ConfigDict(extra="forbid")


class Search(Asked):
    """Those of `search`."""

    query: Annotated[
        str | None,
        Field(max_length=20_000, description="What to look for, in words, in the user's language."),
    ] = None
    image: Annotated[
        str | None,
        Field(
            max_length=4_000, description="Path of a picture to look for what is like it, in place of query."
        ),
    ] = None
    collection: Collection = None
    modality: Modality = "any"
    k: K = 5
    where: Where = None


class Similar(Asked):
    """Those of `similar`."""

    id: Id
    collection: Collection = None
    modality: Modality = "any"
    k: K = 5
    where: Where = None


class Get(Asked):
    """Those of `get`."""

    id: Id
    collection: Collection = None


class Collections(Asked):
    """Those of `collections`: none."""
