"""The three stages of an ingestion: identify, embed, store. What went wrong flows along as rows.

Counting what flows, not what a worker remembers, is right also when Ray runs a batch again. Imports ray,
pyarrow, Pillow, numpy and the public core.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError, EmbedderConfig, FingerprintMismatchError
from clip_embeddings.ingestion.rows.ids import is_picture, name_of, passage_id
from ray_clip_embeddings.collection import CollectionSink
from ray_clip_embeddings.columns import Item, SourceColumns, as_table, values_of
from ray_clip_embeddings.encoder import ItemEncoder, vector_array

NEW, STORED, FAILED, FATAL = "new", "stored", "failed", "fatal"
_ROW = pa.schema(
    {
        "status": pa.string(),
        "id": pa.string(),
        "modality": pa.string(),
        "content_sha256": pa.string(),
        "uri": pa.string(),
        "document": pa.string(),  # the text itself, or what a picture's row has in its place
        "picture": pa.binary(),
        "reason": pa.string(),
    }
)
_OUTCOME = pa.schema(
    {"outcome": pa.string(), "count": pa.int64(), "path": pa.string(), "reason": pa.string()}
)


class Sink(Protocol):
    """Where rows are stored: a collection of a store, or a folder of files."""

    def stored(self, ids: Sequence[str]) -> set[str]: ...

    def store(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """What the stages need to know.

    Attributes:
        places: in the order in which a row gets there.
        splits: of the model whose passages a text becomes, one row each; None where a text is one row.
    """

    columns: SourceColumns
    caption_column: str | None
    places: tuple[Sink, ...]
    splits: EmbedderConfig | None = None


def identify(batch: Any, *, job: Job) -> pa.Table:
    """Rows of the dataset -> rows of the job, without content where every place has them already."""
    try:
        table = as_table(batch)
        texts, captions = (values_of(table, name) for name in (job.columns.text_column, job.caption_column))
        rows = [
            _taken(_row(part, caption), job)
            for item, text, caption in zip(job.columns.items(table), texts, captions, strict=True)
            for part in _parts(item, text, job)
        ]
        ids = list(dict.fromkeys(row["id"] for row in rows if row["status"] == NEW))
        everywhere = set(ids).intersection(*(place.stored(ids) for place in job.places))
    except ClipEmbeddingsError as error:
        return pa.Table.from_pylist([_fatal(error)], _ROW)
    for row in rows:
        if row["status"] == NEW and row["id"] in everywhere:
            row |= {"status": STORED, "picture": None, "document": None}
        everywhere.add(row["id"])  # content repeated in a batch is embedded once
    return pa.Table.from_pylist(rows, _ROW)


def _parts(item: Item, text: Any, job: Job) -> list[Item]:
    """The passages of a text as ingestion makes them; anything else as it is."""
    if job.splits is None or item.sha256 is None or not isinstance(item.content, str):
        return [item]
    passages = _splitter(job.splits).split_text(text)
    return [
        replace(item, content=each.text, id=passage_id(item.sha256, each.start, each.end))
        for each in passages
    ]


@lru_cache(maxsize=2)
def _splitter(config: EmbedderConfig) -> CLIPEmbedder:
    """Of a process; its weights are never loaded."""
    return CLIPEmbedder.from_config(config)


def _row(item: Item, caption: Any) -> dict[str, Any]:
    row = {"id": item.id, "modality": item.modality, "content_sha256": item.sha256, "uri": item.uri}
    if item.reason is not None:
        return {**row, "status": FAILED, "reason": item.reason}
    if isinstance(item.content, str):
        return {**row, "status": NEW, "document": item.content}
    words = caption if isinstance(caption, str) and caption else name_of(item.uri) or item.id
    picture = _png(item.content) if isinstance(item.content, np.ndarray) else item.content
    return {**row, "status": NEW, "document": words, "picture": picture}


def _taken(row: dict[str, Any], job: Job) -> dict[str, Any]:
    """The row, or its failure where a store does not take it: a bad row costs that row."""
    sinks = [place for place in job.places if isinstance(place, CollectionSink)]
    for reason in filter(None, (sink.refusal(row) for sink in sinks if row["status"] == NEW)):
        return {**row, "status": FAILED, "reason": reason, "document": None, "picture": None}
    return row


def _png(array: NDArray[np.uint8]) -> bytes:
    """An array as a file that loses nothing, so that one column holds every picture."""
    file = io.BytesIO()
    array = array[:, :, 0] if array.ndim == 3 and array.shape[2] == 1 else array
    Image.fromarray(array).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _fatal(error: Exception) -> dict[str, Any]:
    return {"status": FATAL, "uri": type(error).__name__, "reason": str(error)}


class EmbedRows:
    """New rows get their vector, others pass. One model in each actor."""

    def __init__(self, config: EmbedderConfig, fingerprint: str, dimension: int) -> None:
        self._encoder, self._fingerprint, self._dimension = ItemEncoder(config), fingerprint, dimension

    def __call__(self, table: pa.Table) -> pa.Table:
        rows = table.drop_columns(["picture"]).to_pylist()
        vectors = np.zeros((len(rows), self._dimension), np.float32)
        new = [place for place, row in enumerate(rows) if row["status"] == NEW]
        try:
            if new:
                pictures = table["picture"].take(new).to_pylist()
                vectors[new], reasons = self._encode([rows[place] for place in new], pictures)
                for place, reason in zip(new, reasons, strict=True):
                    if reason is not None:
                        rows[place] |= {"status": FAILED, "reason": reason}
        except ClipEmbeddingsError as error:
            rows, vectors = [_fatal(error)], vectors[:1]
        without = np.array([row["status"] != NEW for row in rows], bool)
        made = pa.Table.from_pylist(rows, _ROW.remove(_ROW.get_field_index("picture")))
        return made.append_column("embedding", vector_array(vectors, without))

    def _encode(
        self, rows: list[dict[str, Any]], pictures: list[bytes | None]
    ) -> tuple[NDArray[np.float32], list[str | None]]:
        if self._encoder.fingerprint != self._fingerprint:
            raise FingerprintMismatchError(
                f"a worker's model has the fingerprint {self._encoder.fingerprint}, the driver's "
                f"{self._fingerprint}. Put the same model on every machine"
            )
        items = [Item(content=row["document"], modality=row["modality"]) for row in rows]
        return self._encoder.encode(
            [
                item if picture is None else replace(item, content=picture)
                for item, picture in zip(items, pictures, strict=True)
            ]
        )


def store(table: pa.Table, *, job: Job) -> pa.Table:
    """Rows into every place that lacks them -> how many became what, and one row for each failure."""
    rows = table.drop_columns(["embedding"]).to_pylist()
    outcomes = [_outcome(row) for row in rows if row["status"] in (FAILED, FATAL)]
    places = {row["id"]: place for place, row in reversed(list(enumerate(rows))) if row["status"] == NEW}
    new = [rows[place] for place in places.values()]
    vectors = _vectors(table, list(places.values()))
    added: set[str] = set()
    try:
        for place in job.places:
            there = place.stored([row["id"] for row in new])
            lacking = [i for i, row in enumerate(new) if row["id"] not in there]
            if lacking:
                place.store([new[i] for i in lacking], vectors[lacking])
            added |= {new[i]["id"] for i in lacking}
    except ClipEmbeddingsError as error:
        return pa.Table.from_pylist([_outcome(_fatal(error))], _OUTCOME)
    images = sum(map(is_picture, added))
    skipped = sum(row["status"] in (NEW, STORED) for row in rows) - len(added)
    counts = {"images": images, "passages": len(added) - images, "skipped": skipped}
    outcomes += [{"outcome": outcome, "count": count} for outcome, count in counts.items() if count]
    return pa.Table.from_pylist(outcomes, _OUTCOME)


def _outcome(row: dict[str, Any]) -> dict[str, Any]:
    path = row.get("uri") or row.get("id") or "a row without a uri"
    return {"outcome": row["status"], "count": 1, "path": path, "reason": row["reason"]}


def _vectors(table: pa.Table, places: list[int]) -> NDArray[np.float32]:
    """Rows of the column of vectors: float32 (N, D)."""
    column = table["embedding"].combine_chunks().take(pa.array(places, pa.int64()))
    flat: NDArray[np.float32] = column.flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(len(places), column.type.list_size)
