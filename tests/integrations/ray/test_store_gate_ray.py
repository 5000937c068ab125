"""The check in front of the server that a Ray job stores in: a row that it does not take costs that row."""

import numpy as np
import pyarrow as pa
import pytest

from chroma_clip_embeddings import connect
from clip_embeddings import CLIPEmbedder, InvalidInputError
from ray_clip_embeddings.collection import CollectionSink
from ray_clip_embeddings.columns import SourceColumns
from ray_clip_embeddings.server import Server
from ray_clip_embeddings.stages import Job, identify


@pytest.fixture
def place(server: tuple[str, int], unused: str, tiny: CLIPEmbedder) -> CollectionSink:
    return Server(unused, *server, False, (), 60.0, tiny.fingerprint).prepare(tiny)


def test_a_row_that_is_too_large_for_the_store_costs_that_row(place: CollectionSink) -> None:
    job = Job(SourceColumns(text_column="text", uri_column="path"), None, (place,))
    texts = ["a cat", "word " * 3_300_000, "a dog"]
    rows = identify(pa.table({"text": texts, "path": ["a", "b", "c"]}), job=job).to_pylist()
    assert [row["status"] for row in rows] == ["new", "failed", "new"]
    assert "the row is of 16,500," in rows[1]["reason"]
    assert rows[1]["uri"] == "b"


def test_rows_that_are_too_large_for_one_request_go_in_several(
    place: CollectionSink, server: tuple[str, int], tiny: CLIPEmbedder
) -> None:
    """A server takes 40 MiB in one."""
    rows = [
        {"id": f"image:{letter}", "modality": "image", "content_sha256": letter, "uri": None}
        | {"document": letter * 15_000_000}
        for letter in "abc"
    ]
    vectors = np.repeat(tiny.embed_texts(["a cat"]), 3, axis=0)
    place.store(rows, vectors)
    found = connect(host=server[0], port=server[1]).get_collection(place.collection, embedding_function=None)
    assert found.count() == 3
    with pytest.raises(InvalidInputError, match="the row is of 30,"):
        place.store([{**rows[0], "document": "x" * 30_000_000}], vectors[:1])
