"""Which files of a folder are ingested: patterns as git has them, ignore files, and what is no note."""

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import chromadb
import pytest
from stored import rows_of, write_notes, write_picture

from chroma_clip_embeddings import aingest, ingest, sample_files
from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.find.choosing import choice_of
from clip_embeddings.ingestion.find.discovery import discover
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem
from langchain_clip_embeddings import CLIPEmbeddings, MediaLoader


def files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"A note called {name}.", encoding="utf-8")
    return folder


def chosen(folder: Path, *paths: str | Path, exclude: Any = (), include: Any = ()) -> list[str]:
    found = list(discover(paths or [folder], choice=choice_of(exclude, include, None)))
    assert all(isinstance(each, Entry) for each in found), found
    return sorted(str(Path(each.uri).relative_to(folder)) for each in found if isinstance(each, Entry))


NAMES = """a.txt a.md b.txt build sub/build/1.txt sub/build/deep/2.txt sub/a.txt sub/x/y/z/a.txt doc/a.txt
doc/b/c.txt raw/1.txt raw/2.txt raw/keep.txt deep/raw/3.txt #odd !bang.txt one[1].txt oneb.txt w/a/b/c/d.txt
사진/여름.txt star*.txt starry.txt spaced"""
PATTERNS = """*.md|build|/a.txt|sub/a.txt|build/|raw/&!raw/keep.txt|raw/*&!raw/keep.txt|**/a.txt|**|a**t
sub/**|sub/**/a.txt|w/**/d.txt|**/raw/**|doc/*|doc/*/c.txt|\\#odd&# a remark|\\!bang.txt|*.txt&!b.txt|[ab].txt
사진|[!a].txt|[^a].txt|?.txt|one\\[1\\].txt|one[a-c].txt|star\\*.txt|*&!*/&!*.md|/*&!/sub|*.txt &!a.txt |/
a.txt/|**/x/**/z|!a.txt&a.txt|a.txt&!a.txt|spaced\\ |spaced """


@pytest.mark.skipif(not shutil.which("git"), reason="git is what it is compared with")
@pytest.mark.parametrize("inner", ["", "!a.txt\n/x/\n*.md"], ids=["one file", "another in a folder"])
def test_ignore_files_leave_out_what_git_would(tmp_path: Path, inner: str) -> None:
    files(tmp_path, *NAMES.split(), "spaced ")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    if inner:
        (tmp_path / "sub" / ".clipignore").write_text(inner, encoding="utf-8")
    listing = ["git", "-C", str(tmp_path), "ls-files", "-oz", "--exclude-per-directory=.clipignore"]
    for line in PATTERNS.replace("\n", "|").split("|"):
        patterns = line.replace("&", "\n")
        (tmp_path / ".clipignore").write_text(patterns, encoding="utf-8")
        listed = subprocess.run(listing, check=True, capture_output=True).stdout.decode().split("\0")
        expected = sorted(name for name in listed if name and not name.endswith(".clipignore"))
        assert chosen(tmp_path) == expected, patterns


def test_options_come_after_ignore_files_and_include_comes_last(tmp_path: Path) -> None:
    files(tmp_path, "1.txt", "2.txt", "3.txt", "data.json", "raw/data.json", "raw/4.txt")
    (tmp_path / ".clipignore").write_text("1.txt\n2.txt\n", encoding="utf-8")
    assert chosen(tmp_path) == ["3.txt", "raw/4.txt"]
    assert chosen(tmp_path, exclude=["!1.txt", "3.txt"]) == ["1.txt", "raw/4.txt"]
    assert chosen(tmp_path, exclude="raw/", include="*.json") == ["3.txt", "data.json"]
    assert chosen(tmp_path, exclude="*", include=["*.json"]) == ["data.json"]


