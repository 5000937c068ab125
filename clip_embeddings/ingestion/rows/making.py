"""Files that were read -> the rows that they become. Imports `read`, the embedder and its neighbours."""

from collections.abc import Iterator, Mapping
from typing import Any

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.ingestion.read.sources import Source
from clip_embeddings.ingestion.rows.row import Row, page_row, passage_rows, picture_row
from clip_embeddings.inputs.pdf import DrawnPage
from clip_embeddings.inputs.tokens import Passage


def rows_of(
    source: Source,
    embedder: CLIPEmbedder,
    caption: str | None,
    metadata: Mapping[str, Any] | None = None,
    *,
    texts: bool = True,
) -> Iterator[Row]:
    """A picture's row, or one for each passage of a text and each page of a PDF; ids are made of content.

    Args:
        texts: whether to split the text; False where its passages are known.
    """
    if source.text is None:
        yield picture_row(source.content, source.sha256, source.uri, caption, metadata)
        return
    for part in source.parts if texts else ():
        passages = [
            Passage(each.text, each.start + part.start, each.end + part.start)
            for each in embedder.split_text(source.text[part.start : part.end])
        ]
        fields = {**part.fields, **(metadata or {})}
        yield from passage_rows(passages, source.sha256, source.uri, fields, source.encoding)
    for page in source.pages:
        drawn = DrawnPage(source.content, page["page"], lambda: embedder.picture_edge)
        yield page_row(drawn, source.sha256, source.uri, caption, {**(metadata or {}), **page})
