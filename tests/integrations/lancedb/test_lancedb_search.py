"""Search in a LanceDB table: the nearest rows, filtered before, in one ranking under a calibration."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lancedb.index import IvfFlat
from pictures import photo
from stored import write_files

from clip_embeddings import CLIPEmbedder, FingerprintMismatchError, InvalidInputError, StoreError
from clip_embeddings.ingestion.rows.row import Row
from lancedb_clip_embeddings import LanceRows, ingest, open_table, search

ROWS = 600


@pytest.fixture(scope="module")
def vectors() -> Any:
    made = np.random.default_rng(3).normal(size=(ROWS, 128)).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, tiny: CLIPEmbedder, vectors: Any) -> Any:
    """Rows of both modalities with vectors of no model; not to be written to."""
    table = open_table(tmp_path_factory.mktemp("store") / "db", "photos", embedder=tiny)
    fields = [{"modality": "text" if i % 3 else "image", "year": 2000 + i % 30} for i in range(ROWS)]
    rows = [Row(str(i), "", False, "", each) for i, each in enumerate(fields)]
    LanceRows(table).add(rows, vectors)
    return table


@pytest.mark.parametrize("asked", ["text", "image"])
@pytest.mark.parametrize(("modality", "where"), [("text", None), ("image", None), ("text", "year >= 2025")])
def test_the_hits_are_those_of_a_comparison_with_every_row(
    filled: Any, vectors: Any, tiny: CLIPEmbedder, asked: str, modality: Any, where: str | None
) -> None:
    query: Any = {"text": "a cat"} if asked == "text" else {"image": photo(40, 30)}
    vector = tiny.embed_texts(["a cat"]) if asked == "text" else tiny.embed_images([photo(40, 30)])
    scores = vectors @ vector[0]
    kept = [i for i in range(ROWS) if bool(i % 3) == (modality == "text") and (not where or i % 30 >= 25)]
    best = sorted(kept, key=lambda i: -scores[i])[:20]
    found = search(filled, k=20, modality=modality, where=where, **query)
    assert [hit.id for hit in found.hits] == [str(i) for i in best]
    np.testing.assert_allclose([hit.score for hit in found.hits], scores[best], atol=1e-5)
    assert found.ranked
    assert {hit.modality for hit in found.hits} == {modality}


def test_a_filter_that_leaves_few_rows_gives_these(filled: Any) -> None:
    assert len(search(filled, text="a cat", k=50, modality="image", where="year = 2003").hits) == 20
    assert search(filled, text="a cat", where="year = 1").hits == ()


def test_both_modalities_of_a_raw_table_come_in_turn_or_ranked_by_a_calibration(
    tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    raw = open_table(tmp_path / "db", "raw", embedder=tiny)
    joint = open_table(tmp_path / "db", "joint", embedder=tiny.with_calibration("reference"))
    files = write_files(tmp_path / "files", 8)
    for table in (raw, joint):
        ingest([files], table)
    in_turn = search(raw, text="a cat on the beach", k=3)
    assert (in_turn.ranked, [hit.modality for hit in in_turn.hits]) == (False, ["image", "text"] * 3)
    ranked = search(joint, text="a cat on the beach", k=16)
    late = search(raw, text="a cat on the beach", k=16, calibration="reference")
    assert ranked.ranked
    assert late.ranked
    assert {hit.modality for hit in ranked.hits} == {"image", "text"}
    assert [hit.id for hit in late.hits] == [hit.id for hit in ranked.hits]
    for one, other in zip(late.hits, ranked.hits, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)
        assert one.percentile == pytest.approx(other.percentile, abs=0.01)
    assert search(raw, text="a cat", k=3, calibration="reference", method="projected").ranked
    with pytest.raises(InvalidInputError, match="calibrated already"):
        search(joint, text="a cat", calibration="reference")


def test_an_index_of_the_users_own_is_used(tmp_path: Path, tiny: CLIPEmbedder, vectors: Any) -> None:
    table = open_table(tmp_path / "db", "photos", embedder=tiny)
    LanceRows(table).add([Row(str(i), "", False, "", {"modality": "text"}) for i in range(ROWS)], vectors)
    before = search(table, text="a cat", modality="text")
    table.create_index("vector", config=IvfFlat(distance_type="cosine", num_partitions=1))
    after = search(table, text="a cat", modality="text")
    assert [hit.id for hit in after.hits] == [hit.id for hit in before.hits]


def test_what_cannot_be_asked_is_said(
    filled: Any, embedder: CLIPEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StoreError, match=r"^cannot search: .*No field named yeer.*`year`.*Check `where`"):
        search(filled, text="a cat", where="yeer > 3")
    with pytest.raises(StoreError, match=r"^cannot search: .*Check `where`"):
        search(filled, text="a cat", where="year >")
    for where in ("", " ", 3):
        with pytest.raises(InvalidInputError, match="where: got"):
            search(filled, text="a cat", where=where)  # type: ignore[arg-type]
    wrong: Any
    for wrong in ({}, {"text": "a", "k": 0}, {"text": "a", "modality": "sound"}):
        with pytest.raises(InvalidInputError):
            search(filled, **wrong)
    from lancedb_clip_embeddings import table

    monkeypatch.setitem(table._EMBEDDERS, filled, embedder)
    with pytest.raises(FingerprintMismatchError, match="table 'photos' holds vectors of"):
        search(filled, text="a cat")
