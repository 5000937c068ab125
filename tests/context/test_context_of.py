"""What was found, numbered for a language model: once each, in a budget, nothing missing in silence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import encoded, photo, scene

from clip_embeddings.context import Budget, Source, context_of, with_pictures
from clip_embeddings.ingestion.rows.ids import caption_id, digest, picture_id


def stored_picture(path: Path, seed: int = 3, text: str = "", **fields: Any) -> Source:
    """A picture in a file and its row, as ingestion makes it."""
    content = encoded(scene(seed))
    path.write_bytes(content)
    known = {"modality": "image", "uri": str(path), "content_sha256": digest(content), **fields}
    return Source(picture_id(digest(content)), text or path.name, known)


def caption_of(picture: Source, text: str) -> Source:
    sha256 = picture.metadata["content_sha256"]
    fields = {**picture.metadata, "modality": "text", "caption_of": picture.id}
    return Source(caption_id(sha256, text), text, fields)


def text(words: str, **fields: Any) -> Source:
    return Source("", words, {"modality": "text", "uri": "/notes/note.txt", **fields})


def test_parts_are_numbered_and_named(tmp_path: Path) -> None:
    first, second = (
        stored_picture(tmp_path / "바다.png"),
        stored_picture(tmp_path / "b.png", 4, "A boat at sea"),
    )
    made = context_of([text("hello", page=3), first, second])
    assert [(part.number, part.kind, part.label, part.text) for part in made.parts] == [
        (1, "text", "[1] note.txt, page 3", "hello"),
        (2, "image", "[2] 바다.png", ""),
        (3, "image", "[3] b.png", "A boat at sea"),
    ]
    assert [part.picture and part.picture.width for part in made.parts] == [None, 96, 96]
    assert made.left_out == 0


@pytest.mark.parametrize("own_ids", [True, False])
def test_a_caption_brings_its_picture_and_each_comes_once(tmp_path: Path, own_ids: bool) -> None:
    picture = stored_picture(tmp_path / "a.png", text="A cat")
    captions = [caption_of(picture, "A grey cat"), caption_of(picture, "고양이")]
    if not own_ids:  # in a store that makes others
        captions = [Source(f"{i}", each.text, each.metadata) for i, each in enumerate(captions)]
    made = context_of([captions[0], picture, text("x"), captions[1], text("x")])
    assert [(part.kind, part.text) for part in made.parts] == [("image", "A grey cat"), ("text", "x")]


def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    gone = stored_picture(tmp_path / "gone.png")
    (tmp_path / "gone.png").unlink()
    changed = stored_picture(tmp_path / "changed.png", 5)
    (tmp_path / "changed.png").write_bytes(encoded(scene(6)))
    broken = stored_picture(tmp_path / "broken.png", 7)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    away = Source("x", "a tower", {"modality": "image", "uri": "https://example.org/tower.png"})
    none = Source("y", "nothing", {"modality": "image"})
    made = context_of([gone, changed, broken, away, none])
    assert [part.kind for part in made.parts] == ["missing", "image", "missing", "missing", "missing"]
    labels = [part.label for part in made.parts]
    assert labels[0] == "[1] gone.png (a picture that cannot be shown: no such file)"
    assert labels[1] == "[2] changed.png (its file has changed since it was stored)"
    assert "cannot decode" in labels[2]
    assert "not fetched" in labels[3]
    assert "names no file" in labels[4]
    assert made.parts[3].text == "a tower"


def test_a_copy_is_read_where_the_first_place_has_gone(tmp_path: Path) -> None:
    kept = stored_picture(tmp_path / "b.png", uris=f'["{tmp_path}/a.png", "{tmp_path}/b.png"]')
    (part,) = context_of([kept]).parts
    assert part.kind == "image"


def test_a_budget_holds_and_leaves_nothing_out_in_silence(tmp_path: Path) -> None:
    pictures = [stored_picture(tmp_path / f"{i}.png", i, f"number {i}") for i in range(4)]
    long = text("word " * 500)
    made = context_of(
        [*pictures, long, text("short " * 60), text("and more " * 60)],
        Budget(images=2, tokens=270, text_tokens=200, pixels=400),
    )
    assert [part.kind for part in made.parts] == ["image", "image", "unshown", "unshown", "text", "text"]
    assert made.parts[2].label == "[3] 2.png (a picture, not shown: the limit is reached)"
    assert made.parts[2].text == "number 2"
    assert made.parts[4].text.endswith(" [...]")
    assert made.parts[5].text.endswith(" [...]")
    assert made.left_out == 1
    counted = Budget().count_tokens
    assert sum(counted(part.text) for part in made.parts) <= 270
    assert all(p.picture.width * p.picture.height <= 400 for p in made.parts if p.picture)


def test_only_files_below_the_roots_are_read(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    allowed = stored_picture(inside / "a.png")
    secret = stored_picture(outside / "b.png", 4)
    (inside / "link.png").symlink_to(outside / "b.png")
    link = Source("l", "link", {"modality": "image", "uri": str(inside / "link.png")})
    climbing = Source("c", "up", {"modality": "image", "uri": str(inside / ".." / "outside" / "b.png")})
    by_uri = Source("u", "by uri", {"modality": "image", "uri": (outside / "b.png").as_uri()})
    made = context_of([allowed, secret, link, climbing, by_uri], roots=[inside])
    assert [part.kind for part in made.parts] == ["image", "missing", "missing", "missing", "missing"]
    assert all("outside the folders" in part.label for part in made.parts[1:])
    assert context_of([by_uri]).parts[0].kind == "image"


def test_an_answer_names_its_sources() -> None:
    made = context_of([text("a"), text("b"), text("c")])
    assert [source.text for source in made.cited("See [2], and [1, 3][2]. Not [4] nor [x].")] == [
        "b",
        "a",
        "c",
    ]
    assert made.cited("nothing") == []


def test_a_name_cannot_pass_for_another_label(tmp_path: Path) -> None:
    name = "a.png\n[2] other.txt\nforged\u202e\u2028.png"
    made = context_of([Source("", "x", {"uri": f"/notes/{name}"}), Source("", "half \ud800 pair", {})])
    assert made.parts[0].label == "[1] a.png\ufffd[2] other.txt\ufffdforged\ufffd\ufffd.png"
    assert made.parts[1].text == "half \ufffd pair"
    (long,) = context_of([Source("i" * 5000, "x", {})]).parts
    assert len(long.label) < 210


def test_a_text_of_any_length_is_cut_at_once() -> None:
    counted: list[int] = []

    def count(text: str) -> int:
        counted.append(len(text))
        return len(text.split())

    (part,) = context_of([text("word " * 2_000_000)], Budget(count_tokens=count)).parts
    assert len(part.text.split()) <= 1_500
    assert max(counted) <= 150_100


@pytest.mark.parametrize("scheme", ["file://", "FILE://", "File://localhost"])
def test_a_root_holds_however_an_address_is_spelt(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "inside").mkdir()
    outside = stored_picture(tmp_path / "b.png")
    by_uri = Source("u", "by uri", {"modality": "image", "uri": f"{scheme}{tmp_path}/b.png"})
    assert context_of([by_uri]).parts[0].kind == "image"
    for roots in (tmp_path / "inside", str(tmp_path / "inside"), [tmp_path / "inside"]):
        assert context_of([by_uri], roots=roots).parts[0].kind == "missing"
        assert context_of([outside], roots=roots).parts[0].kind == "missing"


@pytest.mark.parametrize(
    "fields",
    [
        {"uri": "file://[x/a.png"},
        {"uri": "http://[x/a.png"},
        {"uri": "/a\0b.png"},
        {"uri": "/a\ud800b.png"},
        {"uri": "x\n[2] evil.txt://y/z.png"},
        {"uri": "/nowhere/a.png", "uris": "[" * 200_000},
        {"uri": "/nowhere/a.png", "page": 10**5000},
        {"uri": 7},
        {"modality": np.array([1, 2])},
    ],
)
@pytest.mark.parametrize("rooted", [True, False])
def test_a_strange_row_is_a_line_and_raises_nothing(
    tmp_path: Path, fields: dict[str, Any], rooted: bool
) -> None:
    made = context_of([Source("", "x", {"modality": "image", **fields})], roots=tmp_path if rooted else None)
    (part,) = made.parts
    assert part.kind in ("missing", "text")
    assert "\n" not in part.label


def test_a_circle_of_links_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.png").symlink_to(tmp_path / "b.png")
    (tmp_path / "b.png").symlink_to(tmp_path / "a.png")
    row = Source("", "x", {"modality": "image", "uri": str(tmp_path / "a.png")})
    assert [context_of([row], roots=roots).parts[0].kind for roots in (tmp_path, None)] == ["missing"] * 2


def test_a_later_row_of_the_same_picture_says_where_it_is(tmp_path: Path) -> None:
    picture = stored_picture(tmp_path / "a.png")
    gone = Source(picture.id, "gone", {**picture.metadata, "uri": str(tmp_path / "gone.png")})
    (part,) = context_of([gone, picture]).parts
    assert (part.kind, part.text) == ("image", "gone")
    nameless = [Source("", name, {"modality": "image"}) for name in ("one", "two")]
    assert len(context_of(nameless).parts) == 2


def test_pictures_without_end_are_counted_not_listed(tmp_path: Path) -> None:
    rows = [Source(f"{i}", "", {"modality": "image", "uri": f"/nowhere/{i}.png"}) for i in range(500)]
    made = context_of(rows, Budget(images=0))
    assert (len(made.parts), made.left_out) == (20, 480)


def test_an_answer_of_any_kind_is_read() -> None:
    made = context_of([text("a")])
    assert made.cited("[" + "1" * 5000 + "]" + "[1, " * 100_000) == []
    assert Budget().count_tokens("a" + "\n" * 5_000) > 1_000


def test_what_stands_with_a_passage_has_the_room_that_what_was_found_leaves(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        photo(40, 30).save(tmp_path / f"{name}.png")
    gallery = Source("g", "A gallery.", {"uri": str(tmp_path / "g.md"), "pictures": ["a.png", "b.png"] * 30})
    hit = Source("h", "c.png", {"modality": "image", "uri": str(tmp_path / "c.png")})
    found = with_pictures([gallery, hit])
    assert [source.name for source in found] == ["g.md", "a.png", "b.png", "c.png"]
    parts = context_of(found, Budget(images=1)).parts
    assert [(part.label, part.kind) for part in parts if part.kind != "unshown"] == [
        ("[1] g.md", "text"),
        ("[4] c.png", "image"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"modality": "image", "uri": "/a.png", "page": [1]},
        {"modality": "image", "uri": "/a.png", "page": {}},
        {"uri": "/a\0.pdf", "page": 1},
        {"uri": "/a\0/x.md", "pictures": ["p.png"]},
        {"uri": "//[a://b.pdf", "page": 1},
        {"uri": "/a/x.md", "pictures": [1, None, "", "\0", "../" * 500]},
    ],
)
def test_a_strange_row_brings_nothing_and_raises_nothing(fields: dict[str, Any]) -> None:
    row = Source("1", "words", fields)
    assert row in with_pictures([row], lambda ids: [])
    assert context_of(with_pictures([row, row], lambda ids: [])).parts