def test_sidecars_data_and_programs_are_no_notes_and_are_counted(tmp_path: Path) -> None:
    notes = [
        "a.txt",
        "b.md",
        "c.rst",
        "page.html",
        "film.srt",
        "no ending",
        "old.unknown",
        "license renewal.txt",
    ]
    others = {
        "sidecars": [
            *("a.xmp", "IMG.AAE", "c.jpg.json", "metadata.json", "d.jpg.supplemental-metadata(1).json"),
            *("a.jpg.supplemental-metadata.json", "b.jpg.supplemental-me.json", "e.jpg.s.json"),
        ],
        "system files": ["Thumbs.db", "desktop.ini", "site.url"],
        "data files": ["track.gpx", "x.json", "y.XML", "table.csv"],
        "markup": ["drawing.svg", "page.mhtml", "s.css"],
        "source code": ["a.py", "b.h"],
        "logs": ["c.log"],
        "licences": ["LICENSE", "COPYING.txt"],
    }
    files(tmp_path, *notes, *(name for names in others.values() for name in names))
    found = discover(tmp_path)
    assert sorted(Path(each.uri).name for each in found if isinstance(each, Entry)) == sorted(notes)
    assert found.left_out == {kind: len(names) for kind, names in others.items()}


def test_what_is_named_outright_is_read_whatever_it_is(tmp_path: Path) -> None:
    files(tmp_path, "a.json", "b.json", "sub/c.json", "sub/d.txt", "out/e.json", "out/f.txt", "out/g.txt")
    a, c = tmp_path / "a.json", tmp_path / "sub" / "c.json"
    assert chosen(tmp_path, a, exclude="*") == ["a.json"]
    assert chosen(tmp_path, tmp_path, a, tmp_path / "out" / "g.txt", exclude="out/") == [
        *("a.json", "out/g.txt", "sub/d.txt")
    ]
    assert chosen(tmp_path, c, tmp_path / "sub", exclude="d.txt") == ["sub/c.json"]
    assert chosen(tmp_path, tmp_path, tmp_path / "out", exclude="out/") == [
        "out/f.txt",
        "out/g.txt",
        "sub/d.txt",
    ]


def test_a_pattern_that_names_an_ending_asks_for_it(tmp_path: Path) -> None:
    files(tmp_path, "a.json", "b.xml", "sub/c.json", "sub/d.txt")
    assert chosen(tmp_path, f"{tmp_path}/**/*.json") == ["a.json", "sub/c.json"]
    assert chosen(tmp_path, tmp_path, f"{tmp_path}/**/*.json") == ["a.json", "sub/c.json", "sub/d.txt"]
    assert chosen(tmp_path, f"{tmp_path}/**/*") == ["sub/d.txt"]
    assert chosen(tmp_path, f"{tmp_path}/**/*.json", exclude="sub") == ["a.json"]


def test_a_link_to_what_is_left_out_under_its_own_name_is_followed(tmp_path: Path) -> None:
    files(tmp_path, "raw/best/1.txt")
    (tmp_path / "best").symlink_to(tmp_path / "raw" / "best")
    assert chosen(tmp_path, exclude="raw/") == ["best/1.txt"]


def test_hangul_as_a_mac_writes_it_fits_a_pattern_as_it_is_typed(tmp_path: Path) -> None:
    files(tmp_path, unicodedata.normalize("NFD", "사진/여름.txt"), "b.txt")
    assert chosen(tmp_path, exclude="사진/") == ["b.txt"]


def test_an_ignore_file_that_cannot_be_read_leaves_its_folder_out_and_is_named(tmp_path: Path) -> None:
    files(tmp_path, "a.txt", "secret/b.txt")
    (tmp_path / "secret" / ".clipignore").mkdir()
    entry, problem = discover(tmp_path)
    assert isinstance(entry, Entry)
    assert isinstance(problem, IngestProblem)
    assert problem.place == str(tmp_path / "secret" / ".clipignore")
    assert "all of its folder is left out" in problem.reason


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"exclude": [""]}, "exclude: got ''; expected a pattern such as"),
        ({"exclude": [3]}, "exclude: got 3"),
        ({"include": "!a"}, "include: '!a' takes back"),
        ({"only": "images"}, "only: got 'images'; expected 'pictures', 'texts' or None"),
    ],
)
def test_what_is_no_choice_is_refused(
    collection: chromadb.Collection, tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message.replace("(", r"\(")):
        ingest(tmp_path, collection, **arguments)


