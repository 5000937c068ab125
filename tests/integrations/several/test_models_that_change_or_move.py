"""A model folder that is written anew is read anew; one that was named relatively opens from elsewhere."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pictures import photo

from chroma_clip_embeddings import CLIPEmbeddingFunction, add_items, connect, open_collection, search
from clip_embeddings import CLIPEmbedder, ModelLoadError
from clip_embeddings.models.tiny import WEIGHTS

Copy = Callable[[str], Path]


def embedder(folder: Path) -> CLIPEmbedder:
    return CLIPEmbedder(folder, device="cpu", dtype="float32")


def test_a_new_preprocessor_makes_new_vectors_in_the_same_process(copy_of: Copy) -> None:
    folder, picture = copy_of("model"), photo(40, 50)
    before = embedder(folder)
    first, known = before.embed_images([picture]), before.fingerprint
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "image_mean": [0.1, 0.2, 0.9]}))
    after = embedder(folder)
    assert after.fingerprint != known
    assert (after.embed_images([picture]) * first).sum() < 0.9999


def test_a_new_tokenizer_makes_new_vectors_in_the_same_process(
    byte_level_checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(byte_level_checkpoint, tmp_path / "model"))
    before = embedder(folder)
    first, known = before.embed_texts(["A Photo of a CAT"]), before.fingerprint
    path = folder / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "normalizer": {"type": "Lowercase"}}))
    after = embedder(folder)
    assert after.fingerprint != known
    second = after.embed_texts(["A Photo of a CAT"])
    assert (second * first).sum() < 0.9999
    assert np.abs(second - after.embed_texts(["a photo of a cat"])).max() < 1e-6


@pytest.mark.parametrize("name", ["preprocessor_config.json", "model.safetensors"])
def test_an_embedder_never_mixes_what_was_there_with_what_is_there_now(copy_of: Copy, name: str) -> None:
    """Half of it is loaded when the folder is written anew: no tower and no fingerprint of the other half."""
    folder = copy_of("model")
    loaded = embedder(folder)
    loaded.embed_texts(["a cat"])
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + b"\n")
    with pytest.raises(ModelLoadError, match=r"have changed since they were found. Make a new CLIPEmbedder"):
        _ = loaded.fingerprint
    with pytest.raises(ModelLoadError, match="have changed since they were found"):
        loaded.embed_images([photo(40, 50)])
    assert len(loaded.embed_texts(["a dog"])) == 1  # what is in memory works on


def test_weights_that_are_written_into_do_not_change_under_a_loaded_model(copy_of: Copy) -> None:
    """`cp` over a file keeps the file and changes its content, which the loaded tensors may be pages of."""
    folder = copy_of("model")
    loaded = embedder(folder)
    texts, pictures = loaded.embed_texts(["a cat"]), loaded.embed_images([photo(40, 50)])
    size = (folder / "model.safetensors").stat().st_size
    with (folder / "model.safetensors").open("r+b") as file:
        file.seek(size // 4)
        file.write(bytes(size // 2))
    assert np.array_equal(loaded.embed_texts(["a cat"]), texts)
    assert np.array_equal(loaded.embed_images([photo(40, 50)]), pictures)


def test_a_folder_whose_name_ends_in_a_space_is_that_folder(copy_of: Copy) -> None:
    copy_of("model")
    assert embedder(copy_of("model ")).config.model.endswith("model ")


def test_a_model_named_relatively_opens_from_another_folder(
    copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_of("model")
    monkeypatch.chdir(tmp_path)
    made = open_collection(connect(tmp_path / "db"), "moved", embedder=embedder(Path("model")))
    add_items(made, ids=["a"], texts=["a cat"])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    opened = open_collection(connect(tmp_path / "db"), "moved", create=False)
    assert [hit.id for hit in search(opened, text="a cat").hits] == ["a"]


def test_a_folder_that_bears_the_name_of_the_bundled_model_is_not_stored_in_its_place(
    copy_of: Copy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_of("tiny")
    monkeypatch.chdir(tmp_path)
    assert CLIPEmbeddingFunction("tiny").get_config()["model_name"] == "tiny"
    assert CLIPEmbeddingFunction("./tiny").get_config()["model_name"] == str(tmp_path / "tiny")
    assert CLIPEmbeddingFunction("openai/clip-vit-base-patch32").get_config()["model_name"] == (
        "openai/clip-vit-base-patch32"
    )


def test_the_bundled_tokenizer_says_what_releases_of_transformers_read_differently() -> None:
    assert json.loads((WEIGHTS / "tokenizer_config.json").read_text())["add_prefix_space"] is True
