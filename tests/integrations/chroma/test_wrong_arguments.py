"""What is no option, no collection and no condition is refused by name, before anything is stored."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from stored import write_notes
from stores import Held

from clip_embeddings import CLIPEmbedder, InvalidInputError, StoreError, TruncationWarning


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"captions": ["x"]}, "captions: got list; expected a mapping"),
        ({"sample": 3}, "sample: got int; expected what sample_files returned"),
        ({"max_bytes": "10"}, "max_bytes: got '10'; expected a number"),
        ({"timeout": "x"}, "timeout: got 'x'; expected a number"),
        ({"retry_seconds": True}, "retry_seconds: got True; expected a number"),
        ({"prune": "no"}, "prune: got 'no'; expected True or False"),
        ({"embed_captions": 1}, "embed_captions: got 1; expected True or False"),
    ],
)
def test_a_value_of_another_type_is_named(
    held: Held, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    write_notes(tmp_path, 1)
    with pytest.raises(InvalidInputError, match=message):
        held.ingest([tmp_path], **options)
    assert held.count() == 0


def test_a_misspelt_option_is_a_type_error_and_no_paths_are_named(held: Held) -> None:
    with pytest.raises(TypeError, match="'exlude'"):
        held.ingest([], exlude="*.png")  # type: ignore[call-arg]
    with pytest.raises(InvalidInputError, match="paths: got NoneType"):
        held.ingest(None)


def test_what_is_of_another_store_is_refused(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    import chroma_clip_embeddings as chroma
    import lancedb_clip_embeddings as lance

    collection: Any = chroma.open_collection(chroma.connect(tmp_path / "a"), "photos", embedder=tiny)
    table: Any = lance.open_table(tmp_path / "b", "photos", embedder=tiny)
    for call in (lambda: chroma.ingest([], table), lambda: chroma.search(table, text="a")):
        with pytest.raises(InvalidInputError, match="got LanceTable; expected one of Chroma"):
            call()
    for other in (lambda: lance.ingest([], collection), lambda: lance.search(collection, text="a")):
        with pytest.raises(InvalidInputError, match="got Collection; expected one of LanceDB"):
            other()


def test_a_table_that_is_gone_is_a_store_error(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    from lancedb_clip_embeddings import connect, ingest, open_table, search

    db = connect(tmp_path / "db")
    table = open_table(db, "photos", embedder=tiny)
    db.drop_table("photos")
    for call in (lambda: search(table, text="a cat"), lambda: ingest([], table)):
        with pytest.raises(StoreError, match=r"^cannot .*Not found.* Is it there"):
            call()


@pytest.mark.parametrize("where", ["1=1) OR (1=1", "a = ')", "(a = 1", 'x = "', "`a = 1"])
def test_a_condition_cannot_leave_its_brackets(tmp_path: Path, tiny: CLIPEmbedder, where: str) -> None:
    from lancedb_clip_embeddings import open_table, search

    table = open_table(tmp_path / "db", "photos", embedder=tiny)
    with pytest.raises(InvalidInputError, match="brackets or quotes do not close"):
        search(table, text="a cat", where=where)
    assert search(table, text="a cat", where="document = 'it''s (a) cat' OR modality IN ('text')").hits == ()


def test_a_query_that_is_cut_warns_at_the_callers_line(tmp_path: Path, tiny: CLIPEmbedder) -> None:
    from lancedb_clip_embeddings import open_table, search

    table = open_table(tmp_path / "db", "photos", embedder=tiny)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search(table, text="노을지는 바다 " * 99)
    assert [each.filename for each in caught if each.category is TruncationWarning] == [__file__]
