"""The check in front of the store: what Chroma would lose, change or be lost by never gets there."""

import asyncio
import datetime
import enum
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
from chromadb.api import AsyncClientAPI, ClientAPI
from pictures import photo

from chroma_clip_embeddings import (
    aadd_items,
    add_items,
    aopen_collection,
    asearch,
    aset_caption,
    ingest,
    open_collection,
    set_caption,
)
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.checks import MOST_KEYS, MOST_LISTED

NAN, INF = float("nan"), float("inf")


class Colour(enum.StrEnum):
    RED = "red"


class Number(float):
    """A float that a client cannot write as JSON."""


def keys(count: int) -> dict[str, Any]:
    return {f"k{i}": i for i in range(count)}


# Metadata, and what its refusal says.
BAD: dict[str, tuple[dict[Any, Any], str]] = {
    "nan in a list": (
        {"gps": [37.5, NAN]},
        r"metadatas\[1\]\['gps'\]\[1\]: got nan.*leave it out \(id 'x'\)",
    ),
    "inf in a list": ({"gps": [-INF]}, r"\['gps'\]\[0\]: got -inf"),
    "nan": ({"gps": NAN}, r"\['gps'\]: got nan, which a store drops"),
    "inf of numpy": ({"gps": np.float64(INF)}, r"\['gps'\]: got inf"),
    "too many keys": (keys(6_000), r"it has 6,001 keys; a store takes 5,400 in a row\. Keep"),
    "too long a list": ({"a": list(range(5_462))}, r"its lists hold 5,462 items; a store takes 5,400"),
    "too long lists": ({"a": [1] * 3_000, "b": [2] * 3_000}, "its lists hold 6,000 items"),
    "2**63": ({"n": 2**63}, r"\['n'\]: 9223372036854775808 does not fit into 64 bits; write it as text"),
    "2**70 in a list": ({"n": [2**70]}, r"\['n'\]\[0\]: 1180591620717411303424 does not fit"),
    "thousands of digits": ({"n": 10**9_999}, r"\['n'\]: an object of type int does not fit"),
    "an empty name": ({"": 1}, r"metadatas\[1\]: a name may not be empty.*got ''; rename it \(id 'x'\)"),
    "$": ({"$a": 1}, r"begin with # or \$; got '\$a'"),
    "#": ({"#a": 1}, r"begin with # or \$; got '#a'"),
    "chroma:": ({"chroma:uri": "elsewhere"}, r"may not begin with 'chroma:'.*got 'chroma:uri'"),
    "half a character as a name": ({"\udcff": 1}, r"a name, '\\udcff' cannot be stored as UTF-8"),
    "half a character": ({"a": "\udcff"}, r"\['a'\]: '\\udcff' cannot be stored as UTF-8"),
    "half a character in a list": ({"a": ["x", "\udcff"]}, r"\['a'\]\[1\]: '\\udcff' cannot be stored"),
    "a number as a name": ({3: "x"}, r"metadatas\[1\]: got int 3 as a name; expected a string"),
    "a date": ({"a": datetime.date(2024, 5, 1)}, r"\['a'\]: got date .*value\.isoformat\(\) \(id 'x'\)"),
    "a tuple": ({"a": (1, 2)}, r"got tuple \(1, 2\); .*pass a list"),
    "a path": ({"a": Path("b")}, r"pass str\(value\)"),
    "bytes": ({"a": b"b"}, "got bytes"),
    "a decimal": ({"a": Decimal("1.5")}, r"pass float\(value\)"),
    "numpy": ({"a": np.int64(1)}, r"got int64 (np\.int64\(1\)|1); .*value\.tolist\(\)"),
    "a float of another type": ({"a": Number(1.5)}, r"got Number 1\.5; .*pass float\(value\)"),
    "nesting": ({"a": {"b": 1}}, r"got dict \{'b': 1\}; .*json\.dumps\(value\)"),
    "nesting in a list": ({"a": [[1]]}, r"\['a'\]\[0\]: got list"),
    "two types in a list": (
        {"a": [1, 2.5]},
        r"\['a'\]\[1\]: got float 2\.5 in a list of int; a list holds one",
    ),
    "None in a list": ({"a": ["x", None]}, r"\['a'\]\[1\]: got NoneType None in a list of str"),
    "an empty list": ({"a": []}, r"\['a'\]: got an empty list.*leave it out"),
    "something else": ({"a": object()}, r"\['a'\]: got object <object"),
}


def assert_nothing_stored_and_well(collection: chromadb.Collection) -> None:
    """No row of the call, and the collection takes and gives rows."""
    assert collection.count() == 0
    add_items(collection, ids=["later"], texts=["a cat"])
    assert collection.get()["ids"] == ["later"]


@pytest.mark.parametrize("name", BAD)
def test_a_value_that_a_store_cannot_keep_is_named_and_nothing_of_the_call_is_stored(
    collection: chromadb.Collection, name: str
) -> None:
    metadata, message = BAD[name]
    with pytest.raises(InvalidInputError, match=message):
        add_items(collection, ids=["good", "x"], texts=["a", "b"], metadatas=[None, metadata])
    assert_nothing_stored_and_well(collection)