async def test_the_report_counts_what_was_left_out_and_excluded_rows_are_not_pruned(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    write_notes(tmp_path, 6)
    files(tmp_path, "wallpaper.xml", "LICENSE")
    assert ingest(tmp_path, collection).passages == 6
    (tmp_path / "note-00005.txt").unlink()
    report = await aingest(tmp_path, collection, prune=True, exclude="note-0000[345].txt")
    assert (report.skipped, report.removed, report.pruned) == (3, 0, 1)
    assert report.left_out == {"files excluded": 2, "data files": 1, "licences": 1}
    assert "4 left out (1 data files, 2 files excluded, 1 licences)" in str(report)
    assert collection.count() == 5


def test_only_one_modality_is_taken_by_what_files_are(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    write_picture(tmp_path / "a.png", 1)
    write_picture(tmp_path / "b.png", 2).rename(tmp_path / "picture without ending")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "film.mp4").write_bytes(bytes(20_000))
    files(tmp_path, "note.txt")
    texts = ingest(tmp_path, collection, only="texts")
    assert (texts.images, texts.passages) == (0, 1)
    assert texts.left_out == {"files that are no texts": 3}
    assert [Path(each.path).name for each in texts.failures] == ["film.mp4"]
    pictures = ingest(tmp_path, collection, only="pictures", prune=True)
    assert (pictures.images, pictures.passages, pictures.removed, pictures.pruned) == (2, 0, 0, 0)
    assert pictures.left_out == {"files that are no pictures": 2}
    assert [Path(each.path).name for each in pictures.failures] == ["broken.png"]
    again = ingest(tmp_path, collection, only="texts")
    assert (again.skipped, again.left_out) == (1, {"files that are no texts": 3})
    assert collection.count() == 3


def test_a_sample_and_a_loader_choose_alike(tiny: CLIPEmbedder, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 1)
    files(tmp_path, "note.txt", "other.txt", "data.xml", "data.json")
    choice: Any = {"exclude": "other.txt", "include": "*.json"}
    assert sample_files(tmp_path, tiny, **choice).counts == {"image": 1, "text": 2}
    assert sample_files(tmp_path, tiny, only="pictures").counts == {"image": 1, "text": 0}
    loader = MediaLoader(tmp_path, CLIPEmbeddings(model="tiny"), **choice)
    assert [Path(each.metadata["source"]).name for each in loader.load()] == [
        "a.png",
        "data.json",
        "note.txt",
    ]
    assert loader.left_out == {"files excluded": 1, "data files": 1}
    loader = MediaLoader(tmp_path, CLIPEmbeddings(model="tiny"), only="pictures")
    assert [Path(each.metadata["source"]).name for each in loader.load()] == ["a.png"]
    assert loader.left_out == {"data files": 2, "files that are no pictures": 2}
    assert not loader.failures


TABLES = {
    "captions.txt": "image,caption\na.png,the sea\n",  # Flickr8k
    "Flickr8k.token.txt": "a.png#0\tthe sea\na.png#1\ta boat\n",
    "metadata.jsonl": json.dumps({"file_name": "a.png", "text": "the sea"}),  # an image folder of the hub
    "list.csv": '"uri","caption"\na.png,the sea\n',
    "results.csv": "image_name| comment_number| comment\na.png| 0| the sea\n",  # Flickr30k
}


def test_tables_of_captions_in_the_folder_that_they_describe_are_no_passages(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    write_picture(tmp_path / "a.png", 1)
    for name, content in TABLES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    files(tmp_path, "my captions.txt", "prices.csv")
    report = ingest(tmp_path, collection, manifests=tmp_path / "list.csv")
    assert sorted(map(Path, report.tables)) == sorted(
        tmp_path / name for name in TABLES if name != "list.csv"
    )
    assert report.left_out == {"tables of captions": 4, "data files": 1}
    assert [row.document for row in rows_of(collection).values() if row.metadata["modality"] == "text"] == [
        "A note called my captions.txt."
    ]
