"""Every family gives the features of transformers itself, each from its own files."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from families.cases import CASES, Case, Reference, write_model
from families.vocabularies import LANGUAGES
from numpy.typing import NDArray
from pictures import photo
from PIL import Image
from reference import row_cosines

from clip_embeddings import CLIPEmbedder

pytestmark = pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
TEXTS = [
    *LANGUAGES.values(),
    "a",
    "",
    "Two DOGS, on the beach; at SUNSET!",
    "  spaces   and\nlines ",
    "a very long sentence about the sea " * 20,
]
SIZES = [(64, 31), (32, 32), (20, 90), (200, 150)]


@dataclass
class Pair:
    """One model, read by this library and by the reference."""

    case: Case
    folder: Path
    ours: CLIPEmbedder
    reference: Reference
    texts: list[str]
    text_rows: NDArray[np.float32]


@pytest.fixture(scope="module", params=CASES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pair:
    case = CASES[request.param]
    folder = write_model(tmp_path_factory.mktemp("family") / "model", case)
    ours = CLIPEmbedder(folder, device="cpu", dtype="float32", batch_size=4)
    reference = Reference(folder, case)
    texts = [text for text in TEXTS if text or case.empty]
    return Pair(case, folder, ours, reference, texts, reference.texts(texts))


def pictures() -> list[Image.Image]:
    return [photo(*size, seed=seed) for seed, size in enumerate(SIZES)]


def test_texts_have_the_features_of_the_reference_alone_and_in_batches(pair: Pair) -> None:
    assert row_cosines(pair.ours.embed_texts(pair.texts), pair.text_rows).min() >= 0.99999
    alone = np.concatenate([pair.ours.embed_texts([text]) for text in pair.texts])
    assert row_cosines(alone, pair.text_rows).min() >= 0.99999
    assert np.triu(pair.text_rows @ pair.text_rows.T, 1).min() < 0.99  # they differ, so it means something


def test_an_empty_text_has_a_vector(pair: Pair) -> None:
    assert np.isfinite(pair.ours.embed_texts([""])).all()


def test_pictures_have_the_features_of_the_reference_alone_and_in_batches(pair: Pair) -> None:
    expected = pair.reference.images(pictures())
    assert row_cosines(pair.ours.embed_images(pictures()), expected).min() >= 0.99999
    alone = np.concatenate([pair.ours.embed_images([picture]) for picture in pictures()])
    assert row_cosines(alone, expected).min() >= 0.99999
    assert np.triu(expected @ expected.T, 1).min() < 0.9999


def test_grey_and_transparent_pictures_are_read(pair: Pair) -> None:
    grey, clear = photo(40, 30).convert("L"), photo(40, 30).convert("RGBA")
    rows = pair.ours.embed_images([grey, clear])
    expected = pair.reference.images([grey.convert("RGB"), photo(40, 30)])
    assert row_cosines(rows, expected).min() >= 0.99999


def test_both_towers_have_the_dimension_that_is_said(pair: Pair) -> None:
    assert pair.text_rows.shape[1] == pair.ours.dimension
    assert pair.ours.embed_images(pictures()[:1]).shape == (1, pair.ours.dimension)


def test_each_tower_is_loaded_alone(pair: Pair) -> None:
    from clip_embeddings.models.transformers import encoder as hf

    encoder = CLIPEmbedder(pair.folder, device="cpu", dtype="bfloat16")._encoder
    assert isinstance(encoder, hf.TransformersEncoder)
    encoder.encode_text([np.array([5, 6, 7])])
    assert list(encoder._towers) == ["text_model"]
    assert encoder._towers["text_model"].vision_model is None


def test_probabilities_are_those_of_the_reference(pair: Pair) -> None:
    import torch

    texts, images = TEXTS[:3], pictures()[:2]
    model = pair.reference.model
    scale = getattr(model, "logit_scale", None)
    cosines = pair.reference.images(images) @ pair.reference.texts(texts).T
    if scale is not None:
        logits = torch.tensor(cosines) * scale.exp().item()
    else:
        logits = torch.tensor(cosines) / model.temperature.item()
    bias = getattr(model, "logit_bias", None)
    expected = logits.softmax(-1) if bias is None else torch.sigmoid(logits + bias.item())
    found = pair.ours.scoring.probabilities(pair.ours.similarity(images, texts))
    assert np.abs(found - expected.detach().numpy()).max() < 1e-4
