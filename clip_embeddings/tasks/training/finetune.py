"""`finetune`: a model made at home in a domain of one's own. Imports what is beside it and the models."""

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from pathlib import Path

from clip_embeddings.config import EmbedderConfig, name_of_model
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.models.hub.locate import locate
from clip_embeddings.models.identity.fingerprint import fingerprint_of, model_fingerprint_of
from clip_embeddings.models.model import Model
from clip_embeddings.models.running.device import choose_device, choose_dtype
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.tasks.training import checkpoint, methods
from clip_embeddings.tasks.training.dataset import PairSet, list_failures
from clip_embeddings.tasks.training.pairs import Failure, Pairs, read_pairs
from clip_embeddings.tasks.training.report import FinetuneReport
from clip_embeddings.tasks.training.run import Run
from clip_embeddings.tasks.training.settings import Method, Settings
from clip_embeddings.tasks.training.state import check_folder, finished


def finetune(
    model: str | PathLike[str],
    pairs: Pairs,
    *,
    output: str | PathLike[str],
    method: Method = "lora",
    epochs: int = 10,
    batch_size: int = 64,
    accumulate: int = 1,
    learning_rate: float | None = None,
    weight_decay: float = 0.01,
    rank: int = 8,
    layers: int = 1,
    validation: float = 0.1,
    patience: int = 3,
    seed: int = 0,
    precision: str = "auto",
    strict: bool = False,
    resume: bool = False,
    checkpoint_steps: int = 100,
    revision: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    show_progress: bool = False,
    on_step: Callable[[int, float], None] | None = None,
) -> FinetuneReport:
    """Train a model on pairs of pictures and captions, and write one that `CLIPEmbedder(output)` opens.

    In a batch, pairs of the same caption or the same picture are no negatives of each other. The weights that
    are kept are those of the epoch with the highest recall on pairs that are not trained on. Every picture is
    read once before training begins. The vectors of the result cannot be compared with those of the base
    model, and its fingerprint says so.

    Args:
        model: hub id, local folder (a str or a path), or the bundled "tiny".
        pairs: a .csv file with a header, or .jsonl, with the columns `picture` (or `uri`; relative to the
            file's folder) and `text` (or `caption`); or (picture, text) tuples.
        output: a folder that is empty or not there; with `resume`, one that this run left.
        method: "lora" (small matrices beside the weights, merged into them in the end; needs peft),
            "last-layers" or "full".
        epochs: at most so many times through all pairs.
        batch_size: pairs that go through the model at once.
        accumulate: so many times that in one step, all of them negatives of each other, at the memory of one
            and at the cost of a second forward pass.
        learning_rate: at its highest; None is 3e-4 for lora, 1e-4 for last-layers, 1e-5 for full.
        weight_decay: of matrices.
        rank: of LoRA's matrices.
        layers: of each tower that "last-layers" trains, with the projections.
        validation: share of the pictures that is measured with and not trained on; 0 measures nothing, and
            the last epoch is kept.
        patience: epochs without a new highest mean recall after which it ends.
        seed: of the split, the order and LoRA's first matrices.
        precision: what layers compute in: "auto" (bfloat16 where the hardware does), "bfloat16", "float32";
            weights, loss and measurements are float32.
        strict: refuse a pair that cannot be used; otherwise it is left out, warned of and reported.
        resume: go on from the checkpoint in `output`, if there is one; the losses are those of a run that
            was not interrupted, on the same machine.
        checkpoint_steps: steps between checkpoints, beside that of each epoch.
        revision: branch, tag or commit on the hub.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        threads: how many read pictures.
        on_step: called after each step with its number, from 0, and its loss.
    Raises:
        InvalidInputError: a setting; a manifest without the columns; too few pairs; an output folder that
            holds something else; under `strict` a pair.
        MissingExtraError: "lora", and peft is not installed.
        ModelLoadError: the model cannot be found or read.
    Warns:
        UserWarning: pairs were left out, or no epoch was better than the base.
        TruncationWarning: captions were cut, with how many.
    Source: Radford et al. 2021; Hu et al. 2022 (LoRA); Gao et al. 2021 (cached gradients).
    """
    began = time.perf_counter()
    settings = Settings(
        method=method,
        epochs=epochs,
        batch_size=batch_size,
        accumulate=accumulate,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        rank=rank,
        layers=layers,
        validation=validation,
        patience=patience,
        seed=seed,
        precision=precision,
    )
    if type(checkpoint_steps) is not int or checkpoint_steps < 1:
        raise InvalidInputError(
            f"checkpoint_steps: got {checkpoint_steps!r}; expected a whole number of at least 1"
        )
    methods.check_extra(settings)
    folder = Path(output)
    check_folder(folder, resume)
    place = choose_device(device)
    dtype = choose_dtype(settings.precision, place)
    settings = replace(settings, precision=str(dtype).removeprefix("torch."))
    given, unusable = read_pairs(pairs)
    files = locate(name_of_model(model), revision)
    clip = TrainableCLIP(files, place, dtype)
    made = PairSet(given, clip.tokenizer, clip.preprocessing, threads=threads, show_progress=show_progress)
    failures = (*unusable, *made.failures)
    _report_failures(failures, len(given) + len(unusable), strict)
    identity = {**settings.record(), "model": model_fingerprint_of(files), "pairs": made.digest}
    if there := finished(folder, identity):
        return there
    run = Run(clip, made, settings, folder=folder, every=checkpoint_steps, identity=identity)
    run.resume()
    run.train(show_progress=show_progress, on_step=on_step)
    return _save(run, files, failures, began)


def _save(run: Run, files: Model, failures: tuple[Failure, ...], began: float) -> FinetuneReport:
    """Measure what was made, write it and say so; the checkpoint goes when all is there."""
    done, folder = run.progress, run.folder
    after = run.measure() if run.validation.size else None
    run.clip.save(folder)
    report = FinetuneReport(
        output=folder,
        base=files.model,
        base_fingerprint=_shown(files),
        fingerprint=_shown(locate(str(folder.resolve()))),
        training=len(run.training),
        validation=len(run.validation),
        failures=failures,
        truncated=run.pairs.truncated,
        moved=sum(weight.numel() for weight in run.weights.values()),
        weights=sum(weight.numel() for weight in run.clip.model.parameters()),
        losses=tuple(done.losses),
        recalls=tuple(done.recalls),
        best=done.best or run.settings.epochs,
        stopped_early=len(done.losses) < run.steps,
        recall_before=done.recalls[0] if done.recalls else None,
        recall_after=after,
        settings=run.settings.record(),
        seconds=time.perf_counter() - began,
    )
    report.write(run.identity)
    checkpoint.remove(folder)
    if after and after["mean"] <= done.recalls[0]["mean"]:
        warnings.warn(
            f"no epoch was better than the base model (mean recall {done.recalls[0]['mean']:.3f}, now "
            f"{after['mean']:.3f}); try another learning rate or more pairs",
            UserWarning,
            stacklevel=3,
        )
    return report


def _shown(files: Model) -> str:
    """The fingerprint that `CLIPEmbedder`, `info` and a collection show for a model, with their defaults."""
    return fingerprint_of(files, long_text=EmbedderConfig().long_text)


def _report_failures(failures: tuple[Failure, ...], total: int, strict: bool) -> None:
    if failures and strict:
        raise InvalidInputError(list_failures(failures, total))
    if failures:
        warnings.warn(list_failures(failures, total), UserWarning, stacklevel=3)
