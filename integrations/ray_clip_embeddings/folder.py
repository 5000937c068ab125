"""A folder of Parquet files as a place for rows. Imports ray, pyarrow, numpy and the public core."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset as pads
import pyarrow.fs as pafs
import pyarrow.parquet as pq
import ray
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError
from ray_clip_embeddings.encoder import vector_array

_FINGERPRINT = b"clip_fingerprint"
_TEXT_COLUMNS = ("id", "modality", "content_sha256", "clip_fingerprint", "uri", "document")


def schema(dimension: int, fingerprint: str) -> pa.Schema:
    """Of every file: `embedding` is a fixed-size list of D float32, unit rows."""
    fields = [pa.field(name, pa.string()) for name in _TEXT_COLUMNS]
    fields.append(pa.field("embedding", pa.list_(pa.float32(), dimension)))
    return pa.schema(fields, {_FINGERPRINT: fingerprint.encode()})


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that workers write to: shared by all machines, or of an object store.

    `known` is Ray's reference to the sorted digests of the ids that are there already: 16 bytes a row, held
    once on each machine.
    """

    filesystem: pafs.FileSystem
    path: str
    fingerprint: str
    known: Any

    @classmethod
    def prepare(cls, uri: str | os.PathLike[str], embedder: CLIPEmbedder) -> "Folder":
        """Create the folder, or read which rows it has.

        Raises:
            FingerprintMismatchError: it holds vectors of another model.
        """
        name = os.fspath(uri)
        filesystem, path = pafs.FileSystem.from_uri(name if "://" in name else os.path.abspath(name))  # noqa: PTH100
        filesystem.create_dir(path, recursive=True)
        found = pads.dataset(path, filesystem=filesystem, format="parquet")
        ids: list[NDArray[np.bytes_]] = [np.zeros(0, "S16")]
        fingerprint = embedder.fingerprint
        for fragment in found.get_fragments():
            on_record = (fragment.physical_schema.metadata or {}).get(_FINGERPRINT, b"none").decode()
            if not embedder.matches(on_record):
                raise FingerprintMismatchError(
                    f"{name!r} holds vectors of the fingerprint {on_record} ({fragment.path}); "
                    f"got {embedder.fingerprint}. Write into a new folder"
                )
            fingerprint = on_record  # new files say what those that are there say, an earlier release's too
            ids.append(_digests(fragment.to_table(columns=["id"])["id"].to_pylist()))
        return cls(filesystem, path, fingerprint, ray.put(np.sort(np.concatenate(ids))))

    def stored(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that were there when the job began."""
        known = ray.get(self.known)
        digests = _digests(ids)
        places = np.minimum(np.searchsorted(known, digests), max(len(known) - 1, 0))
        there = known[places] == digests if len(known) else np.zeros(len(ids), bool)
        return {id for id, is_there in zip(ids, there, strict=True) if is_there}

    def store(self, rows: Sequence[dict[str, Any]], vectors: NDArray[np.float32]) -> None:
        """Write one file. Its name is made of its ids, so the same batch again replaces it."""
        columns = [
            pa.array([{**row, "clip_fingerprint": self.fingerprint}[name] for row in rows], pa.string())
            for name in _TEXT_COLUMNS
        ]
        columns.append(vector_array(vectors, np.zeros(len(rows), bool)))
        table = pa.Table.from_arrays(columns, schema=schema(vectors.shape[1], self.fingerprint))
        digest = hashlib.sha256("\n".join(row["id"] for row in rows).encode()).hexdigest()[:32]
        # Readers of a folder pass over names with a dot, so half a file of a killed worker is never read.
        unfinished = f"{self.path}/.{digest}-{os.getpid()}"
        pq.write_table(table, unfinished, filesystem=self.filesystem)
        self.filesystem.move(unfinished, f"{self.path}/part-{digest}.parquet")


def _digests(ids: Sequence[str]) -> NDArray[np.bytes_]:
    return np.array([hashlib.sha256(id.encode()).digest()[:16] for id in ids], "S16")
