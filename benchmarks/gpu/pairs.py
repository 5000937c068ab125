"""A small model of every family in a folder, and what its own library makes of some inputs.

Imports torch, this library and the tests' helpers; other libraries where they are asked for vectors.
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.shared.photos import photo
from clip_embeddings import CLIPEmbedder

_SIZES = ((64, 31), (32, 32), (20, 90), (200, 150), (40, 30))
_CLIP = "clip"


class Pair(NamedTuple):
    """One model: ours, and what its own library makes of the same inputs; None of what it does not embed.

    kind: the family's type, or the library that runs it.
    """

    kind: str
    ours: Callable[..., CLIPEmbedder]
    texts: list[str]
    text_rows: NDArray[np.float32]
    pictures: NDArray[np.float32] | None


@cache
def pictures() -> list[Image.Image]:
    """RGB, of several shapes."""
    return [photo(size, seed) for seed, size in enumerate(_SIZES)]


def pairs() -> dict[str, Callable[[Path], Pair]]:
    """What is compared, by name: makes a model in a folder and asks its own library for vectors."""
    from families.cases import CASES

    return {
        _CLIP: partial(_of_transformers, _clip()),
        **{name: partial(_of_transformers, case) for name, case in CASES.items()},
        "M-CLIP's text model": _m_clip,
        "text model of sentence-transformers": _text_model,
        "sentence-transformers": _sentence_transformers,
        "open_clip": _open_clip,
    }


def _clip() -> Any:
    """The family that the others are beside."""
    from families import cases, vocabularies

    text = {**cases.TEXT, "eos_token_id": 602, "max_position_embeddings": 77}
    return cases.Case(
        "openai/clip-vit-base-patch32",
        cases._config("CLIPConfig", text, cases.PICTURE, projection_dim=24),
        vocabularies.clip,
        cases.CLIP_PIXELS,
        cases._CLIP_CLASS,
    )


def _texts(*, short: bool = False) -> list[str]:
    from families.vocabularies import LANGUAGES

    texts = [*LANGUAGES.values(), "a", "  spaces   and\nlines "]
    return texts if short else [*texts, "a very long sentence about the sea " * 20]


def _of_transformers(case: Any, folder: Path) -> Pair:
    """A family's own class in transformers."""
    from families.cases import Reference, write_model

    try:
        kind = case.config().model_type
    except AttributeError as error:
        raise ImportError(f"this release of transformers does not have it ({error})") from error
    write_model(folder, case)
    theirs = Reference(folder, case)
    texts = _texts()
    return Pair(kind, partial(CLIPEmbedder, folder), texts, theirs.texts(texts), theirs.images(pictures()))


def _m_clip(folder: Path) -> Pair:
    from families.cases import write_model
    from families.text_models import m_clip, m_clip_reference

    ours = partial(
        CLIPEmbedder, write_model(folder / "clip", _clip()), text_model=m_clip(folder / "text", 24)
    )
    texts = _texts(short=True)
    return Pair(_CLIP, ours, texts, m_clip_reference(folder / "text", texts), None)


def _text_model(folder: Path) -> Pair:
    from families.cases import write_model
    from families.text_models import sentence_transformer
    from sentence_transformers import SentenceTransformer

    text = sentence_transformer(folder / "text", 24)
    ours = partial(CLIPEmbedder, write_model(folder / "clip", _clip()), text_model=text)
    theirs: Any = SentenceTransformer(str(text), device="cpu").encode(_texts(), normalize_embeddings=True)
    return Pair(_CLIP, ours, _texts(), theirs, None)


def _sentence_transformers(folder: Path) -> Pair:
    """A language model that reads pictures, with prompts and a template."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers_backend.small import chat_model

    made = chat_model(folder / "chat")
    model: Any = SentenceTransformer(str(made), device="cpu", local_files_only=True)
    texts = _texts(short=True)
    rows = [
        model.encode_document([{name: item} for item in items], normalize_embeddings=True)
        for name, items in (("text", texts), ("image", pictures()))
    ]
    ours = partial(CLIPEmbedder, f"sentence_transformers:{made}")
    return Pair("sentence_transformers", ours, texts, rows[0], rows[1])


def _open_clip(folder: Path) -> Pair:
    """Its own class of CLIP."""
    import open_clip
    from open_clip_backend.beside.models import CASES, write

    made = write(folder, CASES["ViT-B-32"])
    loaded: Any = open_clip.create_model_from_pretrained(f"local-dir:{made}")
    model, transform = loaded[0].eval(), loaded[1]
    tokenizer: Any = open_clip.get_tokenizer(f"local-dir:{made}")
    texts = _texts(short=True)
    with torch.inference_mode():
        text = model.encode_text(tokenizer(texts), normalize=True).numpy()
        shown = torch.stack([transform(picture) for picture in pictures()])
        image = model.encode_image(shown, normalize=True).numpy()
    return Pair("open_clip", partial(CLIPEmbedder, made), texts, text, image)
