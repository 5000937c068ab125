"""In a process of its own: models from the hub by this library, and by transformers itself.

Prints one JSON object for each model: what was loaded, and the vectors or the error.
"""

import json
import os
import sys
import time
import warnings
from typing import Any

import numpy as np
from PIL import Image

TEXTS = ["a photo of a cat", "Two DOGS on the beach at sunset!", "고양이가 해변에 있다", "", "the sea " * 30]
SIZES = [(40, 52), (64, 31), (32, 32)]


def pictures() -> list[Image.Image]:
    """Smooth ones of several sizes, each another."""
    made = []
    for number, (width, height) in enumerate(SIZES, start=1):
        across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        planes = [across * 255, down * 255, (across * down * number * 80) % 255]
        made.append(Image.fromarray(np.stack(planes, axis=-1).astype(np.uint8)))
    return made


def ours(model: str, revision: str | None, **settings: Any) -> dict[str, Any]:
    """What a user sees: vectors, or the error; and the warnings."""
    from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            embedder = CLIPEmbedder(model, revision=revision, device="cpu", dtype="float32", **settings)
            found: dict[str, Any] = {
                "texts": embedder.embed_texts(TEXTS).tolist(),
                "images": embedder.embed_images(pictures()).tolist(),
                "dimension": embedder.dimension,
                "fingerprint": embedder.fingerprint,
                "revision": embedder.resolved_revision,
                "origin": embedder._files.origin,
            }
        except ClipEmbeddingsError as error:
            found = {"error": str(error)}
    kept = [str(each.message) for each in said if each.category is UserWarning]
    return {**found, "warnings": kept}


def theirs(model: str, processor: dict[str, Any] | None, options: dict[str, Any]) -> dict[str, Any]:
    """Normalised features of transformers, from the hub by its own client.

    Args:
        processor: settings of the picture processor; None reads those of the repository.
    """
    import torch
    from transformers import AutoTokenizer, CLIPModel

    try:
        from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    except ImportError:  # before transformers 5.4, under the plain name
        from transformers import CLIPImageProcessor as CLIPImageProcessorPil  # type: ignore[assignment]

    # Only where it is told to take safetensors: elsewhere it would have pickles converted by another machine.
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = "0" if options.get("use_safetensors") else "1"
    loaded: Any = CLIPModel
    network = loaded.from_pretrained(model, dtype=torch.float32, **options).eval()
    options = {key: value for key, value in options.items() if key != "use_safetensors"}
    make: Any = CLIPImageProcessorPil
    prepare = make.from_pretrained(model, **options) if processor is None else make(**processor)
    inputs = AutoTokenizer.from_pretrained(model, **options)(
        TEXTS, padding=True, truncation=True, max_length=77, return_tensors="pt"
    )
    with torch.inference_mode():
        texts = network.get_text_features(inputs["input_ids"], attention_mask=inputs["attention_mask"])
        pixels = [prepare(picture, return_tensors="pt")["pixel_values"] for picture in pictures()]
        images = network.get_image_features(torch.cat(pixels))
    unit = [torch.nn.functional.normalize(each.pooler_output, dim=-1).tolist() for each in (texts, images)]
    return {"texts": unit[0], "images": unit[1]}


def main() -> None:
    """The argument is a list of objects: model, revision, settings, how to ask transformers for the same."""
    for asked in json.loads(sys.argv[1]):
        model, revision = asked["model"], asked.get("revision")
        began = time.perf_counter()
        answer = {"model": model, "ours": ours(model, revision, **asked.get("settings", {}))}
        answer["seconds"] = time.perf_counter() - began
        if "reference" in asked:
            answer["theirs"] = theirs(model, asked.get("processor"), asked["reference"])
        print(json.dumps(answer), flush=True)
