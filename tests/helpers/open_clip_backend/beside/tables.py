"""open_clip's whole table of models, and tokenizers of the classes that its models have."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
from families import vocabularies
from open_clip import pretrained
from open_clip_backend.beside.cases import CLIP_TEXT
from open_clip_backend.beside.odd_texts import odd_texts
from pictures import photo
from torchvision.transforms import Compose

from clip_embeddings import ModelLoadError
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.models.open_clip.files import OpenClipFiles
from clip_embeddings.models.open_clip.pictures import pictures_of
from clip_embeddings.models.open_clip.settings import read_settings
from clip_embeddings.models.open_clip.tokenizer import text_tokenizer

_CANONICAL = {"tokenizer_kwargs": {"clean": "canonicalize"}}
TOKENIZERS: dict[str, tuple[Callable[[Path], None], dict[str, Any]]] = {
    "SigLIP": (vocabularies.siglip, _CANONICAL),
    "SigLIP 2": (vocabularies.gemma, _CANONICAL),
    "CLIPA": (vocabularies.bert_of_64, {"tokenizer_kwargs": {"strip_sep_token": True}}),
    "MetaCLIP 2": (vocabularies.xlm_roberta, {"pool_type": "eos", "no_causal_mask": False}),
}


def transform_of(model: dict[str, Any], pictures: dict[str, Any]) -> Any:
    """open_clip's transform up to the bytes: without ToTensor and Normalize."""
    size = model["vision_cfg"].get("image_size", 224)
    merged = open_clip.transform.merge_preprocess_dict({}, {**pictures, "size": size})
    steps: Any = open_clip.transform.image_transform_v2(
        open_clip.transform.PreprocessCfg(**merged), is_train=False
    )
    return Compose(steps.transforms[:-2])


def table() -> dict[str, Any]:
    """Each architecture with each tag: which are refused and why, and whose pictures are not open_clip's."""
    picture, seen = photo(333, 222), set[Preprocessing]()
    refused, wrong, pairs = {}, list[str](), pretrained.list_pretrained()
    for architecture, tag in pairs:
        name, model = f"{architecture}/{tag}", open_clip.get_model_config(architecture)
        said = pretrained.get_pretrained_cfg(architecture, tag)
        try:
            made = pictures_of(name, read_settings(name, {"model_cfg": model, "preprocess_cfg": said}))
        except ModelLoadError as error:
            refused[name] = str(error)
            continue
        pixels = None if made in seen else made.to_pixels(picture)
        seen.add(made)
        if pixels is not None and not np.array_equal(pixels, np.asarray(transform_of(model, said)(picture))):
            wrong.append(name)
    return {"pairs": len(pairs), "refused": refused, "kinds": len(seen), "wrong": wrong}


def tokenizers(folder: Path) -> dict[str, Any]:
    """Texts of which the ids are not those of open_clip's HFTokenizer, by whose tokenizer it is."""
    texts = [*odd_texts(150), *vocabularies.LANGUAGES.values()]
    found = {}
    for name, (write, options) in TOKENIZERS.items():
        place = folder / f"tokenizer of {name}"
        place.mkdir()
        write(place)
        text = {**CLIP_TEXT, "context_length": 16, "hf_tokenizer_name": "a/b", "pool_type": "last"}
        model = {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {**text, "no_causal_mask": True, **options}}
        (place / "open_clip_config.json").write_text(json.dumps({"model_cfg": model}))
        (place / "open_clip_model.safetensors").touch()
        ours = text_tokenizer(OpenClipFiles(str(place), place, place, None))
        windows = ours.windows(texts, "truncate").ids
        rows = ours.padded([windows[index] for index in range(len(windows))])
        theirs: Any = open_clip.get_tokenizer(f"local-dir:{place}")
        wrong = (theirs(texts).numpy()[:, : rows.shape[1]] != rows).any(1)
        found[name] = [ascii(texts[index]) for index in np.flatnonzero(wrong)]
    return found
