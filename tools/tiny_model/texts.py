"""Train the text tower of a model once more, on other texts; its pictures keep their vectors.

    python -m tools.tiny_model.texts --model FOLDER --output FOLDER

Minutes where `train` takes hours: every picture is embedded once. The tokenizer stays. At the end weights are
rounded to the precision of bfloat16, which costs nothing that can be measured and packs a third smaller.
Imports torch, transformers and the modules beside it.
"""

import argparse
import copy
import logging
import shutil
import time
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPModel

from clip_embeddings.models.contrastive import contrastive_loss
from clip_embeddings.models.tiny import WEIGHTS
from tools.tiny_model import training_data as data
from tools.tiny_model.model import SIZE, encode_texts, normalise

SEED = 21
_KEPT = 7  # bits of the mantissa
_RATE = 1.5e-4
_BETWEEN_TEXTS = 0.3  # share of the loss between captions in two languages

logger = logging.getLogger(__name__)


def rounded(weights: Tensor) -> Tensor:
    """Float16 of which the lowest bits of the mantissa are zero: the file packs better."""
    dropped = 10 - _KEPT
    bits = weights.half().view(torch.int16).int()
    return ((bits + (1 << (dropped - 1))) & -(1 << dropped)).short().view(torch.float16)


def round_weights(model: CLIPModel) -> None:
    """Round all of them where they are."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(rounded(parameter))


class TextTrainer:
    """Everything that one step needs.

    Args:
        folder: the model.
        scenes: how many are drawn.
        batch: pictures in a step, each with a caption in each language.
        unrelated: texts in a step that belong to no picture.
    """

    def __init__(self, folder: Path, scenes: int, batch: int, unrelated: int, seed: int = SEED) -> None:
        torch.manual_seed(seed)
        self.random = np.random.default_rng(seed)
        self.model = CLIPModel.from_pretrained(folder, dtype=torch.float32)
        round_weights(self.model)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.end = data.end_of(tokenizer)
        self.set = data.make_training_set(tokenizer, scenes, size=SIZE, each=4, seed=seed)
        self.unrelated = data.make_unrelated(tokenizer, 60_000, seed)
        self.pictures = self._pictures()
        self.batch, self.extra = batch, unrelated
        trained = [*self.model.text_model.parameters(), *self.model.text_projection.parameters()]
        self.optimizer = torch.optim.AdamW(trained, lr=_RATE, betas=(0.9, 0.98), weight_decay=0.01)

    @torch.no_grad()
    def _pictures(self) -> Tensor:
        rows = [
            self.model.get_image_features(pixel_values=normalise(part)).pooler_output
            for part in np.array_split(self.set.pixels, -(-len(self.set.pixels) // 200))
        ]
        return F.normalize(torch.cat(rows), dim=-1)

    def run(self, steps: int) -> None:
        """Take `steps` steps; the learning rate warms up and falls to zero."""
        began = time.perf_counter()
        for step in range(steps):
            for group in self.optimizer.param_groups:
                group["lr"] = _RATE * min(1, (step + 1) / 50) * (1 - step / steps)
            loss = self._step()
            if step % 50 == 49:
                logger.info("step %d: loss %.3f, %.0f s", step + 1, loss, time.perf_counter() - began)

    def _step(self) -> float:
        rows = self.random.integers(0, len(self.pictures), self.batch)
        start = int(self.random.integers(0, len(self.unrelated) - self.extra))
        unrelated = encode_texts(self.model, self.unrelated[start : start + self.extra], self.end, parts=1)
        choice = self.random.integers(0, self.set.ids.shape[2], len(rows))
        scale, total, texts = self.model.logit_scale.detach(), torch.zeros(()), []
        for language in range(len(data.LANGUAGES)):
            texts.append(encode_texts(self.model, self.set.ids[rows, language, choice], self.end))
            true = data.is_true(self.set.claims[rows, language, choice], self.set.attributes[rows])
            total = total + contrastive_loss(
                texts[-1], self.pictures[rows], scale, same=torch.from_numpy(true), unrelated=unrelated
            )
        # A caption is nearer to its translation than to a note about other things.
        one = int(self.random.integers(0, 2))
        true = data.is_true(self.set.claims[rows, one, choice], self.set.attributes[rows])
        total = total + _BETWEEN_TEXTS * contrastive_loss(
            texts[one], texts[1 - one], scale, same=torch.from_numpy(true), unrelated=unrelated
        )
        total.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.text_model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total.item()

    def save(self, folder: Path, output: Path) -> None:
        """The model in a folder of its own, with the files of the one that it came from."""
        round_weights(self.model)
        if output.resolve() != folder.resolve():
            shutil.copytree(folder, output, dirs_exist_ok=True)
        copy.deepcopy(self.model).half().save_pretrained(output)  # type: ignore[no-untyped-call]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, default=WEIGHTS)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--scenes", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument(
        "--unrelated", type=int, default=384, help="texts per batch that belong to no picture"
    )
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trainer = TextTrainer(options.model, options.scenes, options.batch, options.unrelated)
    trainer.run(options.steps)
    trainer.save(options.model, options.output)


if __name__ == "__main__":
    main()
