"""Train the bundled model: a CLIPModel of about 2 M parameters on drawn scenes, from nothing.

    python -m tools.tiny_model.train --output FOLDER

`--seed`, `--width` and `--sharpest` make others beside it, to try on them what was chosen on the bundled one.

The loss is CLIP's own (Radford et al. 2021, figure 3) with two additions: a caption that is also true
of another picture in the batch is no negative of it, and texts about things that are never drawn are
further negatives of every picture. Nothing pulls the two modalities together, so the modality gap is
there as in CLIP. Imports torch, transformers, the loss and the modules beside it.
"""

import argparse
import copy
import json
import logging
import time
from math import exp, log
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from clip_embeddings.models.contrastive import MAX_LOGIT_SCALE, contrastive_loss
from clip_embeddings.models.running.device import computes_bfloat16
from tools.tiny_model import training_data as data
from tools.tiny_model.model import (
    MEAN,
    SIZE,
    STD,
    AttributeHeads,
    augment,
    build_model,
    encode_texts,
    normalise,
    rounded,
)

SEED = 20

logger = logging.getLogger(__name__)


class Trainer:
    """Everything that one training step needs.

    Args:
        scenes: how many are drawn.
        batch: pictures in a step.
        unrelated: texts in a step that belong to no picture.
        texts: how many of those there are, and how many the tokenizer learns from.
        seed: of the weights, the wording and the order.
        width: of the vectors.
        sharpest: the logit scale is kept below; a lower one leaves a wider gap between the modalities.
    """

    def __init__(
        self,
        scenes: int,
        batch: int,
        unrelated: int,
        *,
        texts: int = 60_000,
        seed: int = SEED,
        width: int = 128,
        sharpest: float = exp(MAX_LOGIT_SCALE),
    ) -> None:
        torch.manual_seed(seed)
        self.random = np.random.default_rng(seed)
        started = time.perf_counter()
        self.tokenizer = data.train_tokenizer(seed, captions=texts // 2, unrelated=texts)
        self.end = data.end_of(self.tokenizer)
        self.set = data.make_training_set(self.tokenizer, scenes, size=SIZE, each=4, seed=seed)
        self.validation = data.make_training_set(
            self.tokenizer, min(scenes, 1000), size=SIZE, each=1, seed=seed, first=data.VALIDATION_SEED
        )
        self.unrelated = data.make_unrelated(self.tokenizer, texts, seed)
        logger.info("drew %d scenes in %.0f s", scenes, time.perf_counter() - started)
        self.model = build_model(self.tokenizer.get_vocab_size(), self.end, width=width)
        self.most_scale = log(sharpest)
        self.heads = AttributeHeads(self.model.vision_embed_dim)
        self.batch, self.extra = batch, unrelated
        self.optimizers = self._optimizers()

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        hidden: list[nn.Parameter] = []
        rest: list[nn.Parameter] = [*self.heads.parameters()]
        for name, parameter in self.model.named_parameters():
            (hidden if ".layers." in name and parameter.ndim == 2 else rest).append(parameter)
        return [
            torch.optim.Muon(hidden, lr=0.02, weight_decay=0.01),
            torch.optim.AdamW(rest, lr=1.5e-3, betas=(0.9, 0.98), weight_decay=0.01),
        ]

    def loss(self, rows: np.ndarray, share_auxiliary: float) -> Tensor:
        pixels = augment(self.set.pixels[rows], self.random)
        attributes = self.set.attributes[rows]
        with torch.autocast("cpu", torch.bfloat16, enabled=computes_bfloat16(pixels.device)):
            vision = self.model.vision_model(pixel_values=pixels)
            pictures = F.normalize(self.model.visual_projection(vision.pooler_output).float(), dim=-1)
            start = int(self.random.integers(0, len(self.unrelated) - self.extra))
            unrelated = encode_texts(
                self.model, self.unrelated[start : start + self.extra], self.end, parts=1
            )
            choice = self.random.integers(0, self.set.ids.shape[2], len(rows))
            languages = range(len(data.LANGUAGES))
            ids = np.concatenate([self.set.ids[rows, language, choice] for language in languages])
            texts = encode_texts(self.model, ids, self.end).chunk(len(languages))
        total = torch.zeros(())
        for language, embeddings in zip(languages, texts, strict=True):
            claims = self.set.claims[rows, language, choice]
            true = torch.from_numpy(data.is_true(claims, attributes))
            total = total + contrastive_loss(
                embeddings, pictures, self.model.logit_scale, same=true, unrelated=unrelated
            )
        total = total / len(languages)
        if share_auxiliary > 0:
            total = total + share_auxiliary * self.heads(
                vision.pooler_output.float(), torch.from_numpy(attributes).long()
            )
        return total

    def run(self, steps: int, folder: Path) -> None:
        """Take `steps` steps; the learning rate warms up, holds and falls to zero. Saves as it goes."""
        peaks = [group["lr"] for group in self._groups()]
        began, order = time.perf_counter(), np.array([], np.int64)
        for step in range(steps):
            progress = step / steps
            if len(order) < self.batch:
                order = self.random.permutation(len(self.set.pixels))
            rows, order = order[: self.batch], order[self.batch :]
            for group, peak in zip(self._groups(), peaks, strict=True):
                group["lr"] = peak * min(1, (step + 1) / 100) * min(1, (1 - progress) / 0.6)
            loss = self._step(rows, max(0.0, 1 - progress / 0.5))
            if step % 50 == 49:
                spent = time.perf_counter() - began
                scale = self.model.logit_scale.exp().item()
                rate = (step + 1) * self.batch / spent
                logger.info("step %d: loss %.3f, scale %.1f, %.0f pictures/s", step + 1, loss, scale, rate)
            if step % 200 == 199 or step == steps - 1:
                logger.info("step %d: %s", step + 1, self.validate())
                self.save(folder)

    def _groups(self) -> list[dict[str, Any]]:
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def _step(self, rows: np.ndarray, share_auxiliary: float) -> float:
        loss = self.loss(rows, share_auxiliary)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            self.model.logit_scale.clamp_(0, self.most_scale)
        return loss.item()

    @torch.no_grad()
    def validate(self, batch: int = 200) -> str:
        """Text-to-picture recall among the validation scenes, by language."""
        number = len(self.validation.pixels)
        rows = np.array_split(np.arange(number), -(-number // batch))
        pictures = torch.cat([self.encode_pictures(normalise(self.validation.pixels[part])) for part in rows])
        found = []
        for language, name in enumerate(data.LANGUAGES):
            texts = encode_texts(self.model, self.validation.ids[:, language, 0], self.end)
            scores = texts @ pictures.T
            rank = (scores > scores.diagonal()[:, None]).sum(dim=1)
            found += [f"{name} R@{k} {(rank < k).float().mean():.3f}" for k in (1, 10)]
        return ", ".join(found)

    def encode_pictures(self, pixels: Tensor) -> Tensor:
        return F.normalize(self.model.get_image_features(pixel_values=pixels).pooler_output.float(), dim=-1)

    def save(self, folder: Path) -> None:
        """Write a folder that `CLIPModel.from_pretrained` and `AutoProcessor` read, in rounded float16."""
        folder.mkdir(parents=True, exist_ok=True)
        saved = copy.deepcopy(self.model).half()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            for weights in saved.parameters():
                weights.copy_(rounded(weights))
        saved.save_pretrained(folder)
        self.tokenizer.save(str(folder / "tokenizer.json"))
        tokens = {"bos_token": data.BOS, "eos_token": data.EOS, "pad_token": data.EOS, "unk_token": data.EOS}
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "add_prefix_space": True,  # left out, releases of transformers read it differently
            "model_max_length": data.CONTEXT,
            **tokens,
        }
        pixels = {
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": True,
            "do_resize": True,
            "size": {"shortest_edge": SIZE},
            "resample": 3,
            "do_center_crop": True,
            "crop_size": {"height": SIZE, "width": SIZE},
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": MEAN,
            "image_std": STD,
        }
        for name, content in (("tokenizer_config.json", settings), ("preprocessor_config.json", pixels)):
            (folder / name).write_text(json.dumps(content, indent=2) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--scenes", type=int, default=60_000)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument(
        "--unrelated", type=int, default=192, help="texts per batch that belong to no picture"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--width", type=int, default=128, help="numbers of a vector")
    parser.add_argument("--sharpest", type=float, default=exp(MAX_LOGIT_SCALE), help="largest logit scale")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trainer = Trainer(
        options.scenes,
        options.batch,
        options.unrelated,
        seed=options.seed,
        width=options.width,
        sharpest=options.sharpest,
    )
    trainer.run(options.steps, options.output)


if __name__ == "__main__":
    main()
