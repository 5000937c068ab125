"""A model that is here loads in silence with the network off; a damaged one is named for what it lacks."""

import hashlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants
from reference import Reference, row_cosines
from safetensors.numpy import load_file, save_file

from clip_embeddings import MODELS, CLIPEmbedder, ModelLoadError

Copy = Callable[[str], Path]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def embed(folder: Path | str, revision: str | None = None) -> CLIPEmbedder:
    embedder = CLIPEmbedder(str(folder), revision=revision, device="cpu", dtype="float32")
    embedder.embed_texts(["a cat"])
    embedder.embed_images([np.zeros((8, 8, 3), np.uint8)])  # each tower loads when it is first used
    return embedder


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"a connection was attempted: {arguments[1:]}")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def hub_cache(checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint as huggingface_hub lays it out: links into blobs named by their digest."""
    home = tmp_path / "hub"
    repository = home / "models--someone--small-clip"
    snapshot = repository / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (repository / "blobs").mkdir()
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    for file in checkpoint.iterdir():
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        shutil.copy(file, repository / "blobs" / digest)
        (snapshot / file.name).symlink_to(Path("../../blobs") / digest)
    absent = repository / ".no_exist" / COMMIT  # what the client asked for and the hub does not have
    absent.mkdir(parents=True)
    for name in ("processor_config.json", "special_tokens_map.json", "added_tokens.json"):
        (absent / name).touch()
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home))
    return home


@pytest.mark.usefixtures("offline")
def test_a_folder_and_the_bundled_model_load_with_the_network_off(copy_of: Copy) -> None:
    for embedder in (embed(copy_of("copy")), CLIPEmbedder("tiny", device="cpu", dtype="float32")):
        assert len(embedder.embed_texts(["a cat"])) == 1
        assert embedder.resolved_revision is None


@pytest.mark.usefixtures("offline", "hub_cache")
@pytest.mark.parametrize("revision", [None, "main", COMMIT])
def test_a_cached_model_loads_without_a_connection_and_records_its_commit(
    embedder: CLIPEmbedder, revision: str | None
) -> None:
    cached = embed("someone/small-clip", revision)
    assert cached.resolved_revision == COMMIT
    assert row_cosines(cached.embed_texts(["a cat"]), embedder.embed_texts(["a cat"])).min() >= 0.99999
    assert cached.fingerprint == embedder.fingerprint


def test_loading_prints_nothing(copy_of: Copy, capfd: pytest.CaptureFixture[str]) -> None:
    embed(copy_of("fresh")).embed_images([np.zeros((4, 4, 3), np.uint8)])
    assert capfd.readouterr() == ("", "")


def test_the_older_vocabulary_files_load_without_a_tokenizer_json(copy_of: Copy) -> None:
    folder = copy_of("old")
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = "\n".join(" ".join(pair) for pair in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}\n", encoding="utf-8")
    (folder / "tokenizer.json").unlink()
    texts = ["a photo of a cat", "고양이", "it's 3 dogs"]
    assert row_cosines(embed(folder).embed_texts(texts), Reference(folder).texts(texts)).min() >= 0.99999


def test_sharded_weights_load(copy_of: Copy, embedder: CLIPEmbedder) -> None:
    folder = copy_of("sharded")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    files = {name: f"model-0000{1 + (i > 20)}-of-00002.safetensors" for i, name in enumerate(names)}
    for file in set(files.values()):
        save_file(
            {name: weights[name] for name in names if files[name] == file}, folder / file, {"format": "pt"}
        )
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": files}))
    assert row_cosines(embed(folder).embed_texts(["a cat"]), embedder.embed_texts(["a cat"])).min() >= 0.99999
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelLoadError, match=r"model-00002-of-00002.safetensors not in"):
        embed(folder)


def remove(*names: str) -> Callable[[Path], None]:
    def unlink(folder: Path) -> None:
        for name in names or [file.name for file in folder.iterdir()]:
            (folder / name).unlink()

    return unlink


def write(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def change(name: str, **changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        (folder / name).write_text(json.dumps({**json.loads((folder / name).read_text()), **changes}))

    return edit


def cut_weights(folder: Path) -> None:
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[: len(content) // 2])


def without_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (remove("model.safetensors"), r"model.safetensors not in .* Expected a folder written by"),
    "no config": (remove("config.json"), "config.json not in"),
    "no tokenizer": (remove("tokenizer.json"), "tokenizer.json not in"),
    "nothing at all": (remove(), "config.json, model.safetensors, tokenizer.json not in"),
    "weights cut off": (cut_weights, "cannot read the weights"),
    "weights of text": (write("model.safetensors", "version https://git-lfs"), "cannot read"),
    "a missing weight": (
        without_a_weight,
        "1 weights are missing or of another shape, first visual_projection.weight",
    ),
    "a weight of another shape": (
        change("config.json", projection_dim=12),
        "projection_dim 12; its weights are of another shape: text_projection.weight gives 24",
    ),
    "another type of model": (change("config.json", model_type="bert"), "'bert': a text model alone"),
    "no type of model": (change("config.json", model_type=None), "is of type None; supported: clip"),
    "a config of damaged JSON": (write("config.json", "{"), "cannot read config.json"),
    "a config that is a list": (write("config.json", "[]"), "holds list; expected an obj"),
    "a damaged tokenizer": (write("tokenizer.json", "{}"), "cannot load its tokenizer"),
    "pictures of another size": (
        change("preprocessor_config.json", crop_size={"height": 48, "width": 48}),
        r"makes pictures of \(48, 48\); the model takes 32 x 32",
    ),
    "pictures of any size": (
        change("preprocessor_config.json", do_center_crop=False),
        "pictures of any size",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_named_for_what_it_lacks(copy_of: Copy, damage: str) -> None:
    make, message = DAMAGES[damage]
    folder = copy_of("damaged")
    make(folder)
    with pytest.raises(ModelLoadError, match=message):
        embed(folder)


def test_the_table_of_models_is_consistent() -> None:
    assert all(name == spec.name and spec.dimension > 0 and spec.notes for name, spec in MODELS.items())
    assert [spec.name for spec in MODELS.values() if spec.bundled] == ["tiny"]
    assert MODELS["tiny"].dimension == CLIPEmbedder("tiny").dimension


def test_transformers_that_cannot_be_imported_is_named_with_what_to_check() -> None:
    program = (
        "import sys; sys.modules['transformers'] = None\n"
        "from clip_embeddings import CLIPEmbedder, ModelLoadError\n"
        "try: CLIPEmbedder('tiny').embed_texts(['a cat'])\n"
        "except ModelLoadError as error: print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.stdout.startswith("torch and transformers cannot be imported (import of transformers halted")
    assert "torchvision" in run.stdout
