"""A search among rows of some metadata: the same rows in every store, and by the command line."""

import json
from pathlib import Path

import pytest
from several_stores import in_memory_store
from several_stores.in_memory_store import install
from typer.testing import CliRunner

import chroma_clip_embeddings as chroma
from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError
from clip_embeddings.conditions import conditions_of
from clip_embeddings.stores.collection import ingest, search
from clip_embeddings.stores.lookup import open_store
from clip_embeddings.stores.protocol import Collection
from clip_embeddings_app.cli.app import app

ROWS = [
    {"text": "a grey cat", "year": 2019, "lang": "en", "ok": True, "share": 0.5, "below": -1},
    {"text": "a black cat", "year": 2020, "lang": "en", "ok": False, "share": 1.5, "below": -2},
    {"text": "검은 고양이", "year": 2021, "lang": "ko", "ok": True, "a.b": 7, "below": 0},
    {"text": "it's a cat", "year": 2022, "who": "it's me", "camera model": "X 100"},
]
ASKED = [
    "year >= 2020",
    "year > 2019 and lang = 'en'",
    "lang != en",
    "ok = true",
    "share < 1.0",
    "who = 'it''s me'",
    "`camera model` = 'X 100' and year = 2022",
    "year = 1999",
    "year < 2020.5 and year > 2018.5",
    "year >= 2019.5",
    "year != 2020.5",
    "year = 2020.5",
    "below > -1.5",
    "below <= -1.5",
    "below >= -0.5",
    "share <= .5",
    "share = 1.5",
    "share != 1.5",
    "nowhere = 1",
    "nowhere != 1",
    "nowhere > 1",
    "`a.b` = 7",
    "year = '2020'",
    "lang != 3",
    "ok = 1",
    "document = 'a grey cat'",
    "id != 3",
]


@pytest.fixture(params=["chroma", "lancedb", "memory"])
def filled(
    request: pytest.FixtureRequest,
    tiny: CLIPEmbedder,
    store_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Collection:
    (tmp_path / "packages").mkdir()
    install(tmp_path / "packages")
    monkeypatch.syspath_prepend(tmp_path / "packages")
    monkeypatch.setattr(in_memory_store, "PLACES", {})
    lines = []
    for number, row in enumerate(ROWS):
        (tmp_path / f"{number}.txt").write_text(str(row["text"]), encoding="utf-8")
        fields = {name: value for name, value in row.items() if name != "text"}
        lines.append(json.dumps({"uri": f"{number}.txt", **fields}))
    (tmp_path / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    address = "memory:here" if request.param == "memory" else f"{request.param}:{store_folder}"
    collection = open_store(address).open("photos", embedder=tiny, create=True)
    report = ingest([], collection, manifests=tmp_path / "rows.jsonl")
    assert (report.passages, report.failures) == (4, [])
    return collection


def test_rows_that_are_not_so_are_not_found(filled: Collection) -> None:
    for asked in ASKED:
        conditions = conditions_of(asked)
        expected = {str(row["text"]) for row in ROWS if all(each.holds(row) for each in conditions)}
        found = search(filled, text="a cat", k=10, modality="text", where=asked)
        assert {hit.document for hit in found.hits} == expected, asked
    assert len(search(filled, text="a cat", k=1, where="year >= 2020").hits) == 1
    with pytest.raises(InvalidInputError, match="cannot be read at"):
        search(filled, text="a cat", where="year is 2020")


def test_a_store_that_does_not_filter_is_not_believed(
    filled: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    nearest = filled.nearest
    monkeypatch.setattr(filled, "nearest", lambda request: nearest(replace(request, where=())))
    with pytest.raises(StoreError, match="does not filter by year"):
        search(filled, text="a cat", where="year = 2020")


def test_chroma_takes_its_own_filter_too(tiny: CLIPEmbedder, store_folder: Path) -> None:
    collection = chroma.open_collection(chroma.connect(store_folder), "photos", embedder=tiny)
    texts = [str(row["text"]) for row in ROWS]
    fields = [{"year": row["year"]} for row in ROWS]
    chroma.add_items(collection, ids=list("abcd"), texts=texts, metadatas=fields)
    own = chroma.search(collection, text="a cat", modality="text", where={"year": {"$in": [2019, 2022]}})
    assert {hit.id for hit in own.hits} == {"a", "d"}
    words = chroma.search(collection, text="a cat", modality="text", where="year > 2020")
    assert {hit.id for hit in words.hits} == {"c", "d"}


def test_the_command_line_takes_it(tiny: CLIPEmbedder, store_folder: Path) -> None:
    collection = chroma.open_collection(chroma.connect(store_folder), "photos", embedder=tiny)
    chroma.add_items(
        collection, ids=["a", "b"], texts=["a cat", "a dog"], metadatas=[{"year": 1}, {"year": 2}]
    )
    arguments = ["search", "a cat", "--db", str(store_folder), "--collection", "photos", "--json"]
    result = CliRunner().invoke(app, [*arguments, "--where", "year >= 2"])
    assert result.exit_code == 0, result.output
    assert [hit["id"] for hit in json.loads(result.stdout)["hits"]] == ["b"]
    nothing = CliRunner().invoke(app, [*arguments, "--where", "colour = red"])
    assert "no row has metadata such that colour = red" in " ".join(nothing.output.split())
    wrong = CliRunner().invoke(app, [*arguments, "--where", "year"])
    assert wrong.exit_code != 0
    assert "expected FIELD OPERATOR VALUE" in " ".join(wrong.output.split())
