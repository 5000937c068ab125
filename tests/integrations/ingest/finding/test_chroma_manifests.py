"""Manifests: what a line gives, and that a bad one is named and the rest goes on."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import chromadb
import pytest
from stored import write_parquet

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from clip_embeddings.ingestion.find.manifests import read_manifest


def read(path: Path, content: str | bytes, **options: Any) -> list[Entry | IngestProblem]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_manifest(path, **options))


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        {"uri": "a.jpg", "caption": " the sea ", "metadata": {"page": 3, "tags": ["x", "y"]}, "year": 2024},
        {"uri": "/photos/b.jpg", "caption": "", "metadata": None, "empty": None, "vector": [0.1], "ok": True},
        {"uri": "https://example.org/바다.jpg"},
    ]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n\n"
    found = read(tmp_path / "m.jsonl", content, allow_schemes=["https"])
    assert found == [
        Entry(
            str(tmp_path / "a.jpg"),
            "the sea",
            {"page": 3, "tags": ["x", "y"], "year": 2024},
            "m.jsonl line 1",
        ),
        Entry("/photos/b.jpg", None, {"ok": True}, "m.jsonl line 2"),
        Entry("https://example.org/바다.jpg", None, {}, "m.jsonl line 3"),
    ]


def test_csv(tmp_path: Path) -> None:
    content = (
        "\ufeff, uri ,caption,metadata,year,empty\r\n"  # as Excel and pandas write it
        '0,sub/a.jpg,"the sea, and\na boat","{""page"": 3}",2024,\r\n'
        "\r\n"
        "1,../b.jpg,,,,\r\n"
    )
    assert read(tmp_path / "m.csv", content) == [
        Entry(
            str(tmp_path / "sub/a.jpg"), "the sea, and\na boat", {"page": 3, "year": "2024"}, "m.csv line 2"
        ),
        Entry(str(tmp_path.parent / "b.jpg"), None, {}, "m.csv line 5"),
    ]


BAD_LINES: dict[str, tuple[str | bytes, str]] = {
    "not JSON": (
        "{'uri': 'a.jpg'}",
        "the line is not JSON (Expecting property name enclosed in double quotes at column 2)",
    ),
    "an array": ('["a.jpg"]', "the line: got list; expected an object"),
    "too deep": ("[" * 100_000, "the line is not JSON that can be read (nested too deeply)"),
    "a number without end": ('{"uri": "a", "x": ' + "1" * 5_000 + "}", "not JSON that can be read (Exceeds"),
    "no uri": ('{"url": "a.jpg"}', "has no uri"),
    "uri of a wrong type": ('{"uri": 7}', "uri: got int; expected a string"),
    "caption of a wrong type": ('{"uri": "a", "caption": ["x"]}', "caption: got list; expected a string"),
    "not UTF-8": (b'{"uri": "caf\xe9.jpg"}', "is not UTF-8; save the manifest in UTF-8"),
    "half a character": (
        r'{"uri": "a", "caption": "\ud83d"}',
        "caption: '\\ud83d' cannot be stored as UTF-8",
    ),
    "a NUL": (r'{"uri": "a\u0000.jpg"}', "uri: 'a\\x00.jpg' holds a NUL character"),
    "metadata of a wrong type": ('{"uri": "a", "metadata": 7}', "metadata: got int; expected an object"),
    "metadata that nests": ('{"uri": "a", "metadata": {"x": {"y": 1}}}', "metadata['x']: got dict {'y': 1}"),
    "a mixed list": ('{"uri": "a", "metadata": {"x": [1, "y"]}}', "metadata['x'][1]: got str"),
    "infinity": ('{"uri": "a", "metadata": {"x": Infinity}}', "metadata['x']: got inf, which a store drops"),
    "a large number": (
        '{"uri": "a", "x": 9223372036854775808}',
        "metadata['x']: 9223372036854775808 does not",
    ),
    "a name of ours": (
        '{"uri": "a", "metadata": {"modality": "x"}}',
        "metadata: 'modality' is written for you",
    ),
    "a name Chroma refuses": (
        '{"uri": "a", "$x": 1}',
        "metadata: a name may not be empty or begin with # or $",
    ),
    "the same name twice": (
        '{"uri": "a", "x": 1, "metadata": {"x": 1}}',
        "'x' is a column and in the metadata",
    ),
    "a scheme": (
        '{"uri": "s3://b/a"}',
        "addresses of scheme 's3' are not read unless that is allowed: --allow",
    ),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_bad_line_of_json_is_named_and_the_rest_goes_on(tmp_path: Path, name: str) -> None:
    line, reason = BAD_LINES[name]
    line = line if isinstance(line, bytes) else line.encode()
    found = read(tmp_path / "m.jsonl", b'{"uri": "a"}\n' + line + b'\n{"uri": "z"}')
    assert [type(each) for each in found] == [Entry, IngestProblem, Entry]
    assert str(found[1]).startswith("m.jsonl line 2: ")
    assert reason in str(found[1])


@pytest.mark.parametrize(
    ("line", "place", "reason"),
    [
        ("b.jpg", "line 3", "has 1 fields; the header has 3"),
        ("b.jpg,x,{},y", "line 3", "has 4 fields; the header has 3"),
        (",x,{}", "line 3", "has no uri"),
        ("b.jpg,x,{page: 3}", "line 3", "metadata is not JSON"),
        ("b.jpg,caf\udce9,", "line 3", "is not UTF-8; save the manifest in UTF-8"),
        ('"b.jpg" x,,', "line 3", "not CSV"),
        (f"b.jpg,{'x' * 200_000},", "line 3", "not CSV (field larger than field limit"),
    ],
)
def test_a_bad_line_of_csv_is_named_and_the_rest_goes_on(
    tmp_path: Path, line: str, place: str, reason: str
) -> None:
    content = f"uri,caption,metadata\na.jpg,,\n{line}\nz.jpg,,\n".encode(errors="surrogateescape")
    found = read(tmp_path / "m.csv", content)
    assert [type(each) for each in found] == [Entry, IngestProblem, Entry]
    assert str(found[1]).startswith(f"m.csv {place}: ")
    assert reason in str(found[1])


def test_a_quotation_mark_that_is_not_closed_names_all_the_lines_it_took(tmp_path: Path) -> None:
    found = read(tmp_path / "m.csv", 'uri,caption\na.jpg,"the sea\nb.jpg,x\nc.jpg,y\n')
    assert [str(each) for each in found] == ["m.csv lines 2-4: not CSV (unexpected end of data)"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", "", "has no column 'uri'; its columns are none"),
        ("m.csv", "url,caption\n", "has no column 'uri'; its columns are 'url', 'caption'"),
        ("m.csv", "uri;caption\n", "'uri;caption'. Separate columns with commas, not ';'"),
        ("m.csv", "uri,x,x\n", "has more than one column 'x'; rename one"),
        ("m.csv", "uri,modality\n", "column 'modality' is written for you; rename it"),
        ("m.csv", '"uri\n', "its first line is not CSV"),
        ("m.csv", b"uri,caf\xe9\n", "its first line is not UTF-8"),
        ("m.parquet", "uri\n", "not a Parquet file"),
        ("m.txt", "uri\n", "not a manifest; expected a name ending in .jsonl, .ndjson, .csv, .parquet, .pq"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_an_error_at_once(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    if name == "m.parquet":
        pytest.importorskip("pyarrow", reason="Parquet is read with it")
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInputError) as error:
        read_manifest(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_a_manifest_that_is_a_folder_or_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    (tmp_path / "m.csv").mkdir()
    with pytest.raises(InvalidInputError, match=r"m\.csv: is not a regular file"):
        read_manifest(tmp_path / "m.csv")
    with pytest.raises(InvalidInputError, match=r"none\.csv: no such manifest"):
        read_manifest(tmp_path / "none.csv")


def test_every_metadata_that_is_let_through_is_stored_as_it_is(
    tmp_path: Path, collection: chromadb.Collection, tiny: CLIPEmbedder
) -> None:
    values = {
        "text": "바다",
        "int": -(2**63),
        "float": 0.5,
        "bool": False,
        "list": [1, 2],
        "a b": "",
        "x\0": "\0",
    }
    (found,) = read(tmp_path / "m.jsonl", json.dumps({"uri": "a", "metadata": values}))
    assert isinstance(found, Entry)
    collection.add(ids=["1"], embeddings=tiny.embed_texts(["a"]), metadatas=[found.metadata])
    assert collection.get()["metadatas"] == [values]


def test_a_line_that_does_not_end_is_skipped_without_reading_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clip_embeddings.ingestion.find.manifests._LONGEST_LINE", 100)
    long = json.dumps({"uri": "a", "caption": "x" * 1_000})
    exact = json.dumps({"uri": "b", "caption": "x" * 72})
    assert len(exact) == 100 - 1
    found = read(tmp_path / "m.jsonl", f'{long}\n{exact}\n{{"uri": "c"}}')
    assert [type(each) for each in found] == [IngestProblem, Entry, Entry]
    assert str(found[0]).startswith("m.jsonl line 1: is longer than 100 characters")
    assert found[2] == Entry(str(tmp_path / "c"), place="m.jsonl line 3")


def test_of_very_many_columns_the_first_are_named(tmp_path: Path) -> None:
    columns = [f"c{number}" for number in range(30_000)]
    with pytest.raises(InvalidInputError, match=r"no column 'uri'.*'c19' and 29,980 more"):
        read(tmp_path / "m.csv", ",".join(columns))
    with pytest.raises(InvalidInputError, match="more than one column 'c7'"):
        read(tmp_path / "m.csv", ",".join(["uri", *columns, "c7"]))


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_many_lines_are_streamed(tmp_path: Path, kind: str) -> None:
    path, uris = tmp_path / f"m.{kind}", [f"folder/{number}.jpg" for number in range(10_000)]
    if kind == "parquet":
        write_parquet(path, {"uri": uris}, row_group_size=1_000)
    else:
        lines = [json.dumps({"uri": uri}) for uri in uris] if kind == "jsonl" else ["uri", *uris]
        path.write_text("\n".join(lines))
        del lines
    del uris
    next(read_manifest(path))  # so that what is loaded once is there
    tracemalloc.start()
    try:
        count = sum(isinstance(each, Entry) for each in read_manifest(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 400_000, peak  # the entries alone are 3 MB
