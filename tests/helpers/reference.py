"""The reference implementation that vectors are compared with, and small checkpoints for it."""

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoTokenizer,
    CLIPConfig,
    CLIPModel,
    CLIPTextModel,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
)

from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.transformers.processors import DEFAULTS

try:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
except ImportError:  # before transformers 5.4, under the plain name
    from transformers import CLIPImageProcessor as CLIPImageProcessorPil  # type: ignore[assignment]

BOS, EOS = "<|startoftext|>", "<|endoftext|>"
CORPUS = (
    "a photo of a cat",
    "two dogs on the beach at sunset",
    "a red car in the city",
    "고양이가 해변에 있다",
    "the quick brown fox jumps over the lazy dog",
    "a picture of a house and a tree",
)
IMAGE_SIZE, DIMENSION, CONTEXT = 32, 24, 77
CLOSE: dict[str, Any] = {"rtol": 1e-4, "atol": 1e-5}  # to token states
PIXELS: dict[str, Any] = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": IMAGE_SIZE},
    "crop_size": {"height": IMAGE_SIZE, "width": IMAGE_SIZE},
    "resample": 3,
}


class Reference:
    """A checkpoint as transformers reads it, in float32 on the CPU."""

    def __init__(self, folder: Path) -> None:
        self.model = cast(Any, CLIPModel.from_pretrained(folder, dtype=torch.float32)).eval()
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.processor = self.processor_of(json.loads((folder / "preprocessor_config.json").read_text()))

    @staticmethod
    def processor_of(config: dict[str, Any]) -> Any:
        """The processor on Pillow; its twin on torchvision resizes a little differently."""
        return CLIPImageProcessorPil(**config)

    def texts(self, texts: list[str]) -> NDArray[np.float32]:
        """Normalised get_text_features: (N, D)."""
        inputs = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        ids, mask = inputs["input_ids"], inputs["attention_mask"]
        with torch.inference_mode():
            return normalised(self.model.get_text_features(input_ids=ids, attention_mask=mask))

    def images(self, pictures: list[Image.Image]) -> NDArray[np.float32]:
        """Normalised get_image_features of RGB pictures: (N, D)."""
        with torch.inference_mode():
            given = self.processor(pictures, input_data_format="channels_last", return_tensors="pt")
            return normalised(self.model.get_image_features(pixel_values=given["pixel_values"]))


def preprocessing(config: dict[str, Any]) -> Preprocessing:
    """How ours reads what a CLIP's picture processor was saved with."""
    return Preprocessing.from_config({**DEFAULTS["CLIPImageProcessor"], **config}, IMAGE_SIZE)


def pixels_of(processor: Any, picture: Image.Image) -> NDArray[np.uint8]:
    """What a processor makes of an RGB picture before it rescales and normalises: (H, W, 3)."""
    asked: dict[str, Any] = {"input_data_format": "channels_last", "return_tensors": "np"}
    values = processor(picture, do_rescale=False, do_normalize=False, **asked)["pixel_values"][0]
    pixels: NDArray[np.uint8] = np.asarray(values).transpose(1, 2, 0).astype(np.uint8)
    assert np.array_equal(pixels, np.asarray(values).transpose(1, 2, 0))
    return pixels


def normalised(output: Any) -> NDArray[np.float32]:
    features = getattr(output, "pooler_output", output)
    rows: NDArray[np.float32] = torch.nn.functional.normalize(features, dim=-1).numpy()
    return rows


def row_cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float64]:
    """Cosine of every row with the row across from it."""
    assert a.shape == b.shape
    left, right = a.astype(np.float64), b.astype(np.float64)
    lengths = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosines: NDArray[np.float64] = (left * right).sum(axis=1) / lengths
    return cosines


def clip_tokenizer() -> Any:
    """OpenAI's kind of tokenizer: lower case, words end in </w>, ids of the special tokens come last."""
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token=EOS))
    trained.pre_tokenizer = CLIPTokenizer().backend_tokenizer.pre_tokenizer
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        show_progress=False,
        end_of_word_suffix="</w>",
        initial_alphabet=letters,
        special_tokens=[EOS],
    )
    trained.train_from_iterator(CORPUS, trainer)
    learned = json.loads(trained.to_str())["model"]
    words = dict.fromkeys([*letters, *(f"{letter}</w>" for letter in letters), *learned["vocab"]])
    words.pop(EOS)
    vocabulary = {word: number for number, word in enumerate([*words, BOS, EOS])}
    merges: Any = [tuple(pair) for pair in learned["merges"]]
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=CONTEXT)


def byte_level_tokenizer() -> Any:
    """A plain byte-level tokenizer, as the bundled model has one; ids of the special tokens come first."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    trained.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, show_progress=False, initial_alphabet=letters, special_tokens=[BOS, EOS]
    )
    trained.train_from_iterator(CORPUS, trainer)
    ends = [(BOS, trained.token_to_id(BOS)), (EOS, trained.token_to_id(EOS))]
    trained.post_processor = processors.TemplateProcessing(single=f"{BOS} $A {EOS}", special_tokens=ends)
    make: Any = PreTrainedTokenizerFast
    return make(
        tokenizer_object=trained, bos_token=BOS, eos_token=EOS, pad_token=EOS, model_max_length=CONTEXT
    )


def randomised(model: Any, seed: int) -> Any:
    """The same model with weights so large that different inputs get different vectors."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.2, generator=generator)
    return model


def write_checkpoint(folder: Path, tokenizer: Any, *, seed: int = 0, layers: int = 2) -> Path:
    """Write a CLIPModel of random weights."""
    towers = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
    }
    text = {
        **towers,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": CONTEXT,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {**towers, "image_size": IMAGE_SIZE, "patch_size": 8}
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=DIMENSION)
    model = randomised(CLIPModel(config), seed)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PIXELS))
    return folder


def stable_diffusion(folder: Path) -> Any:
    """The pipeline with nothing but the text encoder of a checkpoint."""
    import diffusers

    make: Any = diffusers.StableDiffusionPipeline  # untyped
    encoder: Any = CLIPTextModel.from_pretrained(folder, dtype=torch.float32)
    # diffusers 0.42 reaches the final norm through what transformers 5 took away; set past torch's own
    # bookkeeping, which a module inside itself would send round in circles.
    object.__setattr__(encoder, "text_model", encoder)
    parts = dict.fromkeys(("vae", "unet", "scheduler", "safety_checker", "feature_extractor"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.model_max_length = CONTEXT
    return make(**parts, text_encoder=encoder.eval(), tokenizer=tokenizer, requires_safety_checker=False)


def encoded(pipeline: Any, prompts: list[str], clip_skip: int | None) -> NDArray[np.float32]:
    """The token states that a pipeline makes of prompts: (N, L, width)."""
    with torch.inference_mode():
        states, _ = pipeline.encode_prompt(prompts, "cpu", 1, False, clip_skip=clip_skip)
    array: NDArray[np.float32] = states.numpy()
    return array
