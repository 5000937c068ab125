"""Discovery: what patterns, addresses and manifests give beside folders, and which of them are mistakes."""

from pathlib import Path

import pytest
from stored import files, names

from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.find.discovery import discover
from clip_embeddings.ingestion.find.entries import Entry, IngestProblem


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.jpg", ["a.jpg"]),
        ("**/*.jpg", ["2024/b.jpg", "2024/deep/c.jpg", "2025/d.jpg", "a.jpg"]),
        ("2024/**", ["2024/b.jpg", "2024/deep/c.jpg", "2024/e.png"]),
        ("202[45]", ["2024/b.jpg", "2024/deep/c.jpg", "2024/e.png", "2025/d.jpg"]),
        ("202?/*.jpg", ["2024/b.jpg", "2025/d.jpg"]),
        (".kept/*", [".kept/f.jpg"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, expected: list[str]) -> None:
    files(tmp_path, "a.jpg", "2024/b.jpg", "2024/deep/c.jpg", "2024/e.png", "2025/d.jpg", ".kept/f.jpg")
    assert names(list(discover([f"{tmp_path}/{pattern}"])), tmp_path) == expected


def test_a_pattern_adds_nothing_to_a_folder_that_holds_what_it_matches(tmp_path: Path) -> None:
    files(tmp_path, "a/1.jpg", "a/2.png", "b.jpg")
    given = [f"{tmp_path}/**/*.jpg", f"{tmp_path}/a"]
    assert names(list(discover(given)), tmp_path) == ["b.jpg", "a/1.jpg", "a/2.png"]


def test_a_pattern_never_goes_round_a_loop(tmp_path: Path) -> None:
    files(tmp_path, "a/1.jpg")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    found = list(discover([f"{tmp_path}/**/*.jpg"]))
    assert [type(each) for each in found] == [Entry, IngestProblem]


def test_a_file_that_is_named_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    files(tmp_path, "photo [1].jpg", "photo 1.jpg")
    assert names(list(discover([f"{tmp_path}/photo [1].jpg"])), tmp_path) == ["photo [1].jpg"]


def test_a_pattern_that_nothing_matches_is_a_problem(tmp_path: Path) -> None:
    files(tmp_path, "a.jpg")
    (found,) = discover([f"{tmp_path}/*.png"])
    assert str(found) == f"{tmp_path}/*.png: no file matches this pattern"


def test_relative_paths_and_patterns_come_as_absolute_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files(tmp_path, "a.jpg", "b/c.jpg"))
    assert names(list(discover(["b", "*.jpg"])), tmp_path) == ["b/c.jpg", "a.jpg"]


def test_file_addresses_are_paths(tmp_path: Path) -> None:
    files(tmp_path, "바다 1.jpg")
    path = tmp_path / "바다 1.jpg"
    assert names(list(discover([path.as_uri()])), tmp_path) == [path.name]
    assert names(list(discover([path.as_uri().replace("file://", "file://localhost")])), tmp_path)
    with pytest.raises(InvalidInputError, match=r"a file on another host \(server\) is not read"):
        discover(["file://server/share/a.jpg"])


def test_an_address_comes_as_it_is_where_its_scheme_is_allowed(tmp_path: Path) -> None:
    files(tmp_path, "a.jpg")
    urls = ["https://example.org/a%20b.jpg?x=[1]", "memory://bucket/*.jpg", "HTTPS://example.org/"]
    found = list(discover([*urls, tmp_path], allow_schemes=["HTTPS", "memory"]))
    assert [each.uri for each in found if isinstance(each, Entry)] == [*urls, str(tmp_path / "a.jpg")]
    assert [each.is_remote for each in found if isinstance(each, Entry)] == [True, True, True, False]


def test_mistakes_are_errors_at_once_not_when_the_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=f"^no such file or folder: {tmp_path}/none$"):
        discover([tmp_path, tmp_path / "none"])
    with pytest.raises(InvalidInputError, match="no such file or folder"):
        discover([f"{tmp_path}/none/*.jpg"])
    with pytest.raises(
        InvalidInputError, match="'https' are not read unless that is allowed: --allow-scheme"
    ):
        discover([tmp_path, "https://example.org/a.jpg"], allow_schemes=["http"])
    with pytest.raises(InvalidInputError, match="scheme 'nonsense': nothing here reads it"):
        discover(["nonsense://a/b"], allow_schemes=["nonsense"])
    with pytest.raises(InvalidInputError, match=r"allow_schemes: got 'https'; expected a list, \['https'\]"):
        discover([tmp_path], allow_schemes="https")
    with pytest.raises(InvalidInputError, match="allow_schemes: got 'https://'; expected a name"):
        discover([tmp_path], allow_schemes=["https://"])
    (tmp_path / "m.csv").write_text("uri\nnonsense://a/b\n")
    with pytest.raises(InvalidInputError, match="scheme 'nonsense': nothing here reads it"):
        discover([], manifests=[tmp_path / "m.csv"], allow_schemes=["nonsense"])
    (tmp_path / "m.csv").unlink()
    with pytest.raises(InvalidInputError, match="no such manifest"):
        discover([tmp_path], manifests=[tmp_path / "m.csv"])
    with pytest.raises(InvalidInputError, match="a manifest is read from disk; download it"):
        discover([], manifests=["https://example.org/m.csv"], allow_schemes=["https"])
    with pytest.raises(InvalidInputError, match="paths: got ''"):
        discover([""])


def test_the_lines_of_a_manifest_come_first_and_it_is_not_an_item_itself(tmp_path: Path) -> None:
    files(tmp_path, "a.jpg", "b.jpg")
    (tmp_path / "m.csv").write_text("uri,caption\nb.jpg,the sea\n")
    found = list(discover([tmp_path], manifests=tmp_path / "m.csv"))
    assert names(found, tmp_path) == ["b.jpg", "a.jpg", "b.jpg"]
    assert isinstance(found[0], Entry)
    assert (found[0].caption, found[0].place) == ("the sea", "m.csv line 2")
