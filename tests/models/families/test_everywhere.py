"""What holds for every family: precision, packed weights, languages, and what is refused by name."""

import json
import shutil
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from families.cases import CASES, Reference, dual, write_model
from families.vocabularies import LANGUAGES
from pictures import photo
from reference import row_cosines

from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError, InvalidInputError, ModelLoadError, finetune
from clip_embeddings.models import loaded
from clip_embeddings.models.running import layout
from clip_embeddings.models.running.packed import PackedLinear
from clip_embeddings.models.transformers import encoder as hf
from clip_embeddings.tasks.token_states import token_states

pytestmark = pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
TEXTS = [*LANGUAGES.values(), "a", "the sea " * 9]
PICTURES = [photo(40, 30), photo(30, 80, seed=1), photo(32, 32, seed=2)]
ONEDNN: Any = torch.backends.mkldnn


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's model, made once; not to be written to."""
    home = tmp_path_factory.mktemp("families")

    def folder(name: str) -> Path:
        return home / name if (home / name).is_dir() else write_model(home / name, CASES[name])

    return folder


def embedder(folder: Path, **settings: Any) -> CLIPEmbedder:
    return CLIPEmbedder(folder, device="cpu", **{"dtype": "float32", **settings})


@pytest.mark.parametrize("name", CASES)
def test_half_precision_stays_close(folders: Callable[[str], Path], name: str) -> None:
    exact, half = embedder(folders(name)), embedder(folders(name), dtype="bfloat16")
    assert row_cosines(half.embed_texts(TEXTS), exact.embed_texts(TEXTS)).min() >= 0.995
    assert row_cosines(half.embed_images(PICTURES), exact.embed_images(PICTURES)).min() >= 0.995


@pytest.mark.skipif(not ONEDNN.is_available(), reason="this torch has no oneDNN")
@pytest.mark.parametrize("name", CASES)
def test_packed_weights_give_the_same_vectors(
    folders: Callable[[str], Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = embedder(folders(name))
    monkeypatch.setattr(layout, "can_pack", lambda *place: False)
    texts, pictures = plain.embed_texts(TEXTS), plain.embed_images(PICTURES)
    monkeypatch.setattr(layout, "can_pack", lambda *place: True)
    monkeypatch.setattr(loaded, "_LOADED", {})
    packed = embedder(folders(name))
    assert np.abs(packed.embed_texts(TEXTS) - texts).max() < 1e-5
    assert np.abs(packed.embed_images(PICTURES) - pictures).max() < 1e-5
    encoder = packed._encoder
    assert isinstance(encoder, hf.TransformersEncoder)
    assert any(isinstance(layer, PackedLinear) for layer in encoder._towers["text_model"].modules())


@pytest.mark.parametrize("name", CASES)
def test_a_batchs_size_and_neighbours_change_nothing(folders: Callable[[str], Path], name: str) -> None:
    whole, pairs = embedder(folders(name)), embedder(folders(name), batch_size=2)
    assert np.abs(whole.embed_texts(TEXTS) - pairs.embed_texts(TEXTS)).max() < 1e-5
    assert np.abs(whole.embed_images(PICTURES) - pairs.embed_images(PICTURES)).max() < 1e-5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.multilingual])
def test_every_language_passes_the_tokenizer_without_loss(
    folders: Callable[[str], Path], name: str, language: str
) -> None:
    tokenizer: Any = embedder(folders(name))._encoder.tokenizer
    backend = tokenizer._tokenizer
    unknown = {backend.token_to_id(token) for token in ("<unk>", "[UNK]")} - {None}
    text = LANGUAGES[language]
    ids = backend.encode(text, add_special_tokens=False).ids
    assert not unknown & set(ids)
    marks = str.maketrans("", "", string.punctuation)  # which the first SigLIP leaves out
    kept = "".join(backend.decode(ids).lower().translate(marks).split())
    assert kept == "".join(text.lower().translate(marks).split())


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("siglip")])
def test_capitals_are_small_letters_to_every_siglip(folders: Callable[[str], Path], name: str) -> None:
    # Gemma's tokenizer leaves them, although its file says otherwise and the model never saw one.
    large, small = embedder(folders(name)).embed_texts(["A PHOTO of A Cat", "a photo of a cat"])
    assert large @ small > 0.999999


