"""PrefixedImageEmbeddings: pictures for stores that know only `embed_documents`. Opt-in.

Imports langchain-core and the public core.
"""

import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from langchain_core.embeddings import Embeddings

from clip_embeddings import ImageDecodeError, InvalidInputError
from clip_embeddings.context import is_below, resolved_roots
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.prepared import prepared


class PrefixedImageEmbeddings(Embeddings):
    """Embeds a document "image:<path>" as the picture there, and everything else as text.

    Whoever can put text into the store can then name files, so only pictures under `roots` are opened;
    links and ".." are followed before that is checked. A query is always text. Stored rows keep the text
    "image:<path>".

    Args:
        embeddings: what embeds both.
        roots: folders whose pictures may be opened.
        prefix: what a document that names a picture begins with.
    Raises:
        InvalidInputError: an empty prefix, no roots, or a root that is not a folder.
    """

    def __init__(
        self, embeddings: CLIPEmbeddings, *, roots: Sequence[str | os.PathLike[str]], prefix: str = "image:"
    ) -> None:
        if not prefix.strip():
            raise InvalidInputError(f"prefix: got {prefix!r}; expected a mark that no text begins with")
        if isinstance(roots, str | os.PathLike):
            roots = [roots]
        if not roots:
            raise InvalidInputError("roots: got none; expected the folders whose pictures may be opened")
        for root in roots:
            if not Path(root).is_dir():
                raise InvalidInputError(f"roots: {os.fspath(root)!r} is not a folder")
        self.embeddings, self.prefix = embeddings, prefix
        self.roots = tuple(resolved_roots(roots))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts, and the pictures that the prefix marks; one row an item, in order.

        Raises:
            InvalidInputError: a marked path is outside of the roots; nothing has been opened then.
            ImageDecodeError: a picture cannot be read, by its index among all items.
        """
        if (ready := prepared.get()) is not None and ready.embeddings is self.embeddings:
            return ready.take(texts)
        pictures = {
            index: self._allowed(index, text[len(self.prefix) :])
            for index, text in enumerate(texts)
            if type(text) is str and text.startswith(self.prefix)  # a loader's picture is one anyway
        }
        places = list(pictures)
        words = [index for index in range(len(texts)) if index not in pictures]
        rows: dict[int, list[float]] = {}
        with _by_place(places):
            found = self.embeddings.embed_image([str(path) for path in pictures.values()])
        with _by_place(words):
            others = self.embeddings.embed_documents([texts[i] for i in words])
        rows.update(zip(places + words, found + others, strict=True))
        return [rows[index] for index in range(len(texts))]

    def embed_query(self, text: str) -> list[float]:
        """Embed a text to search with; the prefix means nothing here."""
        return self.embeddings.embed_query(text)

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents`, with the event loop free meanwhile."""
        return await asyncio.to_thread(self.embed_documents, texts)

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query`, with the event loop free meanwhile."""
        return await self.embeddings.aembed_query(text)

    def _allowed(self, index: int, name: str) -> Path:
        """The file a name leads to, if it is under a root; a name never reads as an address."""
        try:
            path = Path(name).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise InvalidInputError(f"texts[{index}] ({name!r}): not a path ({error})") from error
        if not is_below(path, self.roots):
            roots = ", ".join(map(str, self.roots))
            raise InvalidInputError(
                f"texts[{index}] ({name!r}): outside of the folders whose pictures may be opened ({roots})"
            )
        return path


@contextmanager
def _by_place(places: Sequence[int]) -> Iterator[None]:
    """Errors of pictures name their place among all items."""
    try:
        yield
    except ImageDecodeError as error:
        raise ImageDecodeError(places[error.index], error.source, error.reason) from error
