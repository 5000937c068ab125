"""Repositories as real ones lie on the hub, made of small random models: a function for each layout.

Every function adds its repository to a hub and returns it; `seed` gives other weights.
"""

import json
from collections.abc import Callable

from hub import small_models as small
from hub.loopback import Hub
from hub.repository import Repository
from hub.small_models import FileMap, as_json

BOT, BOT_TITLE = "SFconvertbot", "Adding `safetensors` variant of this model"
# Not CLIP's, so that a default in their place shows.
ODD_MEAN, ODD_STD = [0.1, 0.2, 0.3], [0.9, 0.8, 0.7]
# Formats of other libraries: nothing may open them.
DECOYS: FileMap = {"flax_model.msgpack": b"no weights: flax", "tf_model.h5": b"no weights: tensorflow"}


def _openai_files(name: str, seed: int, *, dicts: bool = False) -> tuple[FileMap, small.Tensors]:
    made = small.clip(seed)
    weights = small.with_position_ids(small.tensors(made))
    files = {
        **small.old_tokenizer(made, name=name),
        "README.md": b"---\ntags:\n- vision\n---\n",
        "config.json": small.old_config(made, dicts=dicts),
        "preprocessor_config.json": small.old_preprocessor(),
        "tokenizer.json": made["tokenizer.json"],
    }
    return files, weights


def openai(hub: Hub, identity: str = "openai/clip-vit-base-patch32", seed: int = 0) -> Repository:
    """No safetensors on main: they are in pull request 66, by the hub's bot; others look like it."""
    files, weights = _openai_files(identity, seed)
    repository = hub.add(identity)
    older = repository.commit({**files, **DECOYS, "README.md": b""}, message="Add model")
    repository.commit({"pytorch_model.bin": small.pickled(weights)}, message="Add weights")
    newest = repository.commit({"README.md": files["README.md"]}, message="Update README.md")
    # Other weights: whoever takes them gets other vectors.
    wrong = {"model.safetensors": small.safe(small.with_position_ids(small.tensors(small.clip(seed + 90))))}
    request = repository.pull_request
    request(title=BOT_TITLE, author=BOT, files=wrong, base=older, num=15)
    request(title=BOT_TITLE, author="stranger", files=wrong, base=newest, num=21)
    request(title=BOT_TITLE, author=BOT, files=wrong, base=newest, status="closed", num=32)
    repository.discussion(title=BOT_TITLE, author=BOT, num=40)
    right = {"model.safetensors": small.safe(weights)}
    request(title=BOT_TITLE, author=BOT, files=right, base=newest, num=66)
    return repository


def pickled_only(hub: Hub, identity: str = "openai/clip-vit-large-patch14-336", seed: int = 0) -> Repository:
    """pytorch_model.bin, no safetensors anywhere; the towers' sizes are in `text_config_dict` as well."""
    files, weights = _openai_files(identity, seed, dicts=True)
    return hub.add(identity, {**files, **DECOYS, "pytorch_model.bin": small.pickled(weights)})


def pickled_shards(hub: Hub, identity: str = "someone/pickled-shards", seed: int = 0) -> Repository:
    files, weights = _openai_files(identity, seed)
    names = [f"pytorch_model-0000{number}-of-00003.bin" for number in (1, 2, 3)]
    return hub.add(identity, {**files, **small.shards(weights, names, "pytorch_model.bin.index.json")})


def safetensors(
    hub: Hub, identity: str = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", seed: int = 0
) -> Repository:
    """One model.safetensors, beside the same model in open_clip's formats and as a pickle."""
    made = small.clip(seed)
    decoys: FileMap = {
        "README.md": b"---\nlicense: mit\n---\n",
        "open_clip_config.json": as_json({"model_cfg": {"embed_dim": 24}}),
        "open_clip_model.safetensors": small.safe({"visual.proj": small.tensors(made)["logit_scale"]}),
        "open_clip_pytorch_model.bin": b"no weights: open_clip",
        "pytorch_model.bin": small.pickled(small.tensors(made)),
    }
    return hub.add(identity, {**made, **decoys})


def sharded(hub: Hub, identity: str = "someone/sharded", seed: int = 0) -> Repository:
    names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    return _in_shards(hub, identity, names, seed)


