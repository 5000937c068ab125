"""`precision` says of a user's own files what numpy says of two embedders' vectors."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder

Cli = Any  # Callable[..., Outcome] of conftest.py
TINY = ("--model", "tiny", "--device", "cpu")
BFLOAT16 = (*TINY, "--dtype", "bfloat16", "--draft", "off")
DRAFT = (*TINY, "--dtype", "float32", "--draft", "on")
Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def answer(cli: Cli, mine: Path) -> dict[str, Any]:
    """What the command says of bfloat16, as JSON."""
    result = cli("precision", mine, *BFLOAT16, "--json")
    assert (result.code, result.err) == (0, "")
    return dict(json.loads(result.out))


def files_of(mine: Path) -> dict[str, list[Path]]:
    pictures = sorted(path for path in (mine / "사진").iterdir() if path.name != "broken.png")
    return {"image": pictures, "text": sorted((mine / "notes").iterdir())}


@pytest.fixture(scope="module")
def vectors(mine: Path) -> dict[str, tuple[Floats, Floats]]:
    """By kind, in the order of the files: those of float32, those of bfloat16."""
    files = files_of(mine)
    both = [CLIPEmbedder("tiny", device="cpu", dtype=name, draft=False) for name in ("float32", "bfloat16")]
    texts = [path.read_text(encoding="utf-8") for path in files["text"]]
    exact, fast = ((each.embed_images(files["image"]), each.embed_texts(texts)) for each in both)
    return {"image": (exact[0], fast[0]), "text": (exact[1], fast[1])}


def test_the_cosines_are_those_of_two_embedders(
    answer: dict[str, Any], vectors: dict[str, tuple[Floats, Floats]], mine: Path
) -> None:
    for kind, (exact, fast) in vectors.items():
        cosines = [np.dot(a.astype(float), b.astype(float)) for a, b in zip(exact, fast, strict=True)]
        said = answer["cosines"][kind]
        assert said["count"] == len(cosines) == (13 if kind == "image" else 12)
        assert said["mean"] == pytest.approx(np.mean(cosines), abs=2e-7)
        assert said["least"] == pytest.approx(min(cosines), abs=2e-7)
        assert 0.99 < said["least"] < said["mean"] < 1
        assert Path(said["least_item"]["path"]) == files_of(mine)[kind][int(np.argmin(cosines))]
        assert min(said["per_second"].values()) > 0


@pytest.mark.parametrize(
    ("query", "document", "k"),
    [("image", "image", 6), ("image", "text", 6), ("text", "image", 6), ("text", "text", 5)],
)
def test_what_is_kept_of_the_nearest_is_what_two_searches_share(
    answer: dict[str, Any], vectors: dict[str, tuple[Floats, Floats]], query: str, document: str, k: int
) -> None:
    shared, first, worse = [], [], [0.0]
    for i in range(len(vectors[query][0])):
        scores = [vectors[query][run] @ vectors[document][run].T for run in (0, 1)]
        if query == document:
            for each in scores:
                each[i, i] = -2
        old, new = (sorted(range(each.shape[1]), key=lambda j: -each[i, j])[:k] for each in scores)
        shared.append(len(set(old) & set(new)) / k)
        first.append(old[0] == new[0])
        worse += [float(scores[0][i, a] - scores[0][i, b]) for a, b in zip(old, new, strict=True)]
    said = answer["nearest"][f"{query} {document}"]
    assert (said["queries"], said["k"]) == (len(shared), k)
    assert said["overlap"] == pytest.approx(np.mean(shared), abs=1e-6)
    assert said["first"] == pytest.approx(np.mean(first), abs=1e-6)
    assert said["worse"] == pytest.approx(max(worse), abs=2e-6)


def test_json_says_what_was_compared_and_what_was_left_out(answer: dict[str, Any], mine: Path) -> None:
    assert answer["reference"] == {"dtype": "float32", "draft": False}
    assert answer["settings"] == {"dtype": "bfloat16", "draft": False}
    assert (answer["model"], answer["device"], answer["identical"]) == ("tiny", "cpu", False)
    assert answer["drawn"]["image"] == {"items": 14, "seen": 14, "files_unread": 0}
    assert [Path(each["path"]) for each in answer["failures"]] == [mine / "사진" / "broken.png"]
    assert "cannot decode" in answer["failures"][0]["reason"]
    assert set(answer["nearest"]) == {"image image", "image text", "text image", "text text"}


def test_the_tables_name_the_picture_that_moved_most_and_the_broken_one(
    cli: Cli, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(mine)
    record = json.loads(cli("precision", ".", *DRAFT, "--json").out)
    moved = Path(record["cosines"]["image"]["least_item"]["path"]).name
    assert moved.endswith(".jpg")
    before = sorted(mine.rglob("*"))
    result = cli("precision", ".", *DRAFT)
    assert (result.code, result.err) == (0, "")
    assert sorted(mine.rglob("*")) == before
    assert "tiny on cpu: float32, draft on" in result.out
    assert "compared with float32, draft off" in result.out
    assert "- 14 pictures, all there are; 1 of them cannot be read" in result.out
    rows = {line[:19].strip(): line for line in result.out.splitlines()}
    least = record["cosines"]["image"]["least"]
    assert f"{least:.6f}  사진/{moved}" in rows["13 pictures"]
    assert "1.000000  1.000000  none moved" in rows["12 texts"]
    assert "100.0%" in rows["text -> texts"]
    rate = next(line for line in result.out.splitlines() if line.startswith("Items a second, measured once"))
    assert "texts" not in rate
    assert "k is below 10" in result.out
    assert "사진/broken.png" in result.out


def test_a_passage_that_moved_most_is_named_with_its_words(cli: Cli, mine: Path) -> None:
    result = cli("precision", mine / "notes", *BFLOAT16)
    row = " ".join(result.out[result.out.index("12 texts") : result.out.index("query -> found")].split())
    record = json.loads(cli("precision", mine / "notes", *BFLOAT16, "--json").out)
    item = record["cosines"]["text"]["least_item"]
    assert (item["start"], item["end"]) == (0, len(item["text"]))
    assert item["text"] == Path(item["path"]).read_text(encoding="utf-8")
    assert f": {item['text'][:12]}" in row
    assert list(record["nearest"]) == ["text text"]
    assert list(record["cosines"]) == ["text"]


def test_at_most_so_many_are_drawn_and_the_seed_says_which(cli: Cli, mine: Path) -> None:
    def drawn(seed: int) -> dict[str, Any]:
        return dict(json.loads(cli("precision", mine, *DRAFT, "--most", 4, "--seed", seed, "--json").out))

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert first["drawn"]["text"] == {"items": 4, "seen": 4, "files_unread": 8}
    assert first["nearest"] == again["nearest"]
    assert first["cosines"]["image"]["least_item"] == again["cosines"]["image"]["least_item"] is not None
    assert first["cosines"]["text"]["least_item"] is None
    assert first["cosines"]["image"]["mean"] == again["cosines"]["image"]["mean"]
    assert first["cosines"]["image"]["mean"] != other["cosines"]["image"]["mean"]
    shown = cli("precision", mine, *DRAFT, "--most", 4, "--seed", 1).out
    assert "- 4 of 14 pictures, drawn at random" in shown
    assert "- 4 texts of 4 of 12 files, drawn at random" in shown


def test_of_one_long_text_so_many_passages_are_drawn(cli: Cli, mine: Path, tmp_path: Path) -> None:
    words = [path.read_text(encoding="utf-8") for path in files_of(mine)["text"]]
    (tmp_path / "긴 글.txt").write_text("\n\n".join(words * 4), encoding="utf-8")
    record = json.loads(cli("precision", tmp_path, *DRAFT, "--most", 5, "--json").out)
    assert record["drawn"]["text"]["items"] == 5 < record["drawn"]["text"]["seen"]
    shown = cli("precision", tmp_path, *DRAFT, "--most", 5).out
    assert f"- 5 of {record['drawn']['text']['seen']} texts, drawn at random" in shown


def test_few_pictures_make_k_smaller_and_too_few_none(cli: Cli, mine: Path) -> None:
    pictures = files_of(mine)["image"]
    five = cli("precision", *pictures[:5], *DRAFT)
    assert ["picture", "->", "pictures", "2"] in [line.split()[:4] for line in five.out.splitlines()]
    assert "k is below 10 where fewer than 20 can be found" in five.out
    two = cli("precision", *pictures[:2], *DRAFT)
    assert two.code == 0
    assert "->" not in two.out
    assert "Too few pictures to compare what searches among them find" in two.out
    assert "2 pictures" in two.out
