"""What processes do that write to one table at once; each waits for the others before it begins."""

import time
from pathlib import Path

import numpy as np
from stores import opened

from clip_embeddings.ingestion.rows.row import Row
from lancedb_clip_embeddings import LanceRows, open_table

ROWS = 400


def begin(meeting: str, name: str, number: int) -> None:
    folder = Path(meeting)
    (folder / name).touch()
    while len(list(folder.iterdir())) < number:
        time.sleep(0.005)


def add_the_same_rows(place: str, meeting: str, name: str) -> None:
    """Twenty at a time, with a field of its own and one that all have."""
    rows = LanceRows(open_table(place, "photos"))
    vectors = np.ones((20, 128), np.float32)
    begin(meeting, name, 2)
    for start in range(0, ROWS, 20):
        fields = {"modality": "text", "by": name, f"of {name}": start, f"at {start // 100}": True}
        part = [Row(f"row {i}", "", False, name, fields) for i in range(start, start + 20)]
        rows.add(part, vectors)


def add_fields(place: str, meeting: str, name: str) -> None:
    """A field of its own to the same rows, a few rows at a time."""
    rows = LanceRows(open_table(place, "photos"))
    begin(meeting, name, 2)
    for start in range(0, ROWS, 20):
        ids = [f"row {i}" for i in range(start, start + 20)]
        rows.update(ids, np.ones((20, 128), np.float32), [{f"of {name}": start}] * 20)


def ingest_folder(place: str, meeting: str, name: str, folder: str) -> int:
    held = opened("lancedb", place)
    begin(meeting, name, 2)
    report = held.ingest([folder])
    return report.added + report.skipped
