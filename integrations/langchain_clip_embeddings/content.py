"""Documents that were found -> content blocks of a message, pictures among them.

Imports langchain-core and the public core.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress

from langchain_core.documents import Document
from langchain_core.messages.content import ContentBlock, create_image_block, create_text_block
from langchain_core.vectorstores import VectorStore

from clip_embeddings import InvalidInputError
from clip_embeddings.context import AnyRoots, Budget, Context, Part, Source, context_of, left_out, words_of
from clip_embeddings.context import with_pictures as pictures_beside

SCORE = "relevance_score"
"""The field of a Document's metadata that holds its cosine with the question."""


def to_context(
    documents: Iterable[Document],
    budget: Budget | None = None,
    *,
    roots: AnyRoots | None = None,
) -> Context:
    """Number what was found, read its pictures, and keep what a budget has room for.

    `blocks_of(context)` is what a model is shown, `context.cited(answer)` which sources its answer names.

    Args:
        documents: best first, as a retriever gives them.
        budget: `Budget()` by default.
        roots: folders that pictures may be read from; None allows any place that a Document names.
    Raises:
        InvalidInputError: something else than Documents.
    """
    return context_of((source_of(document) for document in documents), budget, roots=roots)


def blocks_of(context: Context) -> list[ContentBlock]:
    """A text block for each part, "[1] name" and what it says, and after it its picture, if it has one."""
    blocks = [block for part in context.parts for block in _blocks(part)]
    if more := left_out(context):
        blocks.append(create_text_block(more))
    return blocks


def to_content_blocks(
    documents: Iterable[Document],
    budget: Budget | None = None,
    *,
    roots: AnyRoots | None = None,
) -> list[ContentBlock]:
    """`blocks_of(to_context(...))`: what was found, as a message to a chat model holds it.

    Pictures are read now: upright, made smaller, in sRGB, as JPEG or PNG in base64, without what their files
    say beside. `HumanMessage(content_blocks=[create_text_block(question), *to_content_blocks(documents)])`.

    Args:
        documents, budget, roots: as for `to_context`.
    Raises:
        InvalidInputError: something else than Documents.
    """
    return blocks_of(to_context(documents, budget, roots=roots))


def source_of(document: object) -> Source:
    """A Document as a row that was found."""
    if not isinstance(document, Document):
        raise InvalidInputError(f"documents: got {type(document).__name__}; expected Documents of LangChain")
    id = document.id or document.metadata.get("_id")  # where Qdrant's store has it
    return Source(id if isinstance(id, str) else "", document.page_content, document.metadata)


def with_pictures(documents: Iterable[Document], store: VectorStore | None) -> list[Document]:
    """Each passage of a document followed by the pictures that stand there, in their order; none twice.

    Args:
        store: whose rows they may be; None names them by their files.
    """
    known: dict[int, Document] = {}

    def told(document: Document) -> Source:
        source = source_of(document)
        known[id(source)] = document
        return source

    def find(ids: list[str]) -> list[Source]:
        with suppress(Exception):  # a store that cannot look up ids: pictures are named by their files
            return [source_of(row) for row in store.get_by_ids(ids)] if store else []
        return []

    sources = pictures_beside([told(document) for document in documents], find if store else None)
    return [known.get(id(source)) or _brought(source) for source in sources]


def _brought(source: Source) -> Document:
    """A picture that was not found itself, so that it has no score."""
    return without_score(Document(source.text, id=source.id or None, metadata=dict(source.metadata)))


def without_score(document: Document) -> Document:
    """What was stored under that name is no score of this question."""
    if SCORE not in document.metadata:
        return document
    fields = {name: value for name, value in document.metadata.items() if name != SCORE}
    return document.model_copy(update={"metadata": fields})


def _blocks(part: Part) -> Iterator[ContentBlock]:
    yield create_text_block(words_of(part))
    if part.picture:
        content = b64encode(part.picture.content).decode()
        yield create_image_block(base64=content, mime_type=part.picture.mime_type)
