"""The loop: steps, a measurement after each epoch, checkpoints, an early end.

Imports torch, numpy, the model and what is beside it.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from clip_embeddings.errors import ClipEmbeddingsError
from clip_embeddings.models.contrastive import MAX_LOGIT_SCALE
from clip_embeddings.models.transformers.trainable import TrainableCLIP
from clip_embeddings.pipeline import progress
from clip_embeddings.tasks.training import checkpoint, methods
from clip_embeddings.tasks.training.batches import chunks, rows_from, steps_in_epoch
from clip_embeddings.tasks.training.dataset import PairSet, Rows
from clip_embeddings.tasks.training.gradients import Chunk, accumulate
from clip_embeddings.tasks.training.recall import recall
from clip_embeddings.tasks.training.settings import Settings, rate_at
from clip_embeddings.tasks.training.state import Progress, check_identity

logger = logging.getLogger(__name__)

_LONGEST_STEP = 1.0  # norm that gradients are cut at
_STEP = 4  # the stream of random numbers inside the model
Recall = dict[str, float]


class Run:
    """A model in training.

    Args:
        identity: what a checkpoint has to agree with, beside the file format.
        folder: where checkpoints are written.
        every: steps between them; there is one after each epoch too.
    """

    def __init__(
        self,
        clip: TrainableCLIP,
        pairs: PairSet,
        settings: Settings,
        *,
        folder: Path,
        every: int,
        identity: dict[str, Any],
    ) -> None:
        self.clip, self.pairs, self.settings = clip, pairs, settings
        self.folder, self.every, self.identity = folder, every, identity
        self.training, self.validation = pairs.split(settings.validation, settings.seed)
        self.in_epoch = steps_in_epoch(len(self.training), settings.pairs_in_step)
        self.steps = self.in_epoch * settings.epochs
        self.merge = methods.prepare(clip, settings)
        self.weights = methods.trainable(clip)
        grouped = ([w for w in self.weights.values() if (w.ndim > 1) is wide] for wide in (True, False))
        decays = (settings.weight_decay, 0.0)  # as CLIP: neither gains, offsets nor the temperature decay
        self.optimizer = torch.optim.AdamW(
            [{"params": group, "weight_decay": decay} for group, decay in zip(grouped, decays, strict=True)],
            betas=(0.9, 0.98),
        )
        self.progress = Progress()

    def resume(self) -> bool:
        """Go on from the checkpoint in the folder, if there is one.

        Raises:
            InvalidInputError: it is of a run with another model, other pairs or other settings.
        """
        found = checkpoint.read(self.folder)
        if found is None:
            return False
        tensors, state = found
        check_identity(self.folder, state["identity"], self.identity)
        checkpoint.unpack(tensors, self.weights, self.optimizer)
        best = {
            name: tensors[f"best/{name}"].to(self.clip.device)
            for name in self.weights
            if f"best/{name}" in tensors
        }
        self.progress = Progress(tensors["losses"].tolist(), state["recalls"], state["best"], best)
        return True

    def train(
        self, *, show_progress: bool = False, on_step: Callable[[int, float], None] | None = None
    ) -> None:
        """Take the steps that are left, then put the best epoch's weights in place."""
        done = self.progress
        if self.validation.size and not done.recalls:
            done.recalls.append(self.measure())
        first = self.steps if self._stopped() else len(done.losses)
        size, seed = self.settings.pairs_in_step, self.settings.seed
        rows = rows_from(first, self.steps, self.training, size=size, seed=seed)
        batches = chunks(self.pairs, rows, self.settings.batch_size)
        for step, (of_step, batch) in enumerate(
            progress(batches, "Fine-tuning", self.steps - first, show_progress), first
        ):
            done.losses.append(self._step(step, of_step, batch))
            if on_step:
                on_step(step, done.losses[-1])
            epoch, left = divmod(step + 1, self.in_epoch)
            if not left:
                self._end_epoch(epoch)
            if not left or (step + 1) % self.every == 0:
                self._save()
            if self._stopped():
                break
        with torch.no_grad():
            for name, weight in done.weights.items():
                self.weights[name].copy_(weight)
        self.merge()

    def _step(self, step: int, rows: Rows, batch: list[Chunk]) -> float:
        self.clip.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = rate_at(step, self.steps, self.settings.peak_rate)
        self.optimizer.zero_grad(set_to_none=True)
        seed = [self.settings.seed, _STEP, step]
        loss = accumulate(self.clip, batch, self.pairs.same(rows), seed=seed)
        if not np.isfinite(loss):
            raise ClipEmbeddingsError(
                f"step {step + 1}: the loss is not finite; begin again with a learning rate below "
                f"{self.settings.peak_rate:g}" + (' or precision="float32"' if self._mixed else "")
            )
        torch.nn.utils.clip_grad_norm_(self.weights.values(), _LONGEST_STEP)
        self.optimizer.step()
        with torch.no_grad():
            self.clip.model.logit_scale.clamp_(max=MAX_LOGIT_SCALE)
        return loss

    @property
    def _mixed(self) -> bool:
        return self.clip.precision != torch.float32

    def _end_epoch(self, epoch: int) -> None:
        done = self.progress
        mean = np.mean(done.losses[-self.in_epoch :])
        if not self.validation.size:
            logger.info("epoch %d: loss %.4f", epoch, mean)
            return
        done.recalls.append(self.measure())
        logger.info("epoch %d: loss %.4f, mean recall %.3f", epoch, mean, done.recalls[-1]["mean"])
        if not done.best or done.recalls[-1]["mean"] > done.recalls[done.best]["mean"]:
            done.best = epoch
            done.weights = {name: weight.detach().clone() for name, weight in self.weights.items()}

    def _stopped(self) -> bool:
        return self.progress.idle() >= self.settings.patience

    def _save(self) -> None:
        done = self.progress
        tensors = checkpoint.pack(self.weights, self.optimizer)
        tensors |= {f"best/{name}": weight for name, weight in done.weights.items()}
        tensors["losses"] = torch.tensor(done.losses, dtype=torch.float64)
        state = {"identity": self.identity, "recalls": done.recalls, "best": done.best}
        checkpoint.write(self.folder, tensors, state)

    @torch.no_grad()
    def measure(self) -> Recall:
        """Recall among the validation pairs, in float32."""
        rows, size = self.validation, self.settings.batch_size
        self.clip.model.eval()
        precision, self.clip.precision = self.clip.precision, torch.float32
        texts, pictures = [], []
        parts = np.array_split(rows, -(-len(rows) // size))
        for _, (part,) in chunks(self.pairs, iter(parts), size):
            texts.append(self.clip.embed_texts(part.ids).cpu().numpy())
            pictures.append(self.clip.embed_pictures(part.pixels).cpu().numpy())
        self.clip.precision = precision
        caption, picture = self.pairs.caption[rows], self.pairs.picture[rows]
        return recall(np.concatenate(texts), np.concatenate(pictures), caption, picture)
