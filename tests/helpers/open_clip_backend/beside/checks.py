"""Numbers that say how near this library is to open_clip, on one model each."""

from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip_backend.beside.cases import CASES, SIZES, TEXTS, Case
from open_clip_backend.beside.odd_texts import odd_texts
from open_clip_backend.beside.tables import transform_of
from pictures import photo
from PIL import Image

from clip_embeddings import CLIPEmbedder
from clip_embeddings.models.open_clip.files import OpenClipFiles


def embedder_of(model: str | Path, **options: Any) -> CLIPEmbedder:
    return CLIPEmbedder(model, **{"device": "cpu", "dtype": "float32", **options})


def pictures(count: int) -> list[Image.Image]:
    clear, grey = photo(90, 60, seed=20).convert("RGBA"), photo(60, 91, seed=21).convert("L")
    return [clear, grey, *(photo(width, height, seed) for seed, (width, height) in enumerate(SIZES))][:count]


def _least(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """The smallest cosine between rows of the same number."""
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (ours, theirs)]
    return float((unit[0] * unit[1]).sum(1).min())


def _spread(rows: NDArray[Any]) -> float:
    """The smallest cosine between any two: what a comparison would find if it could not fail."""
    return float((rows @ rows.T).min())


def compare(folder: Path, case: Case) -> dict[str, Any]:
    """Our vectors beside those of open_clip's own transform, tokenizer and model."""
    name = f"local-dir:{folder}"
    made: Any = open_clip.create_model_from_pretrained(name)
    model, transform = made[0].eval(), made[1]
    tokenizer: Any = open_clip.get_tokenizer(name)
    shown, ids = pictures(case.pictures_tried), tokenizer(TEXTS)
    with torch.inference_mode():
        text = model.encode_text(ids, normalize=True).numpy()
        image = model.encode_image(torch.stack([transform(one) for one in shown]), normalize=True).numpy()
    ours = embedder_of(folder, batch_size=4)
    alone = [ours.embed_texts(TEXTS), np.concatenate([ours.embed_texts([one]) for one in TEXTS])]
    looks = [ours.embed_images(shown), ours.embed_images(shown[:1])]
    logits = model.logit_scale.exp().item() * image[:2] @ text.T
    expected = torch.tensor(logits).softmax(-1).numpy()
    if model.logit_bias is not None:
        expected = torch.sigmoid(torch.tensor(logits) + model.logit_bias.item()).numpy()
    probabilities = ours.scoring.probabilities(ours.similarity(shown[:2], TEXTS))
    return {
        "texts": min(_least(rows, text) for rows in alone),
        "pictures": min(_least(looks[0], image), _least(looks[1], image[:1])),
        "texts differ": _spread(text),
        "pictures differ": _spread(image),
        "ids": _same_ids(ours, ids.numpy()),
        "probabilities": float(np.abs(probabilities - expected).max()),
        "scores": ours.scoring.kind,
        "context": ours.context,
        "dimension": [ours.dimension, text.shape[1]],
        "unit": float(np.abs(np.linalg.norm(looks[0], axis=1) - 1).max()),
        "chunked": _least(
            CLIPEmbedder(folder, device="cpu", dtype="float32", long_text="chunk").embed_texts(TEXTS[:5]),
            text[:5],
        ),
        "passages": _passages(ours),
        "fingerprint": ours.fingerprint,
    }


def _same_ids(ours: CLIPEmbedder, theirs: NDArray[np.int64]) -> bool:
    """Ids up to where a text ends; behind it open_clip fills up, and we do where the tower would see it."""
    tokenizer: Any = ours._encoder.tokenizer
    windows = tokenizer.windows(TEXTS, "truncate").ids
    rows = tokenizer.padded([windows[index] for index in range(len(windows))])
    return bool((theirs[:, : rows.shape[1]] == rows).all()) and not theirs[:, rows.shape[1] :].any()


def _passages(ours: CLIPEmbedder) -> dict[str, Any]:
    """A text of capitals, entities and Korean in pieces: all of it, and none over the limit."""
    text = "A PHOTO of a Cat &amp; Dogs, running. 노을지는 바다에서 산책했다! caf&eacute;\n\n" * 30
    pieces = ours.split_text(text)
    fits = embedder_of(ours.config.model, long_text="error").embed_texts([piece.text for piece in pieces])
    return {
        "count": len(pieces),
        "same": all(text[piece.start : piece.end] == piece.text for piece in pieces),
        "whole": "".join("".join(piece.text.split()) for piece in pieces) == "".join(text.split()),
        "finite": bool(np.isfinite(fits).all()),
    }


def ids() -> dict[str, Any]:
    """Texts of which CLIP's ids are not open_clip's, and how many were tried."""
    from clip_embeddings.inputs.tokens import TextTokenizer
    from clip_embeddings.models.open_clip.extra import vocabulary_file
    from clip_embeddings.models.open_clip.tokenizer import cleaning, clip_tokenizer

    texts, found = odd_texts(), {}
    for kind in ("lower", "whitespace", "canonicalize"):
        theirs: Any = open_clip.SimpleTokenizer(clean=kind)
        made = clip_tokenizer(vocabulary_file("CLIP"), lower=kind == "lower")
        ours = TextTokenizer(
            made, context=77, pad=0, fill="pad", up_to="context", clean=cleaning("CLIP", kind)
        )
        windows = ours.windows(texts, "truncate").ids
        rows = ours.padded([windows[index] for index in range(len(windows))])
        wrong = (theirs(texts).numpy() != rows).any(1)
        found[kind] = [ascii(texts[index]) for index in np.flatnonzero(wrong)]
    return {"tried": len(texts), "wrong": found}


def pixels(folder: Path) -> dict[str, Any]:
    """Sizes at which pictures have other pixels than by open_clip's transform, before normalising."""
    sizes = [*SIZES, *((61 + i, 97 - 3 * i) for i in range(20)), *((129, 128 + i) for i in range(6))]
    drawn = [photo(width, height, seed) for seed, (width, height) in enumerate(sizes)]
    found: dict[str, Any] = {}
    for name in CASES:
        place = folder / name
        files = OpenClipFiles(str(place), place, place, None)
        bare = transform_of(dict(files.settings.model), dict(files.settings.pictures))
        wrong = [
            picture.size
            for picture in drawn
            if not np.array_equal(np.asarray(bare(picture)), files.preprocessing.to_pixels(picture))
        ]
        found[place.name] = {"tried": len(drawn), "wrong": wrong}
    return found
