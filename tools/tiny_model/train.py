"""Train the bundled model: a CLIPModel of about 2 M parameters on drawn scenes, from nothing.

    python -m tools.tiny_model.train --output FOLDER

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
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPConfig, CLIPModel, CLIPTextConfig, CLIPVisionConfig

from clip_embeddings.models.contrastive import MAX_LOGIT_SCALE, contrastive_loss
from tools.tiny_model import training_data as data

SIZE, PATCH, SEED = 96, 12, 20
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)

logger = logging.getLogger(__name__)


def build_model(vocabulary: int, end: int) -> CLIPModel:
    """A CLIPModel with random weights; about 2.4 M parameters."""
    text = CLIPTextConfig(
        vocab_size=vocabulary,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=data.CONTEXT,
        projection_dim=128,
        bos_token_id=0,
        eos_token_id=end,
        pad_token_id=end,
    )
    vision = CLIPVisionConfig(
        image_size=SIZE,
        patch_size=PATCH,
        hidden_size=160,
        intermediate_size=640,
        num_hidden_layers=4,
        num_attention_heads=5,
        projection_dim=128,
    )
    config = CLIPConfig(text_config=text.to_dict(), vision_config=vision.to_dict(), projection_dim=128)
    # Much faster than the fused kernel where the sequence is this short and the processor trains.
    config._attn_implementation = "eager"
    return CLIPModel(config)


class AttributeHeads(nn.Module):
    """Linear read-outs of the scene's attributes from the picture's features; used early in training only."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(nn.Linear(width, len(options)) for options in data.ATTRIBUTES.values())

    def forward(self, features: Tensor, attributes: Tensor) -> Tensor:
        """Mean cross-entropy over attributes: (B, W), (B, A) -> ()."""
        losses = [
            F.cross_entropy(head(features), attributes[:, a], ignore_index=-1)
            for a, head in enumerate(self.heads)
        ]
        return torch.stack(losses).mean()


def encode_texts(model: CLIPModel, ids: np.ndarray, end: int, parts: int = 4) -> Tensor:
    """Unit text embeddings in order; texts of like length run together: (N, 77) -> (N, D)."""
    length = data.lengths(ids, end)
    order = np.argsort(length, kind="stable")
    rows = []
    for part in np.array_split(order, parts):
        tokens = torch.from_numpy(ids[part, : length[part].max()].astype(np.int64))
        rows.append(model.get_text_features(input_ids=tokens).pooler_output)
    features = torch.cat(rows)[torch.from_numpy(np.argsort(order))]
    return F.normalize(features.float(), dim=-1)


def augment(pixels: np.ndarray, generator: np.random.Generator) -> Tensor:
    """Random zoom, shift and brightness: (B, S, S, 3) uint8 -> normalised (B, 3, S, S) float32."""
    parts = []
    for part in np.array_split(pixels, 8):
        side = int(generator.integers(round(0.9 * SIZE), SIZE + 1))
        top, left = generator.integers(0, SIZE - side + 1, 2)
        crop = (
            torch.from_numpy(part[:, top : top + side, left : left + side]).permute(0, 3, 1, 2).float() / 255
        )
        crop = F.interpolate(crop, (SIZE, SIZE), mode="bilinear", antialias=True)
        parts.append(crop * generator.uniform(0.92, 1.08) + generator.uniform(-0.03, 0.03))
    return _standardise(torch.cat(parts))


def normalise(pixels: np.ndarray) -> Tensor:
    """(B, S, S, 3) uint8 -> normalised (B, 3, S, S) float32."""
    return _standardise(torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255)


def _standardise(pixels: Tensor) -> Tensor:
    return (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


class Trainer:
    """Everything that one training step needs.

    Args:
        scenes: how many are drawn.
        batch: pictures in a step.
        unrelated: texts in a step that belong to no picture.
        texts: how many of those there are, and how many the tokenizer learns from.
    """

    def __init__(self, scenes: int, batch: int, unrelated: int, *, texts: int = 60_000) -> None:
        torch.manual_seed(SEED)
        self.random = np.random.default_rng(SEED)
        started = time.perf_counter()
        self.tokenizer = data.train_tokenizer(SEED, captions=texts // 2, unrelated=texts)
        self.end = data.end_of(self.tokenizer)
        self.set = data.make_training_set(self.tokenizer, scenes, size=SIZE, each=4, seed=SEED)
        self.validation = data.make_training_set(
            self.tokenizer, min(scenes, 1000), size=SIZE, each=1, seed=SEED, first=data.VALIDATION_SEED
        )
        self.unrelated = data.make_unrelated(self.tokenizer, texts, SEED)
        logger.info("drew %d scenes in %.0f s", scenes, time.perf_counter() - started)
        self.model = build_model(self.tokenizer.get_vocab_size(), self.end)
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
        with torch.autocast("cpu", torch.bfloat16):
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
            self.model.logit_scale.clamp_(0, MAX_LOGIT_SCALE)
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
        """Write a folder that `CLIPModel.from_pretrained` and `AutoProcessor` read; weights in float16."""
        folder.mkdir(parents=True, exist_ok=True)
        copy.deepcopy(self.model).half().save_pretrained(folder)  # type: ignore[no-untyped-call]
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
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    trainer = Trainer(options.scenes, options.batch, options.unrelated)
    trainer.run(options.steps, options.output)


if __name__ == "__main__":
    main()
