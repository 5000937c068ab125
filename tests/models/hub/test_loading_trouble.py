"""What is unknown, forbidden, damaged or hostile gets one clear error within seconds, and nothing is run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hub import layouts
from hub.hub_process import ask
from hub.loopback import Hub, running
from hub.odd_models import other_models, pickled_models

PROGRAM = "from hub.parity import main; main()"


ERRORS = {
    "no/such": "Unknown model 'no/such' (tried the hub's cache on this machine, then http://127.0.0.1",
    "openai/clip-vit-base-patch31": "did you mean 'openai/clip-vit-base-patch32'? Known names:",
    "someone/gated": "model 'someone/gated' is gated; accept its terms on the hub and log in: hf auth login",
    "pickles/hostile": "pytorch_model.bin is no pickle of tensors, and nothing of it was run "
    "(Trying to load unsupported GLOBAL posix.system",
    "pickles/hostile-old": "is no pickle of tensors, and nothing of it was run",
    "pickles/cut-off": "is no pickle of tensors, and nothing of it was run (PytorchStreamReader failed",
    "pickles/nested": "holds 'state_dict': dict, 'epoch': int; expected a dictionary of tensors",
    "pickles/sparse": "its pickled weights cannot be converted to safetensors (",
    "pickles/empty": "is no pickle of tensors, and nothing of it was run (EOFError",
    "pickles/pointer": "is no pickle of tensors, and nothing of it was run (Unsupported operand",
    "odd/another-type": "is of type 'blip'; supported: clip, siglip",
    "odd/no-weights": "model.safetensors not among its files on the hub (config.json, preprocessor",
    "odd/no-tokenizer": "tokenizer.json not among its files on the hub",
    "odd/no-config": "config.json not among its files on the hub",
    "odd/nothing": "config.json, model.safetensors, tokenizer.json not among its files on the hub (README",
    "odd/other-shapes": "missing or of another shape|cannot load the weights",
    "odd/no-shard": "model-00001-of-00002.safetensors not among its files",
    "odd/shard-outside": "names '../../../secret.safetensors', which is outside of its folder",
    "odd/empty-index": "model.safetensors.index.json names no weights; expected a weight_map",
    "odd/clip-and-dense": "made of CLIPModel, Dense; expected a CLIPModel alone",
    "odd/module-outside": "modules.json names '../elsewhere', which is outside of its folder",
    "odd/damaged-modules": "cannot read modules.json",
    "odd/wrong-mean": "preprocessor_config.json has image_mean [0.5]; expected three numbers",
    "odd/wrong-size": "preprocessor_config.json has size {'longest_edge': 32}; expected",
    "odd/wrong-filter": "has resample 'bicubic'; expected the number of a filter",
    "odd/adapter": "has an adapter beside its weights (adapter_config.json), which would change them",
    "odd/redirected": "its transformers_weights names files to be read in place of the usual ones",
    "odd/no-end": "its tokenizer puts no end token behind a text",
    "odd/two-ends": "cannot use its config.json (eos_token_id is [1, 2], not one number)",
    "odd/weights-as-numbers": "model.safetensors.index.json names no weights; expected a weight_map",
    "odd/another-processor": "is of class 'PoolFormerImageProcessor', whose defaults are not known here",
}


class Trouble:
    """One process that tries all of them, after a model that loads."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.folder = folder
        pickled_models(hub, folder)
        other_models(hub)
        asked: list[dict[str, Any]] = [{"model": model} for model in ["pickles/fine", *ERRORS]]
        asked.append({"model": "pickles/fine", "settings": {"allow_pickle": False}})
        done = ask(hub, folder / "home", PROGRAM, json.dumps(asked), timeout=500)
        assert done.returncode == 0, done.stderr
        self.stderr = done.stderr
        self.fine, *rest = [json.loads(line) for line in done.stdout.splitlines()]
        self.refused = rest.pop()
        self.answers = dict(zip(ERRORS, rest, strict=True))
        self.downloaded = {one.path for one in hub.asked(method="GET")}


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trouble]:
    with running() as hub:
        yield Trouble(hub, tmp_path_factory.mktemp("trouble"))


@pytest.mark.parametrize("model", ERRORS)
def test_it_is_named_within_ten_seconds(trouble: Trouble, model: str) -> None:
    answer = trouble.answers[model]
    said = answer["ours"].get("error", "no error")
    assert any(part in said for part in ERRORS[model].split("|")), said
    assert answer["seconds"] < 10


def test_a_hostile_pickle_runs_nothing_and_leaves_nothing_behind(trouble: Trouble) -> None:
    assert "texts" in trouble.fine["ours"]
    assert not (trouble.folder / "written").exists()
    made = list((trouble.folder / "home" / "assets").rglob("*.safetensors"))
    assert len(made) == 1  # that of the model which is fine


def test_weights_of_what_cannot_be_loaded_are_not_downloaded(trouble: Trouble) -> None:
    assert not [
        path for path in trouble.downloaded if "another-type" in path and path.endswith(".safetensors")
    ]


def test_pickles_can_be_forbidden_where_a_conversion_is_there_already(trouble: Trouble) -> None:
    assert trouble.refused["ours"]["error"] == (
        "model 'pickles/fine' has only pickled weights (pytorch_model.bin), and pickles are not allowed "
        "(allow_pickle=False). Name a model or a revision with safetensors; or convert it where they are "
        "allowed, clip-embeddings download pickles/fine --to DIR, and load DIR"
    )


def test_the_environment_forbids_pickles_to_every_start(hub: Hub, tmp_path: Path) -> None:
    layouts.pickled_only(hub, "pickles/only")
    layouts.openai(hub)
    asked = [{"model": "pickles/only"}, {"model": "openai/clip-vit-base-patch32"}]
    done = ask(hub, tmp_path, PROGRAM, json.dumps(asked), CLIP_EMBEDDINGS_ALLOW_PICKLE="0")
    pickles, safe = (json.loads(line)["ours"] for line in done.stdout.splitlines())
    assert "pickles are not allowed" in pickles["error"]
    assert safe["origin"] == "safetensors of refs/pr/66"
    assert not hub.asked("pytorch_model.bin", "GET")
