"""Vectors that are ready before a store asks for them, and texts that must not be embedded as such.

`add_media` embeds first and then calls the store, whose `add_documents` asks its embeddings for vectors: from
here it gets those of the pictures and texts themselves. Imports the public core.
"""

import logging
from collections.abc import Sequence
from contextvars import ContextVar
from pathlib import PurePath
from typing import Any

from clip_embeddings import InvalidInputError, StoreError
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.inputs.formats import named_as_picture
from langchain_clip_embeddings.handover import lost_picture

_log = logging.getLogger(__name__)
_LONGEST_NAME = 255
_WAYS = (
    "add_media(store, documents), MultimodalChroma, or index(loader, records, MediaStore(store)) "
    "of langchain_clip_embeddings"
)


class Prepared:
    """The vectors of one call of a store's `add_documents`, handed out in the order of its texts.

    Args:
        embeddings: the store's, which are asked for them.
        texts: N strings, as the store was given them.
        vectors: their N vectors.
    """

    def __init__(self, embeddings: object, texts: Sequence[str], vectors: Sequence[list[float]]) -> None:
        self.embeddings, self._texts, self._vectors, self._next = embeddings, texts, vectors, 0

    @property
    def left(self) -> int:
        """How many vectors the store did not ask for."""
        return len(self._texts) - self._next

    def take(self, texts: Sequence[str]) -> list[list[float]]:
        """The next vectors.

        Raises:
            StoreError: the store asks for other texts than it was given, or in another order.
        """
        begin, end = self._next, self._next + len(texts)
        if list(texts) != list(self._texts[begin:end]):
            raise StoreError(
                f"the store asks for vectors of other texts than it was given ({shown(list(texts))}), so it "
                "cannot be given those of pictures; use one with add_embeddings"
            )
        self._next = end
        return list(self._vectors[begin:end])


prepared: ContextVar[Prepared | None] = ContextVar("prepared", default=None)
"""What the store that is being written to in this context gets."""


def refuse_lost_pictures(texts: Sequence[Any]) -> None:
    """Raise InvalidInputError where the picture behind a text got lost on the way; warn where it may have.

    LangChain's `index()`, for one, copies Documents, and the copy's page_content is a plain string.
    """
    for i, text in enumerate(texts):
        if type(text) is not str:
            continue
        if uri := lost_picture(text):
            raise InvalidInputError(
                f"texts[{i}] ({shown(text)}): it is that of the picture {uri}, which MediaLoader loaded, but "
                f"came as a plain string and would be embedded as a text. Use {_WAYS}. If a text is meant: "
                "add_media stores it as one, and embeddings.embedder.embed_texts embeds it"
            )
        if len(text) <= _LONGEST_NAME and named_as_picture(PurePath(text)):
            _log.warning(
                "texts[%d] (%s) looks like the name of a picture and is embedded as a text. If the picture "
                "is meant: %s",
                i,
                shown(text),
                _WAYS,
            )
