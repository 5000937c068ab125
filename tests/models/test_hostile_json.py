"""JSON that is nested without end, or says what cannot be, gets an error of ours wherever it is read."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import photo

from clip_embeddings import (
    CLIPEmbedder,
    InvalidInputError,
    LinearProbe,
    ModalityCalibration,
    ModelLoadError,
    TipAdapter,
    ZeroShotClassifier,
)
from clip_embeddings.records import DEPTH, parsed
from clip_embeddings.tasks.training.pairs import read_pairs

DEEP = {"lists": "[" * 100_000 + "]" * 100_000, "objects": '{"a":' * 900 + "1" + "}" * 900}
Change = Callable[[Path], object]


def changed(name: str, *path: str, to: object) -> Change:
    """Put a value, or where it is a bytes its JSON as it is, into a file of a model."""

    def change(folder: Path) -> None:
        file = folder / name
        content = json.loads(file.read_text())
        place = content
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = "@" if isinstance(to, bytes) else to
        text = json.dumps(content)
        file.write_text(text.replace('"@"', to.decode()) if isinstance(to, bytes) else text)

    return change


MODELS: dict[str, Change] = {
    "no dimension": changed("config.json", "projection_dim", to=None),
    "heads below none": changed("config.json", "vision_config", "num_attention_heads", to=-1),
    "an edge beyond any": changed("preprocessor_config.json", "size", to=10**30),
    "an edge of a billion": changed("preprocessor_config.json", "size", to={"shortest_edge": 10**9}),
    "a length without end": changed("tokenizer_config.json", "model_max_length", to=b"1e400"),
    "a length of none": changed("tokenizer_config.json", "model_max_length", to=b"NaN"),
    "a length that is a list": changed("tokenizer_config.json", "model_max_length", to=[1]),
    "a length without room": changed("tokenizer_config.json", "model_max_length", to=2),
    "an end token of another model": changed("tokenizer_config.json", "eos_token", to="<|another|>"),
}
HARMLESS = {"a length without end"}  # as transformers writes it, if in other words


@pytest.mark.parametrize("damage", MODELS)
def test_a_malformed_model_folder_is_named(copy_of: Callable[[str], Path], damage: str) -> None:
    folder = copy_of("malformed")
    MODELS[damage](folder)
    uses: list[Callable[[CLIPEmbedder], object]] = [
        lambda embedder: (embedder.fingerprint, embedder.dimension),
        lambda embedder: embedder.embed_texts(["a cat"]),
        lambda embedder: embedder.embed_images([np.zeros((9, 9, 3), np.uint8)]),
    ]
    said = []
    for use in uses:
        try:
            use(CLIPEmbedder(str(folder), device="cpu", dtype="float32"))
        except ModelLoadError as error:
            said.append(str(error))
    assert bool(said) != (damage in HARMLESS)
    assert all("malformed" in each and len(each) < 1500 for each in said)


@pytest.mark.parametrize("deep", DEEP)
def test_a_classifier_without_end_is_refused(tiny: CLIPEmbedder, tmp_path: Path, deep: str) -> None:
    path = tmp_path / "classes.json"
    words = ZeroShotClassifier(tiny, ["cat", "dog"])
    rows, names = tiny.embed_images([photo(30, 30, seed) for seed in range(4)]), ["cat", "dog"] * 2
    for made in (
        words,
        TipAdapter(words).fit_vectors(rows, names),
        LinearProbe(tiny).fit_vectors(rows, names),
    ):
        made.save(path)
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**record, "labels": "@"}).replace('"@"', DEEP[deep]), encoding="utf-8")
        with pytest.raises(InvalidInputError, match=r"classes.json': is not JSON \(nested"):
            type(made).load(path, tiny)


def counted(record: dict[str, Any]) -> str:
    counts = dict.fromkeys(record["counts"], "@")
    return json.dumps({**record, "counts": counts}).replace('"@"', "1e400")


CALIBRATIONS: dict[str, Callable[[dict[str, Any]], str]] = {
    "lists": lambda record: DEEP["lists"],
    "counts without end": counted,
    "half a character": lambda record: json.dumps({**record, "model": "\ud800"}),
}


@pytest.mark.parametrize("damage", CALIBRATIONS)
def test_a_calibration_that_cannot_be_is_refused(
    tiny: CLIPEmbedder, reference: ModalityCalibration, tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(CALIBRATIONS[damage](reference.to_record()), encoding="utf-8")
    with pytest.raises(InvalidInputError, match=r"calibration.json': is not a calibration"):
        _ = tiny.with_calibration(path).calibration


def test_a_line_of_pairs_without_end_costs_that_line(tmp_path: Path) -> None:
    photo(30, 30).save(tmp_path / "a.png")
    good = json.dumps({"picture": "a.png", "text": "a cat"})
    (tmp_path / "pairs.jsonl").write_text(f"{good}\n{DEEP['lists']}\n")
    found, failures = read_pairs(tmp_path / "pairs.jsonl")
    assert (len(found), [failure.reason for failure in failures]) == (1, ["is not JSON (nested too deeply)"])


def test_what_is_read_is_what_json_reads() -> None:
    assert parsed('{"a": [1, {"b": null}], "c": "d"}') == {"a": [1, {"b": None}], "c": "d"}
    assert parsed(b"7") == 7
    assert parsed("[" * DEPTH + "]" * DEPTH)
    for text in ("", "{", b"\xff\xfe\x00", "[" * (DEPTH + 1) + "]" * (DEPTH + 1), "9" * 5000):
        with pytest.raises(ValueError, match=r"."):
            parsed(text)
