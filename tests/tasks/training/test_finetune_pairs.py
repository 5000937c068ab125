"""Pairs that cannot be used are named by their line, and a folder that is in use is left as it is."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from training_pairs import drawn, write_manifest, write_pairs

from clip_embeddings import InvalidInputError, TruncationWarning, finetune
from clip_embeddings.models.hub.locate import locate
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.tasks.training.dataset import PairSet
from clip_embeddings.tasks.training.pairs import read_pairs

train = partial(finetune, device="cpu", method="last-layers", epochs=1, batch_size=8, validation=0, threads=2)


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """Ten lines: four good pairs, a missing picture, a broken one, an empty caption, no picture named."""
    write_pairs(tmp_path, drawn(4))
    (tmp_path / "broken.png").write_bytes((tmp_path / "0.png").read_bytes()[:60])
    rows = [{"picture": f"{i}.png", "text": f"scene {i}"} for i in range(4)]
    rows[2:2] = [
        {"picture": "absent.png", "text": "a boat"},
        {"picture": "broken.png", "text": "a car"},
        {"picture": "1.png", "text": "   "},
        {"picture": "", "text": "a tree"},
    ]
    return write_manifest(tmp_path / "spoilt.csv", rows)


def test_pairs_that_cannot_be_used_are_left_out_and_named(
    checkpoint: Path, spoilt: Path, tmp_path: Path
) -> None:
    with pytest.warns(UserWarning, match="4 of 8 pairs cannot be used: line 6: an empty caption"):
        report = train(str(checkpoint), spoilt, output=tmp_path / "model")
    found = {failure.name: failure.reason for failure in report.failures}
    assert found.keys() == {"line 4", "line 5", "line 6", "line 7"}
    assert "absent.png" in found["line 4"]
    assert "no such file" in found["line 4"]
    assert "broken.png" in found["line 5"]
    assert found["line 7"] == "names no picture"
    assert report.training == 4
    assert "4 of 8 pairs cannot be used" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def test_strict_refuses_them_and_writes_nothing(checkpoint: Path, spoilt: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="4 of 8 pairs cannot be used"):
        train(str(checkpoint), spoilt, output=tmp_path / "model", strict=True)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("columns", [("picture", "text"), ("uri", "caption")])
def test_both_kinds_of_manifest_and_both_pairs_of_names_are_read(
    tmp_path: Path, name: str, columns: tuple[str, str]
) -> None:
    picture, text = columns
    rows: list[dict[str, Any]] = [
        {picture: "x/1.png", text: " 노을지는 바다 ", "n": 1},
        {picture: "file:///2.png", text: "b"},
    ]
    pairs, bad = read_pairs(write_manifest(tmp_path / name, rows))
    first = 2 if name.endswith("csv") else 1
    assert [(pair.name, pair.picture, pair.text) for pair in pairs] == [
        (f"line {first}", tmp_path / "x" / "1.png", "노을지는 바다"),
        (f"line {first + 1}", "file:///2.png", "b"),
    ]
    assert bad == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.csv",
            "file,words\n1.png,a\n",
            r"expected the columns picture \(or uri\) and text \(or caption\)",
        ),
        ("a.csv", "", "it has none"),
        ("a.csv", "picture,text\n" + "\xff" * 3, "is not text in UTF-8"),
        ("a.jsonl", '{"picture": "1.png"}\n', "it has picture"),
        ("a.txt", "picture,text\n", "expected a name ending in .csv, .jsonl"),
        ("absent.csv", None, "cannot be read"),
    ],
)
def test_what_is_no_manifest_of_pairs_is_refused(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content.encode("latin-1"))
    with pytest.raises(InvalidInputError, match=message):
        finetune("tiny", tmp_path / name, output=tmp_path / "model")


def test_bad_lines_of_json_are_named(tmp_path: Path) -> None:
    manifest = tmp_path / "a.jsonl"
    manifest.write_text('{"picture": "1.png", "text": "a"}\n\n[1]\n{"pic\n{"picture": 3, "text": "b"}\n')
    pairs, bad = read_pairs(manifest)
    assert len(pairs) == 1
    assert [failure.name for failure in bad] == ["line 3", "line 4", "line 5"]


def test_a_list_of_something_else_is_named(tmp_path: Path) -> None:
    wrong: Any = [("a.png", "a"), "b.png"]
    with pytest.raises(InvalidInputError, match=r"pairs\[1\]: got str; expected a tuple \(picture, text\)"):
        finetune("tiny", wrong, output=tmp_path / "model")


@pytest.mark.parametrize("validation", [0, 0.1])
def test_one_pair_alone_is_too_few(checkpoint: Path, tmp_path: Path, validation: float) -> None:
    with pytest.raises(InvalidInputError, match=r"pairs: 1 can be used, \d of them to train on"):
        train(str(checkpoint), drawn(1), output=tmp_path / "model", validation=validation)


def test_pairs_that_are_all_the_same_teach_nothing(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="2 different pictures with 2 different captions"):
        train(str(checkpoint), drawn(1) * 5, output=tmp_path / "model")


def test_captions_over_the_limit_are_cut_with_one_warning_that_counts(
    checkpoint: Path, tmp_path: Path
) -> None:
    pairs = [(picture, text * (40 if i < 2 else 1)) for i, (picture, text) in enumerate(drawn(6))]
    with pytest.warns(TruncationWarning, match="2 of 6 captions are longer than the 75 tokens") as caught:
        report = train(str(checkpoint), pairs, output=tmp_path / "model")
    assert len(caught) == 1
    assert report.truncated == 2


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, resume: bool) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match=r"is not empty \(notes.txt\) and holds no run"):
        finetune("tiny", drawn(4), output=tmp_path / "model", resume=resume)
    with pytest.raises(InvalidInputError, match="is a file; expected a folder"):
        finetune("tiny", drawn(4), output=tmp_path / "model" / "notes.txt", resume=resume)
    assert (tmp_path / "model" / "notes.txt").read_text() == "mine"


def test_a_record_of_something_else_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "finetuning.json").write_text('{"identity": {}}')
    with pytest.raises(InvalidInputError, match=r"finetuning.json is not the record of a run"):
        train(str(checkpoint), drawn(4), output=tmp_path / "model", resume=True)


def test_a_picture_that_goes_away_during_training_is_named(checkpoint: Path, tmp_path: Path) -> None:
    """As in a set too large to be kept in memory: pictures are read again in each epoch."""
    manifest = write_pairs(tmp_path / "pairs", drawn(4))
    clip = TrainableCLIP(locate(str(checkpoint)), torch.device("cpu"), torch.float32)
    made = PairSet(read_pairs(manifest)[0], clip.tokenizer, clip.preprocessing)
    kept = list(made.pixels(range(4)))
    made._kept.clear()
    assert all((a == b).all() for a, b in zip(kept, made.pixels(range(4)), strict=True))
    (tmp_path / "pairs" / "2.png").unlink()
    with pytest.raises(InvalidInputError, match=r"line 4: .*no such file; it could be read before"):
        list(made.pixels(range(4)))
