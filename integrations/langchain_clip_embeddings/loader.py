"""MediaLoader: folders of pictures and text -> Documents, one file at a time.

Files are found, read and named by the core's ingestion, as `ingest` does it. Imports langchain-core and the
public core.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from clip_embeddings import ImageDecodeError, InvalidInputError
from clip_embeddings.ingestion.find.choosing import Only, choice_of
from clip_embeddings.ingestion.find.discovery import discover
from clip_embeddings.ingestion.find.documents import ShownOnce
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.find.found import Found
from clip_embeddings.ingestion.read.documents.parts import Pdf
from clip_embeddings.ingestion.read.local import MAX_BYTES, NotWanted, UnusableFile
from clip_embeddings.ingestion.read.reading import failure_of
from clip_embeddings.ingestion.read.sources import Source, read_source
from clip_embeddings.ingestion.read.taking import Taking
from clip_embeddings.ingestion.read.texts import checked_encoding
from clip_embeddings.ingestion.rows.making import rows_of
from clip_embeddings.ingestion.stored.prune import trouble_with, trouble_with_link
from clip_embeddings.pipeline import map_ordered
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.handover import Handover, Loaded, PictureText, watch
from langchain_clip_embeddings.pictures import describe

_THREADS = 4  # that read and decode; twice as many files are held at most
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoadFailure:
    """A file that gave no Document, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that was read, or why it was not; `loaded` is of a picture, whose bytes are let go of."""

    index: int
    entry: Entry
    source: Source | UnusableFile | ImageDecodeError
    loaded: Loaded | None = None


class MediaLoader(BaseLoader):
    """Loads pictures and texts at and under some paths, for any store of LangChain.

    Pictures are told from text by content and decoded once, so that none fails later; text comes in passages
    that fit the model's context. Ids and metadata are those of `ingest`: the same content is the same row, by
    whichever door, and of identical files the first is loaded. A picture's `page_content` is its caption or
    its name, and `CLIPEmbeddings` embeds it as the picture; where Documents are copied on the way, as
    `index()` does, `MultimodalChroma` and `MediaStore` know the picture by its metadata.

    Run `index()` with `cleanup="full"` to have changed files replaced and vanished ones removed. A
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
        pdf: what is taken of a PDF: "text", "pages" (a picture of each), or "both".
    Attributes:
        failures: what the latest run skipped.
        left_out: how many files the latest run did not load because they are not wanted, by what they are;
            copies of files that were loaded are among them.
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
        pdf: Pdf = "both",
    ) -> None:
        if on_error not in ("skip", "raise"):
            raise InvalidInputError(f"on_error: got {on_error!r}; expected skip or raise")
        self._paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        self._embedder, self._on_error = embeddings.embedder, on_error
        self._allow_empty = allow_empty
        self._max_bytes, self._taking = max_bytes, Taking(checked_encoding(encoding), only, pdf)
        self._choice = choice_of(exclude, include, only)
        self._captions = {os.fspath(path): caption for path, caption in (captions or {}).items()}
        self._handover = Handover(self._embedder)
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
        seen: set[str] = set()
        files = enumerate(self._files())
        with closing(map_ordered(self._read, files, threads=_THREADS, ahead=2 * _THREADS)) as readings:
            for reading in readings:
                source = self._usable(reading)
                if source is None:
                    continue
                if source.sha256 in seen:
                    self._count({"copies of other files": 1})
                    continue
                seen.add(source.sha256)
                yield from self._documents(source, reading)

    def _read(self, file: tuple[int, Entry]) -> "_Reading":
        """Read a file, and decode it if it is a picture. In a thread; what is wrong is told, not raised."""
        index, entry = file
        options: dict[str, Any] = {"max_bytes": self._max_bytes, "taking": self._taking}
        try:
            source = read_source(Path(entry.uri), shows=entry.shows, **options)
            if source.text is not None:
                return _Reading(index, entry, source)
            image = self._embedder.decode_image(source.content, index=index)
        except (UnusableFile, ImageDecodeError) as error:
            return _Reading(index, entry, error)
        facts = describe(source.content, source.sha256)
        return _Reading(index, entry, replace(source, content=b""), Loaded(image, facts))

    def _usable(self, reading: "_Reading") -> Source | None:
        """What was read; None where it is left out or of no use, which is counted or told."""
        error, path = reading.source, Path(reading.entry.uri)
        if isinstance(error, NotWanted):
            self._count({str(error): 1})
        elif isinstance(error, UnusableFile):
            reason = failure_of(reading.entry, str(error))[1]
            self._fail(path, reason, InvalidInputError(f"{path}: {reason}"))
        elif isinstance(error, ImageDecodeError):
            named = ImageDecodeError(reading.index, repr(str(path)), error.reason)
            self._fail(path, error.reason, named)
        else:
            return error
        return None

    def _files(self) -> Iterator[Entry]:
        """As `ingest` finds them; what may be a disk that is not there ends the run, or is listed."""
        found = self._discovered()  # what is not there raises at once
        for root in (os.fspath(path) for path in self._paths):
            if (problem := trouble_with(root)) and Path(root).is_dir():
                self._doubt(root, problem)
        shown = ShownOnce()
        for each in self._discovered():
            shown.note(each)
            if not self._allow_empty:
                self._is_doubted(each)
        for each in found:
            if self._is_doubted(each):
                continue
            if isinstance(each, Entry):
                yield from shown.of(each)
            else:
                self._fail(Path(each.place), each.reason, InvalidInputError(str(each)))
        self._count(found.left_out)

    def _discovered(self) -> Found:
        return discover(
            self._paths,
            captions=self._captions,
            choice=self._choice,
            name_empty=True,
            encoding=self._taking.encoding,
            max_bytes=self._max_bytes,
        )

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

    def _documents(self, source: Source, reading: "_Reading") -> Iterator[Document]:
        """Those of one file, under the ids that `ingest` gives its rows."""
        entry = reading.entry
        for row in rows_of(source, self._embedder, entry.words, entry.metadata):
            metadata = {"modality": row.metadata["modality"], "source": source.uri, **row.metadata}
            document = Document(row.document, id=row.id, metadata=metadata)
            if row.is_picture:
                try:
                    loaded = reading.loaded or Loaded(self._embedder.decode_image(row.item), {})
                except ImageDecodeError as error:  # a page
                    self._fail(source.path, error.reason, error)
                    continue
                document.metadata |= loaded.facts
                sha256 = row.metadata["content_sha256"]
                self._handover.put(source.uri, sha256, loaded)
                # Not by the constructor, which makes a plain string of it.
                document.page_content = PictureText(row.document, source.uri, sha256, self._handover)
                watch(document)
            yield document

    def _fail(self, path: Path, reason: str, error: InvalidInputError) -> None:
        if self._on_error == "raise":
            raise error
        self.failures.append(LoadFailure(str(path), reason))
        _log.warning("skipped %s: %s", path, reason)
