"""Folders, manifests and addresses -> rows of one collection, kept as the files are.

    plan.py        one ingestion          found.py      what a search for files gives
    discovery.py   what there is          reading.py    read ahead by threads
    flow.py        new rows, vectors      storing.py    a thread stores them
    ledger.py      stored and seen        finishing.py  moved, changed and vanished files

Imports chromadb and the public core.
"""

import os
from collections.abc import Iterable, Mapping
from threading import Event

import chromadb

from chroma_clip_embeddings.choosing import Only, choice_of
from chroma_clip_embeddings.clients import refuse_async
from chroma_clip_embeddings.discovery import AnyPath, several
from chroma_clip_embeddings.entries import checked_schemes
from chroma_clip_embeddings.identity import embedder_of, record_identity
from chroma_clip_embeddings.local import MAX_BYTES
from chroma_clip_embeddings.plan import Plan
from chroma_clip_embeddings.report import IngestReport
from chroma_clip_embeddings.roots import folders_of
from chroma_clip_embeddings.sampling import FileSample
from chroma_clip_embeddings.texts import checked_encoding


def ingest(
    paths: AnyPath | Iterable[AnyPath],
    collection: chromadb.Collection,
    *,
    manifests: AnyPath | Iterable[AnyPath] = (),
    captions: Mapping[str, str] | None = None,
    sample: FileSample | None = None,
    embed_captions: bool = False,
    allow_schemes: Iterable[str] = (),
    prune: bool = False,
    prune_empty: AnyPath | Iterable[AnyPath] = (),
    prune_most: bool = False,
    cache: str | os.PathLike[str] | None = None,
    failures: str | os.PathLike[str] | None = None,
    retry_seconds: float = 60,
    max_bytes: int = MAX_BYTES,
    timeout: float = 30,
    encoding: str | None = None,
    exclude: str | Iterable[str] = (),
    include: str | Iterable[str] = (),
    only: Only | None = None,
    show_progress: bool = False,
) -> IngestReport:
    """Store the pictures and texts at and under `paths`, and bring their rows up to date.

    Pictures are told from text by content. Text is split into passages that fit the model's context. A row's
    id is made of its content, so what is stored already is not embedded again; identical files are one row
    with all their uris. A file that cannot be used is reported and the rest goes on. Rows of a moved file
    get its new uri, beside the old one where its folder is empty now and may be a disk that is not mounted,
    and a changed file's old rows are removed.

    A run that is killed, at any moment, and started again ends with the same rows as one that was not. What
    was embedded and not yet stored is embedded twice: at most 128 rows, one batch of the store, or two of
    the model if they are larger than 64. With `cache` it is only what the model was at: a batch of pictures,
    or 64 texts.

    Args:
        paths: files, folders, patterns, and addresses of schemes that are allowed; hidden files are left out.
        collection: made with `open_collection` or with a `CLIPEmbeddingFunction`.
        manifests: JSONL, CSV or Parquet files of uri, caption and metadata.
        captions: path -> what a picture's row has as its document; its file name where none is given. A
            caption that is there already stays until another one is given.
        sample: from `sample_files`; what it has embedded is not embedded again, only calibrated.
        embed_captions: store each caption as a text row too, with `caption_of` = the picture's id.
        allow_schemes: of addresses that may be read, such as "https" or "s3".
        prune: remove rows of files that are gone from under `paths`; without it they stay. A folder that had
            files and is empty now, gone, unreadable or a link to nowhere looks like a disk that is not
            mounted: its rows stay, and it is among the failures.
        prune_empty: folders of which that is to be taken as it looks: rows of what was in them are removed.
        prune_most: prune also where more than half of the files under one of `paths` are gone; without it
            that is a failure too, and their rows stay.
        cache: folder of vectors by content and model, used before the model and filled after it.
        failures: file that failures are appended to as they happen, one JSON object in a line.
        retry_seconds: how long a server that is away is waited for.
        max_bytes: a larger file is refused and not read, wherever it is.
        timeout: seconds for each file read from an address.
        encoding: what text that is not in UTF-8 or UTF-16 is in, such as "cp949"; None finds out, by the rule
            in `texts.py`, and refuses a file where that is not clear. The report counts such files.
        exclude: patterns of files and folders that are left out, as in `.gitignore`: "*.json", "raw/",
            "/2023/**"; see `ignoring.py`. They belong to each folder of `paths`, whose `.clipignore` files
            say the same for what is in their folders; these options come after them. What is named by
            itself, and what a manifest names, is taken in any case.
        include: patterns of files that are taken though they are no notes (`notes.py`: sidecars, data, web
            pages, source code, ...) or excluded; not from folders that are excluded. Rows of files that are
            left out stay as they are, under `prune` too.
        only: "pictures" or "texts"; what is neither a picture nor named as one is no failure under the first.
        show_progress: a bar with rates.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the collection or the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    refuse_async(collection, "ingest", "aingest")
    plan = Plan(
        paths=several(paths),
        manifests=several(manifests),
        captions=captions or {},
        sample=sample,
        embed_captions=embed_captions,
        allow_schemes=checked_schemes(allow_schemes),
        prune=prune,
        prune_empty=folders_of(prune_empty, prune=prune),
        prune_most=prune_most,
        cache=cache,
        failures=failures,
        retry_seconds=retry_seconds,
        max_bytes=max_bytes,
        timeout=timeout,
        encoding=checked_encoding(encoding),
        choice=choice_of(exclude, include, only),
        show_progress=show_progress,
    )
    embedder = embedder_of(collection)
    plan.check(collection, embedder)
    found = plan.found()
    record_identity(collection, embedder)
    return plan.run(collection, embedder, found, Event())