def oddly_sharded(hub: Hub, identity: str = "someone/oddly-sharded", seed: int = 0) -> Repository:
    """Safetensors named like pickled shards, as in a copy of ViT-bigG/14: only the index knows."""
    names = [f"pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    return _in_shards(hub, identity, names, seed)


def _in_shards(hub: Hub, identity: str, names: list[str], seed: int) -> Repository:
    made = small.clip(seed)
    parts = small.shards(small.tensors(made), names, "model.safetensors.index.json")
    del made["model.safetensors"]
    return hub.add(identity, {**made, **parts})


def float16(hub: Hub, identity: str = "someone/half", seed: int = 0) -> Repository:
    """Weights of two bytes, and a configuration that says so."""
    made = small.clip(seed)
    half = {key: tensor.half() for key, tensor in small.tensors(made).items()}
    config = {**json.loads(made["config.json"]), "dtype": "float16"}
    changed = {"model.safetensors": small.safe(half), "config.json": as_json(config)}
    return hub.add(identity, {**made, **changed})


def sentence_transformers(
    hub: Hub, identity: str = "sentence-transformers/clip-ViT-B-32", seed: int = 0
) -> Repository:
    """Everything in 0_CLIPModel, no tokenizer.json; the root has no config.json."""
    files, weights = _openai_files("openai/clip-vit-base-patch32", seed)
    module = {"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}
    versions = {"sentence_transformers": "2.0.0", "transformers": "4.7.0", "pytorch": "1.9.0+cu102"}
    root = {
        "README.md": b"---\npipeline_tag: sentence-similarity\n---\n",
        "config_sentence_transformers.json": as_json({"__version__": versions}),
        "modules.json": as_json([module]),
    }
    left_out = ("tokenizer.json", "README.md")
    inner = {f"0_CLIPModel/{name}": content for name, content in files.items() if name not in left_out}
    return hub.add(identity, {**root, **inner, "0_CLIPModel/pytorch_model.bin": small.pickled(weights)})


def processor_config_only(hub: Hub, identity: str = "someone/saved-by-five", seed: int = 0) -> Repository:
    """Saved by transformers 5: processor_config.json and no other; a mean and std of its own."""
    made = small.clip(seed)
    del made["preprocessor_config.json"]
    return hub.add(identity, {**made, "processor_config.json": small.processor_config(ODD_MEAN, ODD_STD)})


def vocab_txt(hub: Hub, identity: str = "someone/bert-words") -> Repository:
    """A CLIPModel with BERT's tokenizer from vocab.txt only."""
    return hub.add(identity, small.bert_words())


def no_tokenizer_json(hub: Hub, identity: str = "someone/slow-tokenizer", seed: int = 0) -> Repository:
    made = small.clip(seed)
    slow = small.old_tokenizer(made, name=identity)
    del made["tokenizer.json"]
    return hub.add(identity, {**made, **slow})


def branch_and_tag(hub: Hub, identity: str = "someone/in-versions", seed: int = 10) -> Repository:
    """Three sets of weights: `seed` on main, the next one on branch dev, the one after it at tag v1.0."""
    repository = hub.add(identity)
    repository.tag("v1.0", repository.commit(small.clip(seed + 2), message="Release 1.0"))
    repository.branch("dev")
    weights = "model.safetensors"
    repository.commit({weights: small.clip(seed + 1)[weights]}, message="Try more", branch="dev")
    repository.commit({weights: small.clip(seed)[weights]}, message="Train longer")
    return repository


def without_preprocessing(hub: Hub, identity: str = "someone/no-preprocessing", seed: int = 0) -> Repository:
    made = small.clip(seed)
    del made["preprocessor_config.json"]
    return hub.add(identity, made)


def gated(hub: Hub, identity: str = "someone/gated", seed: int = 0) -> Repository:
    """Anybody sees that it is there; only `hub.user(token, identity)` may read its files."""
    return hub.add(identity, small.clip(seed), gated=True)


LAYOUTS: dict[str, Callable[[Hub], Repository]] = {
    made.__name__: made
    for made in (
        openai,
        pickled_only,
        pickled_shards,
        safetensors,
        sharded,
        oddly_sharded,
        float16,
        sentence_transformers,
        processor_config_only,
        vocab_txt,
        no_tokenizer_json,
        branch_and_tag,
        without_preprocessing,
        gated,
    )
}
