"""What was found, as a client gets it: text and pictures for the model, and plain records beside them.

Imports the SDK's types, pydantic and the core.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp_types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent
from pydantic import BaseModel

from clip_embeddings.context import (
    DATA,
    NOTHING,
    Budget,
    Context,
    Part,
    Source,
    encodable,
    ids_of,
    left_out,
    words_of,
)
from clip_embeddings_app.mcp.plain import plain_metadata

IMAGES, PIXELS = 4, 500_000
"""Of one answer: pictures, and pixels of each, unless the user says otherwise."""
_BYTES = 700_000  # of all pictures of an answer, which stays below a megabyte: base64 adds a third
_LARGER = 4  # times the pixels, where one row is shown whole
_WHOLE = 20_000  # tokens of its text
_FIELDS, _ALL_FIELDS = 2_000, 40_000  # characters of a row's metadata, among others and alone
_CALIBRATED = "calibrated: pictures and texts come in one ranking"
IN_TURN = "Pictures and texts come in turn, each kind best first: their scores cannot be compared."


class Result(BaseModel):
    """One row; `shown` is text, image, missing (a picture that cannot be read) or unshown (no room)."""

    number: int
    id: str
    score: float | None
    modality: str
    name: str
    uri: str
    shown: str
    text: str
    metadata: dict[str, Any]
    original: str | None


class Results(BaseModel):
    """What `search` and `similar` give. `ranked`: whether scores of pictures and texts compare."""

    note: str = DATA
    collection: str
    ranked: bool
    results: list[Result]
    left_out: int


class Row(BaseModel):
    """What `get` gives; `pictures`: of a passage, those that stand with it in its document."""

    note: str = DATA
    collection: str
    result: Result
    pictures: list[Result] = []


class Facts(BaseModel):
    """A collection; `problem` says why it cannot be searched, where it cannot."""

    name: str
    rows: int
    model: str
    calibrated: bool
    problem: str


class Listing(BaseModel):
    """What `collections` gives."""

    default: str | None
    collections: list[Facts]


@dataclass(frozen=True, slots=True)
class Shown:
    """How much is shown: most pictures of an answer, most pixels of each."""

    images: int = IMAGES
    pixels: int = PIXELS

    def several(self) -> Budget:
        """For the results of a search."""
        return Budget(
            images=self.images, pixels=self.pixels, image_bytes=max(_BYTES // max(self.images, 1), 1_000)
        )

    def one(self, rows: int = 1) -> Budget:
        """For one row: a larger picture, all of its text; of a passage the pictures that stand with it."""
        images = min(self.images, rows)
        return Budget(
            images=images,
            pixels=_LARGER * self.pixels,
            image_bytes=_BYTES // max(images, 1),
            tokens=_WHOLE,
            text_tokens=_WHOLE,
        )


Links = Callable[[Source], ResourceLink | None]
"""Gives the address of a row's original, where a client may read it."""


def results(
    context: Context,
    *,
    collection: str,
    ranked: bool,
    scores: Mapping[str, float],
    links: Links,
    nothing: str = "",
) -> CallToolResult:
    """The answer to a search.

    Args:
        nothing: why nothing was found, if that is known.
    """
    found = [(part, links(part.source)) for part in context.parts]
    said: list[ContentBlock] = [_text(DATA)]
    said += [_text(IN_TURN)] if found and not ranked else []
    said += [block for part, link in found for block in _blocks(part, link)]
    said += [_text(more)] if (more := left_out(context)) else []
    last = ids_of(context, "`similar` and `get`") if found else nothing or NOTHING
    said += [_text(last)] if last else []
    records = [_result(part, link, scores.get(part.source.id), _FIELDS) for part, link in found]
    return _answer(
        said,
        Results(collection=collection, ranked=ranked, results=records, left_out=context.left_out),
    )


def row(context: Context, source: Source, *, collection: str, links: Links) -> CallToolResult:
    """The answer to `get`. A row of neither text nor picture has its metadata still."""
    own = next((part for part in context.parts if part.source.id == source.id), None)
    part = own or Part(1, "text", source, f"[1] {source.name}")
    link = links(part.source)
    record = _result(part, link, None, _ALL_FIELDS)
    fields = json.dumps(record.metadata, ensure_ascii=False, indent=1)
    said = [_text(DATA), *_blocks(part, link), _text(f"Metadata: {fields}")]
    beside = [(each, links(each.source)) for each in context.parts if each is not own]
    said += [_text("Pictures that stand with it in its document:")] if beside else []
    said += [block for each, link in beside for block in _blocks(each, link)]
    records = [_result(each, link, None, _FIELDS) for each, link in beside]
    return _answer(said, Row(collection=collection, result=record, pictures=records))


def listing(facts: Sequence[Mapping[str, Any]], default: str | None) -> CallToolResult:
    """The answer to `collections`."""
    shown = Listing(default=default, collections=[Facts.model_validate(each) for each in facts])
    lines = [_line(each, default) for each in shown.collections] or ["This store has no collections."]
    return _answer([_text("\n".join(lines))], shown)


def refusal(message: str) -> CallToolResult:
    """What was asked wrongly, or cannot be answered, in words."""
    return CallToolResult(content=[_text(message)], is_error=True)


def _line(facts: Facts, default: str | None) -> str:
    name = json.dumps(facts.name, ensure_ascii=False) + (" (the default)" if facts.name == default else "")
    if facts.problem:
        return f"{name}: cannot be searched: {facts.problem}"
    how = _CALIBRATED if facts.calibrated else f"not calibrated: {IN_TURN}"
    rows = "1 row" if facts.rows == 1 else f"{facts.rows:,} rows"
    return f"{name}: {rows}, model {facts.model}, {how}"


def _blocks(part: Part, link: ResourceLink | None) -> Iterator[ContentBlock]:
    yield _text(words_of(part))
    if part.picture:
        data = b64encode(part.picture.content).decode()
        yield ImageContent(data=data, mime_type=part.picture.mime_type)
    if link:
        yield link


def _result(part: Part, link: ResourceLink | None, score: float | None, room: int) -> Result:
    source = part.source
    return Result(
        number=part.number,
        id=encodable(source.id),
        score=None if score is None else round(score, 6),
        modality="image" if source.shows_picture else "text",
        name=source.name,
        uri=encodable(next(iter(source.uris), "")),
        shown=part.kind,
        text=part.text,
        metadata=plain_metadata(source.metadata, room),
        original=link.uri if link else None,
    )


def _answer(said: list[ContentBlock], record: BaseModel) -> CallToolResult:
    return CallToolResult(content=said, structured_content=record.model_dump(mode="json"))


def _text(text: str) -> TextContent:
    return TextContent(text=encodable(text))
