"""MediaLoader: folders of pictures and text -> Documents, one file at a time.

Imports langchain-core, the Chroma adapter's reading of files, and the public core.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from chroma_clip_embeddings.sources import Source, UnusableFile, absolute, find_files, read_source
from clip_embeddings import ImageDecodeError, InvalidInputError, load_image
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.pictures import describe

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A file that gave no Document, and why."""

    path: str
    reason: str


class MediaLoader(BaseLoader):
    """Loads the pictures and texts at and under some paths, ready for `MultimodalChroma`.

    Pictures are told from text by content and decoded once, so that none fails later; text comes in passages
    that fit the model's context. The digest of the file is in the metadata, so LangChain's `index()` sees
    what changed: run it with `cleanup="full"` to have changed files replaced and vanished ones removed. A
    file that cannot be read any more counts as vanished then.

    Args:
        paths: files and folders; hidden files are left out.
        embeddings: the model whose context the passages fit.
        captions: path -> a picture's page_content; its file name where none is given.
        on_error: "skip" logs a warning and lists the file in `failures`; "raise" stops there.
    Attributes:
        failures: what the latest run skipped.
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        embeddings: CLIPEmbeddings,
        *,
        captions: Mapping[str, str] | Mapping[Path, str] | None = None,
        on_error: Literal["skip", "raise"] = "skip",
    ) -> None:
        if on_error not in ("skip", "raise"):
            raise InvalidInputError(f"on_error: got {on_error!r}; expected skip or raise")
        self._paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        self._embedder, self._on_error = embeddings.embedder, on_error
        self._captions = {absolute(path): caption for path, caption in (captions or {}).items()}
        self.failures: list[LoadFailure] = []

    def lazy_load(self) -> Iterator[Document]:
        """Yield the Documents of one file after the other, in order of name.

        Raises:
            InvalidInputError: a path does not exist; under on_error="raise" also a file that is of no use.
            ImageDecodeError: under on_error="raise", a picture that cannot be read.
        """
        self.failures = []
        for index, path in enumerate(find_files(self._paths)):
            try:
                source = read_source(path)
                if source.text is None:
                    load_image(source.content, index=index, max_pixels=self._embedder.config.max_pixels)
            except UnusableFile as error:
                self._fail(path, str(error), InvalidInputError(f"{path}: {error}"))
            except ImageDecodeError as error:
                named = ImageDecodeError(index, repr(str(path)), error.reason)
                self._fail(path, error.reason, named)
            else:
                yield from self._documents(source)

    def _documents(self, source: Source) -> Iterator[Document]:
        path = str(source.path)
        common: dict[str, Any] = {"source": path, "uri": path, "content_sha256": source.sha256}
        if source.text is None:
            metadata = {"modality": "image", **common, **describe(source.content)}
            caption = self._captions.get(source.path) or source.path.name
            yield Document(page_content=caption, metadata=metadata)
            return
        for passage in self._embedder.split_text(source.text):
            span = {"start": passage.start, "end": passage.end}
            yield Document(page_content=passage.text, metadata={"modality": "text", **common, **span})

    def _fail(self, path: Path, reason: str, error: InvalidInputError) -> None:
        if self._on_error == "raise":
            raise error
        self.failures.append(LoadFailure(str(path), reason))
        _log.warning("skipped %s: %s", path, reason)
