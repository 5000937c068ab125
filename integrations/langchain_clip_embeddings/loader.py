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

from clip_embeddings import ImageDecodeError, InvalidInputError, load_image
from clip_embeddings.ingestion.find.choosing import Only, choice_of
from clip_embeddings.ingestion.find.discovery import discover
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem, absolute
from clip_embeddings.ingestion.find.found import Found
from clip_embeddings.ingestion.read.local import MAX_BYTES, NotWanted, UnusableFile
from clip_embeddings.ingestion.read.sources import Source, read_source
from clip_embeddings.ingestion.read.texts import checked_encoding
from clip_embeddings.ingestion.stored.prune import trouble_with, trouble_with_link
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
    file that cannot be read any more counts as vanished then. A disk that is not mounted looks like an empty
    folder, so these stop the run unless `allow_empty`; a folder that is gone without a trace cannot be seen
    here: what was in it has vanished. Name such a folder in `paths`; one that is not there is an error then.

    Args:
        paths: files and folders; hidden files are left out.
        embeddings: the model whose context the passages fit.
        captions: path -> a picture's page_content; its file name where none is given.
        allow_empty: go on where a folder cannot be read or is empty, one of `paths` has no file in it, or a
            link leads nowhere that is not named as a file of a known kind; it is listed in `failures` then,
            and `index()` deletes what was there.
        on_error: "skip" logs a warning and lists the file in `failures`; "raise" stops there.
        max_bytes: a larger file is refused and not read.
        encoding: what text that is not in UTF-8 or UTF-16 is in, such as "cp949"; None finds out, as `ingest`
            of chroma_clip_embeddings does.
        exclude, include, only: what in the folders is loaded, as `ingest` of chroma_clip_embeddings chooses:
            texts that are no notes, such as sidecars, are not, and `.clipignore` files are heeded. What
            `index()` knows of a file that is left out now it deletes under `cleanup="full"`.
    Attributes:
        failures: what the latest run skipped.
        left_out: how many files the latest run did not load because they are not wanted, by what they are.
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        embeddings: CLIPEmbeddings,
        *,
        captions: Mapping[str, str] | Mapping[Path, str] | None = None,
        on_error: Literal["skip", "raise"] = "skip",
        allow_empty: bool = False,
        max_bytes: int = MAX_BYTES,
        encoding: str | None = None,
        exclude: str | Iterable[str] = (),
        include: str | Iterable[str] = (),
        only: Only | None = None,
    ) -> None:
        if on_error not in ("skip", "raise"):
            raise InvalidInputError(f"on_error: got {on_error!r}; expected skip or raise")
        self._paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        self._embedder, self._on_error = embeddings.embedder, on_error
        self._allow_empty = allow_empty
        self._max_bytes, self._encoding = max_bytes, checked_encoding(encoding)
        self._choice = choice_of(exclude, include, only)
        self._captions = {absolute(path): caption for path, caption in (captions or {}).items()}
        self.failures: list[LoadFailure] = []
        self.left_out: dict[str, int] = {}

    def lazy_load(self) -> Iterator[Document]:
        """Yield the Documents of one file after the other, in order of name.

        Raises:
            InvalidInputError: before the first Document: a path does not exist, or a folder may be a disk
                that is not there; under on_error="raise" also a file that is of no use.
            ImageDecodeError: under on_error="raise", a picture that cannot be read.
        """
        self.failures, self.left_out = [], {}
        only = self._choice.only
        for index, path in enumerate(self._files()):
            try:
                source = read_source(path, max_bytes=self._max_bytes, encoding=self._encoding, only=only)
                if source.text is None:
                    load_image(source.content, index=index, max_pixels=self._embedder.config.max_pixels)
            except NotWanted as error:
                self._count({str(error): 1})
            except UnusableFile as error:
                self._fail(path, str(error), InvalidInputError(f"{path}: {error}"))
            except ImageDecodeError as error:
                named = ImageDecodeError(index, repr(str(path)), error.reason)
                self._fail(path, error.reason, named)
            else:
                yield from self._documents(source)

    def _files(self) -> Iterator[Path]:
        """As `ingest` finds them; what may be a disk that is not there ends the run, or is listed."""
        found = self._discovered()  # what is not there raises at once
        for root in (os.fspath(path) for path in self._paths):
            if (problem := trouble_with(root)) and Path(root).is_dir():
                self._doubt(root, problem)
        if not self._allow_empty:
            for each in self._discovered():
                self._is_doubted(each)
        for each in found:
            if self._is_doubted(each):
                continue
            if isinstance(each, Entry):
                yield Path(each.uri)
            else:
                self._fail(Path(each.place), each.reason, InvalidInputError(str(each)))
        self._count(found.left_out)

    def _discovered(self) -> Found:
        return discover(self._paths, choice=self._choice, name_empty=True)

    def _is_doubted(self, each: Entry | IngestProblem) -> bool:
        if isinstance(each, Entry):
            place, problem = each.uri, trouble_with_link(each.uri)
        else:
            place, problem = each.place, each.reason if each.is_unreadable else None
        if problem is not None:
            self._doubt(place, problem)
        return problem is not None

    def _count(self, kinds: Mapping[str, int]) -> None:
        for kind, count in kinds.items():
            self.left_out[kind] = self.left_out.get(kind, 0) + count

    def _doubt(self, folder: str, problem: str) -> None:
        if not self._allow_empty:
            raise InvalidInputError(
                f"{folder}: {problem}. Is a disk not mounted? Under cleanup='full' what is known of it would "
                "be deleted, so the run ends here. If that is to be so: allow_empty=True"
            )
        known = (os.path.abspath(failure.path) for failure in self.failures)  # noqa: PTH100
        if os.path.abspath(folder) not in known:  # noqa: PTH100
            self.failures.append(LoadFailure(folder, problem))
            _log.warning("%s: %s", folder, problem)

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
