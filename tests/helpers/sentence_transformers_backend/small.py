"""Small random models as sentence-transformers has them: one with prompts and a template."""

import shutil
from pathlib import Path
from typing import Any

import reference
import torch
import transformers
from families import vocabularies as words
from families.cases import CLIP_PIXELS, PICTURE, TOWER

PROMPTS = {"query": "find this : ", "document": "a title : "}
# Text and pictures in turns of a chat, which is how today's unified models are asked.
_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }} : {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %} ; "
    "{% endfor %}"
)


def saved(folder: Path, made_from: Path, prompts: dict[str, str]) -> Path:
    """A model that the library has loaded from a folder, given prompts, and written anew."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(made_from), device="cpu", local_files_only=True)
    model.prompts = dict(prompts)
    model.save_pretrained(str(folder))
    return folder


def chat_model(folder: Path, *, seed: int = 0, prompts: dict[str, str] | None = None) -> Path:
    """LLaVA's class: a language model that reads pictures, pooled; written by sentence-transformers."""
    raw = folder.with_name(f"{folder.name}-raw")
    raw.mkdir(parents=True)
    words.roberta(raw)
    loaded: Any = transformers.AutoTokenizer
    make: Any = transformers.PreTrainedTokenizerFast
    tokenizer = make(
        tokenizer_object=loaded.from_pretrained(raw).backend_tokenizer, pad_token="<pad>",
        additional_special_tokens=["<image>"], model_max_length=120,
    )  # fmt: skip
    text: Any = transformers.LlamaConfig(
        **TOWER, vocab_size=len(tokenizer), max_position_embeddings=128, pad_token_id=0, bos_token_id=None,
        eos_token_id=None,
    )  # fmt: skip
    image = tokenizer.convert_tokens_to_ids("<image>")
    vision = transformers.CLIPVisionConfig(**PICTURE)
    config: Any = transformers.LlavaConfig(vision_config=vision, text_config=text, image_token_index=image)
    torch.manual_seed(seed)
    model: Any = reference.randomised(transformers.LlavaModel(config), seed)
    model.save_pretrained(raw)
    sizes = {key: CLIP_PIXELS[key] for key in ("size", "crop_size")}
    pictures: Any = reference.__dict__["CLIPImageProcessorPil"]  # under another name in older releases
    join: Any = transformers.LlavaProcessor
    processor = join(
        image_processor=pictures(**sizes), tokenizer=tokenizer, patch_size=8,
        vision_feature_select_strategy="default", num_additional_image_tokens=1, image_token="<image>",
        chat_template=_TEMPLATE,
    )  # fmt: skip
    processor.save_pretrained(raw)
    made = saved(folder, raw, PROMPTS if prompts is None else prompts)
    shutil.rmtree(raw)
    return made