def test_siglip_texts_are_filled_up_to_the_whole_context(folders: Callable[[str], Path]) -> None:
    tokenizer: Any = embedder(folders("siglip"))._encoder.tokenizer
    windows = tokenizer.windows(["a", "two dogs"], "error")
    assert tokenizer.padded(list(windows.ids)).shape == (2, 64)
    assert [len(batch) for batch in tokenizer.batches(windows, tokens=100)] == [1, 1]


@pytest.mark.parametrize("name", ["siglip", "metaclip 2", "chinese clip"])
def test_what_a_family_cannot_do_is_refused_by_name(
    folders: Callable[[str], Path], name: str, tmp_path: Path
) -> None:
    kind = json.loads((folders(name) / "config.json").read_text())["model_type"]
    assert embedder(folders(name)).family == kind
    with pytest.raises(InvalidInputError, match=f"token_states: .* is of type {kind}; only the text towers"):
        token_states(embedder(folders(name)), ["a"])
    pairs = tmp_path / "pairs.jsonl"
    photo(40, 30).save(tmp_path / "a.png")
    pairs.write_text("".join(json.dumps({"picture": "a.png", "text": f"text {n}"}) + "\n" for n in range(40)))
    with pytest.raises(ModelLoadError, match=f"is of type '{kind}'; only clip can be fine-tuned"):
        finetune(str(folders(name)), pairs, output=tmp_path / "out")


@pytest.mark.parametrize("name", [name for name in CASES if name != "clip"])
def test_pictures_are_not_guessed_at_where_no_file_says_how(
    folders: Callable[[str], Path], name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in folders(name).iterdir():
        if path.name != "preprocessor_config.json":
            (folder / path.name).symlink_to(path)
    with pytest.raises(ModelLoadError, match="nothing says how its pictures are prepared; take the file"):
        embedder(folder).embed_images(PICTURES)


def test_a_family_that_does_not_load_is_named_with_those_that_do(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    write_model(tmp_path / "model", CASES["siglip"])
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    (tmp_path / "model" / "config.json").write_text(json.dumps({**config, "model_type": "blip-2"}))
    with pytest.raises(
        ModelLoadError, match="is of type 'blip-2'; supported: clip, siglip, siglip2, metaclip_2"
    ):
        embedder(tmp_path / "model").embed_texts(["a"])


@pytest.mark.parametrize("saved", [{}, None], ids=["no class named", "no file"])
def test_siglip_2_keeps_punctuation_whatever_its_file_says(
    folders: Callable[[str], Path], tmp_path: Path, saved: dict[str, str] | None
) -> None:
    name = "siglip 2, NaFlex"
    folder = Path(shutil.copytree(folders(name), tmp_path / "model"))
    if saved is None:
        (folder / "tokenizer_config.json").unlink()
    else:
        kept = json.loads((folder / "tokenizer_config.json").read_text())
        del kept["tokenizer_class"]
        (folder / "tokenizer_config.json").write_text(json.dumps(kept))
    text = ["A DOG, running."]
    expected = Reference(folder, CASES[name]).texts(text)
    assert row_cosines(embedder(folder).embed_texts(text), expected).min() > 0.99999


def test_a_dual_encoder_without_a_pooler_is_named(tmp_path: Path) -> None:
    text = transformers.DistilBertConfig(vocab_size=1500, dim=32, hidden_dim=64, n_layers=2, n_heads=4)
    case = replace(CASES["dual encoder with BERT"], config=lambda: dual(text))
    made = embedder(write_model(tmp_path / "model", case))
    with pytest.raises(ModelLoadError, match=r"its distilbert does not give one vector .* with a pooler"):
        made.embed_texts(["a"])


def test_a_vector_of_zeros_is_refused(
    folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = embedder(folders("metaclip 2"))
    zeros = np.zeros((1, made.dimension), np.float32)
    monkeypatch.setattr(made._encoder, "encode_image", lambda pixels: zeros)
    with pytest.raises(ClipEmbeddingsError, match=r"images\[0\]: the model gave a vector that is all zeros"):
        made.embed_images(PICTURES[:1])