def test_the_async_client_has_the_same_check(
    server: tuple[str, int], unused: str, tiny: CLIPEmbedder
) -> None:
    async def work(client: AsyncClientAPI) -> None:
        collection = await aopen_collection(client, unused, embedder=tiny)
        for metadata, message in BAD.values():
            with pytest.raises(InvalidInputError, match=message):
                await aadd_items(collection, ids=["good", "x"], texts=["a", "b"], metadatas=[None, metadata])
        assert await collection.count() == 0
        await aadd_items(collection, ids=["p"], images=[photo(20, 20)])
        for caption in ("\udcff", "x" * 16_000_001):
            with pytest.raises(InvalidInputError, match="caption: "):
                await aset_caption(collection, "p", caption)
        for k in (2**40, "5", 0, True):
            with pytest.raises(InvalidInputError, match="k: got"):
                await asearch(collection, text="a cat", k=k)  # type: ignore[arg-type]

    async def run() -> None:
        await work(await chromadb.AsyncHttpClient(host=server[0], port=server[1]))

    asyncio.run(run())


def test_what_passes_comes_back_as_it_was(store: ClientAPI, unused: str, tiny: CLIPEmbedder) -> None:
    metadata: dict[str, Any] = {
        "int": 2**63 - 1,
        "least": -(2**63),
        "float": 1e308,
        "small": 5e-324,
        "of numpy": np.float64(0.1),
        "bool": True,
        "text": "바다\0뒤",
        "이름\0": "",
        "enumeration": Colour.RED,
        "texts": ["x", "바다\0"],
        "ints": [2**63 - 1, -(2**63)],
        "floats": [0.5, -0.0],
        "bools": [True, False],
        "chroma": "no prefix",
        "c": 1,
        " ": 1,
    }
    collection = open_collection(store, unused, embedder=tiny)
    add_items(
        collection,
        ids=["a\0b"],
        texts=["a cat\0 and a dog"],
        uris=["notes\0.txt"],
        metadatas=[{**metadata, "none": None}],
    )
    got: Any = collection.get(include=["documents", "metadatas", "uris"])
    assert got["ids"] == ["a\0b"]
    assert got["documents"] == ["a cat\0 and a dog"]
    assert got["uris"] == ["notes\0.txt"]
    (found,) = got["metadatas"]
    assert found == {**metadata, "modality": "text", "uri": "notes\0.txt"}
    assert {name: type(found[name]) for name in ("int", "float", "bool")} == {
        "int": int,
        "float": float,
        "bool": bool,
    }


def test_as_many_keys_and_items_as_are_let_through_are_stored(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    """With room to spare: Chroma takes 5,461, document and uri among the keys."""
    collection = open_collection(store, unused, embedder=tiny)
    metadata = {**keys(MOST_KEYS - 3), "list": list(range(MOST_LISTED))}  # and "modality" and "uri"
    for _ in range(2):  # replacing it too
        add_items(collection, ids=["x"], texts=["a cat"], uris=["cat.txt"], metadatas=[metadata])
    got: Any = collection.get(include=["metadatas", "uris"])
    assert got["metadatas"] == [{**metadata, "modality": "text", "uri": "cat.txt"}]
    assert got["uris"] == ["cat.txt"]
    with pytest.raises(InvalidInputError, match="it has 5,401 keys"):
        add_items(collection, ids=["y"], texts=["a"], metadatas=[keys(MOST_KEYS)])


def test_a_row_that_no_server_takes_is_refused_by_a_folder_too(collection: chromadb.Collection) -> None:
    picture = photo(20, 20)
    several: list[dict[str, Any]] = [
        {"captions": ["x" * 16_000_000]},
        {"metadatas": [{"a": "바" * 5_400_000}]},
    ]
    for columns in several:
        with pytest.raises(InvalidInputError, match=r"metadatas\[0\]: the row is of 16,.* bytes.*\(id 'x'\)"):
            add_items(collection, ids=["x"], images=[picture], **columns)
    with pytest.raises(InvalidInputError, match=r"xxx\.\.\. \(17,000,002 characters\)"):
        add_items(collection, ids=["x" * 17_000_000], images=[picture])
    assert_nothing_stored_and_well(collection)


@pytest.mark.parametrize(
    ("id", "caption", "message"),
    [
        ("p", "\udcff", r"caption: '\\udcff' cannot be stored"),
        ("p", "x" * 16_000_001, "caption: the row is of 16,000,002 bytes"),
        ("p", 3, "caption: got 3; expected words"),
        ("\udcff", "words", r"id: '\\udcff' cannot be stored"),
        (3, "words", "id: got 3; expected a string"),
    ],
)
def test_a_caption_that_cannot_be_stored_changes_nothing(
    collection: chromadb.Collection, id: Any, caption: Any, message: str
) -> None:
    add_items(collection, ids=["p"], images=[photo(20, 20)], captions=["the sea"])
    with pytest.raises(InvalidInputError, match=message):
        set_caption(collection, id, caption)
    assert collection.get()["documents"] == ["the sea"]


def test_a_line_of_a_manifest_that_would_break_the_collection_costs_that_line(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    for i in range(6):
        photo(20, 20, i).save(tmp_path / f"{i}.png")
    metadatas = [keys(5_000), keys(6_000), {"gps": [1.5, NAN]}, {"chroma:uri": "x"}, {"a": [1] * 6_000}]
    lines = [{"uri": f"{i}.png", "metadata": metadata} for i, metadata in enumerate(metadatas)]
    lines.append({"uri": "5.png", "caption": "바" * 5_400_000, "metadata": {}})
    path = tmp_path / "m.jsonl"
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    report = ingest([], collection, manifests=path)
    assert (report.images, len(report.failures)) == (1, 5)
    reasons = [failure.reason for failure in report.failures]
    expected = ["it has 6,000 keys", "['gps'][1]: got nan", "'chroma:'", "lists hold 6,000", "of 16,200,"]
    assert all(part in reason for part, reason in zip(expected, reasons, strict=True)), reasons
    (found,) = collection.get()["metadatas"] or [{}]
    assert keys(5_000).items() <= found.items()
