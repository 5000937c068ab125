"""What any collection of any store can be asked to do: take files, answer queries, tell of its vectors."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from threading import Event
from typing import Any, Literal, Unpack

from clip_embeddings.context import Source
from clip_embeddings.embedder import CLIPEmbedder
from clip_embeddings.errors import InvalidInputError, StoreError
from clip_embeddings.ingestion import (
    AnyPath,
    IngestOptions,
    IngestReport,
    Plan,
    RowStore,
    run_plan,
)
from clip_embeddings.ingestion.rows.checks import check_count
from clip_embeddings.search import AnyModality, Calibration, Hit, Like, Method, Query, SearchResult
from clip_embeddings.stores.protocol import Collection
from clip_embeddings.tasks import stored
from clip_embeddings.tasks.adapting import of_collection
from clip_embeddings.types import ImageInput

_CHECK = "Check that the store is there"
_OF_ITS_OWN = 4  # rows of a picture that its own row finds: itself and its captions


def ingest(
    paths: AnyPath | Iterable[AnyPath], collection: Collection, **options: Unpack[IngestOptions]
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
        collection: from `Store.open`.
        options: those of `clip_embeddings.ingestion.IngestOptions`.
    Raises:
        InvalidInputError: before anything is stored: a path or manifest that cannot be used.
        FingerprintMismatchError: the collection or the sample holds vectors of another model.
        MissingExtraError: a manifest or an address without what reads it.
        StoreError: the store refused or went away, a disk is full, or the cache cannot be used; says how
            many rows are safe.
    """
    plan, embedder = Plan.of(paths, options), collection.embedder
    found = plan.found_for(embedder, collection.name)
    return run_plan(plan, collection.rows, embedder, found, Event())


def search(
    collection: Collection,
    *,
    text: str | None = None,
    image: ImageInput | None = None,
    k: int = 5,
    modality: AnyModality = "any",
    where: str | None = None,
    calibration: Calibration | None = None,
    method: Method = "filtered",
) -> SearchResult:
    """Find the rows nearest to a text, a picture, or both.

    Args:
        collection: from `Store.open`.
        text, image: the query; one of them, or both, which find what is like the picture and the words.
        k: how many; of each modality where they cannot be ranked in one list.
        modality: which to look for.
        where: what the metadata is to be: "year >= 2020 and lang = 'ko'", of numbers, texts, true and false.
        calibration: for a raw collection: ranks both modalities in one list, with nothing embedded again.
        method: how: "filtered" asks for each modality apart and ranks by calibrated scores; "projected" asks
            once without a filter, with a query freed of the gap, which is faster and a little worse. See
            benchmarks/RESULTS.md.
    Raises:
        InvalidInputError: no query, k no int from 1 on, unknown modality or method, a `where` that
            cannot be read, or a calibration for a collection that has its own.
        ImageDecodeError: the picture cannot be read.
        FingerprintMismatchError: the collection holds vectors of another model, or the calibration is of one.
        StoreError: the store does not answer.
    """
    embedder = collection.embedder
    return _answered(
        collection, Query(collection.name, embedder, text, image, k, modality, calibration, method, where)
    )


def row_of(collection: Collection, id: str) -> Source:
    """One row, whole.

    Raises:
        InvalidInputError: no row has that id.
        StoreError: the store does not answer.
    """
    return _row_of(collection, id)[0]


def rows_of(collection: Collection, ids: Sequence[str]) -> list[Source]:
    """Those of some ids that there are rows of, in one request.

    Raises:
        StoreError: the store does not answer.
    """
    with collection.rows.errors("read rows", _CHECK):
        found = collection.rows.get(list(ids))
    return list(map(_source, found.ids, found.documents, found.metadatas))


def similar(
    collection: Collection,
    id: str,
    *,
    k: int = 5,
    modality: AnyModality = "any",
    where: str | None = None,
) -> SearchResult:
    """Find the rows that are most like one that is stored, itself and its picture's captions left out.

    Its vector is what is looked for, so its file is not needed.

    Args:
        id: of the row.
        collection, k, modality, where: as for `search`.
    Raises:
        InvalidInputError: no row has that id, or as `search` raises it.
        FingerprintMismatchError: the collection holds vectors of another model.
        StoreError: the store does not answer, or has lost the row's vector.
    """
    check_count("k", k)
    row, vector = _row_of(collection, id, vectors=True)
    if vector is None:
        raise StoreError(f"{collection.name!r}: the row {id!r:.100} has no vector; ingest its file again")
    query = Query(
        collection.name,
        collection.embedder,
        text=None,
        image=None,
        k=k + _OF_ITS_OWN,
        modality=modality,
        calibration=None,
        method="filtered",
        where=where,
        like=Like(vector, _modality_of(row)),
    )
    found = _answered(collection, query)
    return SearchResult(tuple(_others(found, row, k)), found.ranked)


def _others(found: SearchResult, row: Source, k: int) -> Iterator[Hit]:
    """The first k, or k of each modality, that do not belong to the row."""
    given: Counter[str] = Counter()
    for hit in found.hits:
        if hit.id == row.id or Source(hit.id, hit.document, hit.metadata).key == row.key:
            continue
        ranking = "" if found.ranked else hit.modality
        given[ranking] += 1
        if given[ranking] <= k:
            yield hit


def _modality_of(row: Source) -> Literal["text", "image"]:
    """By its mark; without one, by having a file."""
    marked = row.metadata.get("modality", "image" if row.uris else "text")
    return "image" if marked == "image" else "text"


def _row_of(collection: Collection, id: str, *, vectors: bool = False) -> tuple[Source, Any]:
    with collection.rows.errors(f"read the row {id!r:.100}", _CHECK):
        found = collection.rows.get([id], vectors=vectors)
    if not len(found.ids):
        raise InvalidInputError(
            f"no row of {collection.name!r} has the id {id!r:.100}; take one of an earlier answer"
        )
    vector = None if found.vectors is None or not len(found.vectors) else found.vectors[0]
    return _source(found.ids[0], found.documents[0], found.metadatas[0]), vector


def _source(id: str, document: str | None, metadata: Mapping[str, Any] | None) -> Source:
    return Source(id, document or "", metadata or {})


def _answered(collection: Collection, query: Query) -> SearchResult:
    answers = [list(collection.nearest(request)) for request in query.requests()]
    for row in chain.from_iterable(answers):
        if unlike := [each for each in query.conditions if not each.holds(row.metadata)]:
            raise StoreError(
                f"{collection.name!r}: its store's adapter does not filter by {unlike[0].field}, as asked"
            )
    return query.result(answers)


def _rows_of(collection: Collection, called: str) -> tuple[RowStore, CLIPEmbedder]:
    return collection.rows, collection.embedder


explain = of_collection(stored.explain, _rows_of, "explain")
find_duplicates = of_collection(stored.find_duplicates, _rows_of, "find_duplicates")
draw_rows = of_collection(stored.draw_rows, _rows_of, "draw_rows")
