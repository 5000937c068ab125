"""Fine-tuning: what comes out opens, is better where it was trained, and meets no vector of the old model."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from training_pairs import drawn, write_pairs

from chroma_clip_embeddings import add_items, open_collection
from clip_embeddings import (
    CLIPEmbedder,
    ClipEmbeddingsError,
    FingerprintMismatchError,
    InvalidInputError,
    MissingExtraError,
    finetune,
)
from clip_embeddings.tasks.training.recall import recall
from clip_embeddings.tasks.training.report import FinetuneReport

# Of so few pairs recall moves in coarse steps; whether it rises is measured where it should.
train = partial(finetune, device="cpu", precision="float32", epochs=1, batch_size=8, threads=2)


@pytest.fixture(scope="module")
def negatives() -> list[tuple[Any, str]]:
    """60 scenes as photographic negatives."""
    return drawn(60, size=96, negative=True)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory, negatives: list[tuple[Any, str]]) -> FinetuneReport:
    """The bundled model, trained by LoRA on negatives."""
    folder = tmp_path_factory.mktemp("tuned")
    pairs = write_pairs(folder / "pairs", negatives)
    return train(
        "tiny", pairs, output=folder / "model", epochs=4, validation=0.3, accumulate=3, learning_rate=3e-3
    )


@pytest.mark.filterwarnings("ignore:no epoch was better")  # of random weights, which learn little
@pytest.mark.parametrize("method", ["lora", "last-layers", "full"])
def test_only_the_weights_of_a_method_move(checkpoint: Path, tmp_path: Path, method: Any) -> None:
    report = train(str(checkpoint), drawn(20), output=tmp_path / "model", method=method)
    before, after = (CLIPEmbedder(str(folder), device="cpu") for folder in (checkpoint, tmp_path / "model"))
    assert after.fingerprint != before.fingerprint
    assert report.fingerprint == after.fingerprint  # what everything else shows
    assert report.base_fingerprint == before.fingerprint
    old, new = (weights_in(folder) for folder in (checkpoint, tmp_path / "model"))
    assert old.keys() == new.keys()  # merged: no adapter is left
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert "logit_scale" in moved
    layers = {name.split("layers.")[1][0] for name in moved if "layers." in name}
    assert layers == ({"1"} if method == "last-layers" else {"0", "1"})
    assert any("embedding" in name for name in moved) == (method == "full")
    assert any("norm" in name for name in moved) == (method != "lora")
    assert report.moved < report.weights or method == "full"


def weights_in(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_recall_rises_on_pairs_that_were_not_trained_on(tuned: FinetuneReport) -> None:
    assert tuned.recall_before is not None
    assert tuned.recall_after is not None
    assert tuned.recall_after["mean"] > tuned.recall_before["mean"] + 0.02
    assert tuned.recall_after["mean"] == pytest.approx(tuned.recalls[tuned.best]["mean"], abs=1e-6)
    assert np.mean(tuned.losses[-2:]) < np.mean(tuned.losses[:2]) - 1
    assert (tuned.training, tuned.validation) == (42, 18)


def test_the_reported_recall_is_that_of_the_folder_that_was_written(
    tuned: FinetuneReport, negatives: list[tuple[Any, str]]
) -> None:
    """Measured again from the folder, on the same 18 pairs, which no other way of splitting gives."""
    order = np.random.default_rng([0, 1]).permutation(60)[:18]
    rows = np.sort(order)
    embedder = CLIPEmbedder(str(tuned.output), device="cpu", dtype="float32")
    texts = embedder.embed_texts([negatives[i][1] for i in rows])
    pictures = embedder.embed_images([negatives[i][0] for i in rows])
    assert recall(texts, pictures, np.arange(18), np.arange(18)) == pytest.approx(
        tuned.recall_after, abs=1e-6
    )


def test_the_card_says_what_was_done_and_what_was_not(tuned: FinetuneReport) -> None:
    card = (tuned.output / "README.md").read_text(encoding="utf-8")
    for part in (
        tuned.base_fingerprint,
        tuned.fingerprint,
        "pairs trained on | 42",
        "| method | lora |",
        "| rank | 8 |",
        f"| mean | {tuned.recalls[0]['mean']:.3f} |",
        "## Not measured",
    ):
        assert part in card
    record = json.loads((tuned.output / "finetuning.json").read_text(encoding="utf-8"))
    assert record["losses"] == list(tuned.losses)
    assert sorted(path.name for path in tuned.output.iterdir()) == [
        "README.md", "config.json", "finetuning.json", "model.safetensors", "preprocessor_config.json",
        "tokenizer.json", "tokenizer_config.json",
    ]  # fmt: skip


def test_a_collection_of_the_old_model_refuses_the_new_one(tuned: FinetuneReport) -> None:
    client = chromadb.EphemeralClient()
    collection = open_collection(client, "before-tuning", embedder=CLIPEmbedder("tiny", device="cpu"))
    add_items(collection, ids=["a"], texts=["a red boat"])
    new = CLIPEmbedder(str(tuned.output), device="cpu")
    with pytest.raises(FingerprintMismatchError):
        open_collection(client, "before-tuning", embedder=new)
    again = open_collection(client, "after-tuning", embedder=new)
    add_items(again, ids=["a"], texts=["a red boat"])
    assert again.count() == 1


def test_the_base_model_s_calibration_is_refused_too(tuned: FinetuneReport, reference: Any) -> None:
    with pytest.raises(FingerprintMismatchError, match="measured on the model"):
        _ = CLIPEmbedder(str(tuned.output), calibration=reference).calibration
    with pytest.raises(InvalidInputError, match="ships with no reference calibration"):
        _ = CLIPEmbedder(str(tuned.output), calibration="reference").calibration


def test_a_finished_run_is_kept_and_a_second_one_refused(tuned: FinetuneReport) -> None:
    pairs = tuned.output.parent / "pairs" / "pairs.csv"
    same = partial(
        train, "tiny", pairs, output=tuned.output, epochs=4, validation=0.3, accumulate=3, learning_rate=3e-3
    )
    with pytest.raises(InvalidInputError, match="holds a finished run"):
        same()
    stamp = (tuned.output / "model.safetensors").stat().st_mtime_ns
    again = same(resume=True)
    assert again == tuned
    assert (tuned.output / "model.safetensors").stat().st_mtime_ns == stamp
    with pytest.raises(InvalidInputError, match=r"another seed \(0, not 4\)"):
        same(resume=True, seed=4)


def test_no_epoch_that_is_better_is_warned_of_and_ends_it_early(checkpoint: Path, tmp_path: Path) -> None:
    """A rate at which nothing moves: the recall stays, and after two epochs without gain it ends."""
    with pytest.warns(UserWarning, match="no epoch was better than the base model"):
        report = train(
            str(checkpoint),
            drawn(20),
            output=tmp_path / "model",
            epochs=9,
            patience=2,
            learning_rate=1e-12,
            method="last-layers",
        )
    assert report.stopped_early
    assert len(report.recalls) == 3
    assert report.best == 1


@pytest.mark.filterwarnings("ignore:no epoch was better")
def test_mixed_precision_trains_alike_and_writes_float32(checkpoint: Path, tmp_path: Path) -> None:
    exact, mixed = (
        train(str(checkpoint), drawn(20), output=tmp_path / name, precision=name)
        for name in ("float32", "bfloat16")
    )
    assert mixed.settings["precision"] == "bfloat16"
    assert mixed.losses != exact.losses
    assert mixed.losses == pytest.approx(exact.losses, rel=0.05)
    assert mixed.recall_before == exact.recall_before  # measured in float32 either way
    assert {weight.dtype for weight in weights_in(tmp_path / "bfloat16").values()} == {torch.float32}


def test_without_validation_the_last_epoch_is_kept(checkpoint: Path, tmp_path: Path) -> None:
    report = train(str(checkpoint), drawn(6), output=tmp_path / "model", epochs=2, validation=0)
    assert (report.recall_before, report.recall_after, report.recalls, report.best) == (None, None, (), 2)
    assert (report.training, report.validation, len(report.losses)) == (6, 0, 2)
    assert "Nothing: no pairs were kept" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def test_lora_without_peft_names_the_extra_and_the_other_methods_work(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtraError, match=r'pip install "clip-embeddings\[finetune\]"'):
        train(str(checkpoint), drawn(6), output=tmp_path / "model")
    assert not (tmp_path / "model").exists()
    train(str(checkpoint), drawn(6), output=tmp_path / "model", method="last-layers", validation=0)


def test_a_loss_that_is_not_finite_ends_the_run(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ClipEmbeddingsError, match="not finite; begin again with a learning rate below"):
        train(str(checkpoint), drawn(12), output=tmp_path / "m", method="full", learning_rate=1e30, epochs=5)
