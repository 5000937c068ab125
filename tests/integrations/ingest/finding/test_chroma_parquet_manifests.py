"""Manifests in Parquet: what a row gives, and that a bad row, group or column is named."""

import sys
from pathlib import Path

import pytest
from stored import write_parquet

from clip_embeddings import InvalidInputError, MissingExtraError
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.find.manifests import read_manifest


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is read with it")
    import datetime

    columns = {
        "uri": pyarrow.array(["a.jpg", "b.jpg"]).dictionary_encode(),
        "caption": ["the sea", None],
        "metadata": [{"page": 3, "title": None}, None],
        "year": [2024, None],
        "score": [0.5, float("nan")],
        "day": [datetime.date(2024, 5, 1), None],
        "vector": [[0.1, 0.2], None],
    }
    write_parquet(tmp_path / "m.parquet", columns)
    first = {"page": 3, "year": 2024, "score": 0.5, "day": "2024-05-01"}
    assert list(read_manifest(tmp_path / "m.parquet")) == [
        Entry(str(tmp_path / "a.jpg"), "the sea", first, "m.parquet row 1"),
        Entry(str(tmp_path / "b.jpg"), None, {}, "m.parquet row 2"),
    ]


def test_metadata_in_parquet_may_be_a_map_or_json_text(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is read with it")
    mapped = pyarrow.array([[("page", 3)]], pyarrow.map_(pyarrow.string(), pyarrow.int64()))
    for metadata in (mapped, ['{"page": 3}']):
        write_parquet(tmp_path / "m.parquet", {"uri": ["a.jpg"], "metadata": metadata})
        (found,) = read_manifest(tmp_path / "m.parquet")
        assert isinstance(found, Entry)
        assert found.metadata == {"page": 3}


def test_a_bad_row_of_parquet_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet is read with it")
    data = pyarrow.array([b"a", b"caf\xe9", b"", None, b"z"])
    uris = pyarrow.Array.from_buffers(
        pyarrow.string(), 5, data.buffers()
    )  # not checked, as from other writers
    write_parquet(tmp_path / "m.parquet", {"uri": uris}, row_group_size=2)
    found = list(read_manifest(tmp_path / "m.parquet"))
    assert [type(each) for each in found] == [Entry, IngestProblem, IngestProblem, IngestProblem, Entry]
    assert str(found[1]).startswith("m.parquet row 2: column 'uri' cannot be read ('utf-8' codec")
    assert [str(each) for each in found[2:4]] == [f"m.parquet row {row}: has no uri" for row in (3, 4)]


def test_a_damaged_group_of_rows_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.parquet"
    uris = [f"{number}.jpg" for number in range(30)]
    write_parquet(path, {"uri": uris}, row_group_size=10, compression="zstd", use_dictionary=False)
    parquet = pytest.importorskip("pyarrow.parquet")
    with parquet.ParquetFile(path) as file:
        start = file.metadata.row_group(1).column(0).data_page_offset
        size = file.metadata.row_group(1).column(0).total_compressed_size
    content = bytearray(path.read_bytes())
    content[start : start + size] = b"\xff" * size
    path.write_bytes(content)
    found = list(read_manifest(path))
    assert [each.uri for each in found if isinstance(each, Entry)] == [
        str(tmp_path / uri) for uri in uris[:10] + uris[20:]
    ]
    assert [each.place for each in found if isinstance(each, IngestProblem)] == ["m.parquet rows 11-20"]


def test_a_parquet_column_of_a_wrong_type_is_an_error_at_once(tmp_path: Path) -> None:
    write_parquet(tmp_path / "m.parquet", {"uri": [1, 2]})
    with pytest.raises(InvalidInputError, match=r"m\.parquet: column 'uri' is int64; expected strings"):
        read_manifest(tmp_path / "m.parquet")


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"reading Parquet needs pyarrow: pip install pyarrow"):
        read_manifest(tmp_path / "m.parquet")
