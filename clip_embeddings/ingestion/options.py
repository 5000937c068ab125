"""What an ingestion may be told, in one place for every door: `ingest` of each store, the command line."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.choosing import Choice, Only, choice_of
from clip_embeddings.ingestion.find.discovery import AnyPath, discover, several
from clip_embeddings.ingestion.find.entries import checked_schemes
from clip_embeddings.ingestion.find.found import Found
from clip_embeddings.ingestion.find.roots import folders_of, roots_of, there_or_kept
from clip_embeddings.ingestion.read.documents.parts import Pdf
from clip_embeddings.ingestion.read.local import MAX_BYTES
from clip_embeddings.ingestion.read.reading import Remote
from clip_embeddings.ingestion.read.taking import Taking
from clip_embeddings.ingestion.read.texts import checked_encoding
from clip_embeddings.ingestion.rows.values import shown
from clip_embeddings.ingestion.sample import FileSample, check_sample


class IngestOptions(TypedDict, total=False):
    """Keyword arguments of `ingest`.

    Attributes:
        manifests: JSONL, CSV or Parquet files of uri, caption and metadata.
        captions: path -> what a picture's row has as its document; its file name where none is given. A
            caption that is there already stays until another one is given.
        sample: from `sample_files`; what it has embedded is not embedded again, only calibrated.
        embed_captions: store each caption as a text row too, with `caption_of` = the picture's id.
        allow_schemes: of addresses that may be read, such as "https" or "s3".
        prune: remove rows of files that are gone from under the paths; without it they stay. A folder that
            had files and is empty now, gone, unreadable or a link to nowhere looks like a disk that is not
            mounted: its rows stay, and it is among the failures.
        prune_empty: folders of which that is to be taken as it looks: rows of what was in them are removed.
        prune_most: prune also where more than half of the files under one of the paths are gone; without it
            that is a failure too, and their rows stay.
        cache: folder of vectors by content and model, used before the model and filled after it.
        failures: file that failures are appended to as they happen, one JSON object in a line.
        retry_seconds: how long a server that is away is waited for; 60 by default.
        max_bytes: a larger file is refused and not read, wherever it is.
        timeout: seconds for each file read from an address; 30 by default.
        encoding: what text that is not in UTF-8 or UTF-16 is in, such as "cp949"; None finds out, by the rule
            in `texts.py`, and refuses a file where that is not clear. The report counts such files.
        exclude: patterns of files and folders that are left out, as in `.gitignore`: "*.json", "raw/",
            "/2023/**"; see `ignoring.py`. They belong to each folder that is named, whose `.clipignore`
            files say the same for what is in their folders; these options come after them. What is named by
            itself, and what a manifest names, is taken in any case.
        include: patterns of files that are taken though they are no notes (`notes.py`: sidecars, data, logs,
            source code, ...) or excluded; not from folders that are excluded. Rows of files that are
            left out stay as they are, under `prune` too.
        only: "pictures" or "texts"; what is neither a picture nor named as one is no failure under the first.
        pdf: what is taken of a PDF: "text", passages that know their page; "pages", a picture of each page;
            or "both".
        exif: rows of photos have `taken`, `year`, `day`, `camera`, `width` and `height` as metadata, as far
            as their files say so; those that are stored already get them too.
        exif_place: those and `latitude` and `longitude`.
        show_progress: a bar with rates.
    """

    manifests: AnyPath | Iterable[AnyPath]
    captions: Mapping[str, str] | None
    sample: FileSample | None
    embed_captions: bool
    allow_schemes: Iterable[str]
    prune: bool
    prune_empty: AnyPath | Iterable[AnyPath]
    prune_most: bool
    cache: str | os.PathLike[str] | None
    failures: str | os.PathLike[str] | None
    retry_seconds: float
    max_bytes: int
    timeout: float
    encoding: str | None
    exclude: str | Iterable[str]
    include: str | Iterable[str]
    only: Only | None
    pdf: Pdf
    exif: bool
    exif_place: bool
    show_progress: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """An ingestion to be: `IngestOptions`, checked and complete."""

    paths: Sequence[AnyPath]
    manifests: Sequence[AnyPath]
    captions: Mapping[str, str]
    sample: FileSample | None
    embed_captions: bool
    remote: Remote
    prune: bool
    prune_empty: Sequence[str]
    prune_most: bool
    cache: str | os.PathLike[str] | None
    failures: str | os.PathLike[str] | None
    retry_seconds: float
    choice: Choice
    show_progress: bool

    @classmethod
    def of(cls, paths: AnyPath | Iterable[AnyPath], options: IngestOptions) -> "Plan":
        """The plan for what is at and under some paths.

        Raises:
            InvalidInputError: an option that cannot be.
            TypeError: one that there is not, as for any keyword argument.
        """
        _check(options)
        prune, only = options.get("prune", False), options.get("only")
        choice = choice_of(options.get("exclude", ()), options.get("include", ()), only)
        return cls(
            paths=several(paths),
            manifests=several(options.get("manifests", ())),
            captions=options.get("captions") or {},
            sample=options.get("sample"),
            embed_captions=options.get("embed_captions", False),
            remote=Remote(
                checked_schemes(options.get("allow_schemes", ())),
                options.get("max_bytes", MAX_BYTES),
                options.get("timeout", 30),
                Taking(
                    checked_encoding(options.get("encoding")),
                    choice.only,
                    options.get("pdf", "both"),
                    options.get("exif", False),
                    options.get("exif_place", False),
                ),
            ),
            prune=prune,
            prune_empty=folders_of(options.get("prune_empty", ()), prune=prune),
            prune_most=options.get("prune_most", False),
            cache=options.get("cache"),
            failures=options.get("failures"),
            retry_seconds=options.get("retry_seconds", 60),
            choice=choice,
            show_progress=options.get("show_progress", False),
        )

    def roots(self) -> list[str]:
        """What `prune` looks under.

        Raises:
            InvalidInputError: one that is not there.
        """
        return roots_of(self.paths, self.prune_empty) if self.prune else []

    def found(self) -> Found:
        """What there is to ingest, with its captions; checked at once.

        Raises:
            InvalidInputError: a path or manifest that cannot be used.
            MissingExtraError: a manifest or an address without what reads it.
        """
        return discover(
            there_or_kept(self.paths, self.prune_empty),
            manifests=self.manifests,
            allow_schemes=self.remote.allow_schemes,
            captions=self.captions,
            choice=self.choice,
            encoding=self.remote.taking.encoding,
            max_bytes=self.remote.max_bytes,
        )

    def found_for(self, embedder: CLIPEmbedder, name: str) -> Found:
        """`found`, once it is seen that the plan can be carried out; nothing is written before.

        Args:
            embedder: the collection's.
            name: of the collection, for messages.
        Raises:
            FingerprintMismatchError: the sample holds vectors of another model.
            InvalidInputError, MissingExtraError: as `roots` and `found` do.
        """
        if self.sample is not None:
            check_sample(self.sample, embedder, name)
        self.roots()
        return self.found()


_FLAGS = ("embed_captions", "exif", "exif_place", "prune", "prune_most", "show_progress")
_NUMBERS = ("retry_seconds", "max_bytes", "timeout")


def _check(options: IngestOptions) -> None:
    """Refuse what no option is, and a value of another type: "no" would be taken for yes."""
    given = dict(options)
    if unknown := sorted(set(given) - set(IngestOptions.__annotations__)):
        raise TypeError(f"ingest() got an unexpected keyword argument {unknown[0]!r}")
    for name, value in given.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in _FLAGS and not isinstance(value, bool):
            raise InvalidInputError(f"{name}: got {shown(value)}; expected True or False")
        if name in _NUMBERS and not number:
            raise InvalidInputError(f"{name}: got {shown(value)}; expected a number")
    captions, sample = given.get("captions"), given.get("sample")
    if not isinstance(captions, Mapping | None):
        got = type(captions).__name__
        raise InvalidInputError(f"captions: got {got}; expected a mapping of a picture's path to its words")
    if not isinstance(sample, FileSample | None):
        got = type(sample).__name__
        raise InvalidInputError(f"sample: got {got}; expected what sample_files returned")
