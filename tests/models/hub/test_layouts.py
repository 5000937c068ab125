"""Each layout that real repositories have loads as it lies on the hub, with the vectors of transformers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hub import layouts
from hub.hub_process import ask
from hub.loopback import Hub, running
from reference import row_cosines

PROGRAM = "from hub.parity import main; main()"
# How transformers has to be asked for what lies there; {} is as a user asks.
SAFE = {"use_safetensors": True}
SMALL = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
CASES: dict[str, dict[str, Any]] = {
    "openai": {"reference": SAFE},
    "pickled_only": {"reference": {}},
    "pickled_shards": {"reference": {}},
    "safetensors": {"reference": {}},
    "sharded": {"reference": {}},
    "oddly_sharded": {"reference": {}},
    "float16": {"reference": {}},
    "sentence_transformers": {"reference": {"subfolder": "0_CLIPModel"}},
    "processor_config_only": {"reference": {}},
    "vocab_txt": {"reference": {}},
    "no_tokenizer_json": {"reference": {}},
    "branch_and_tag": {"reference": {}},
    "without_preprocessing": {"reference": {}, "processor": SMALL},
}


VERSIONS = ("dev", "v1.0")


def answers(done: Any) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def lowest_cosine(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Of all texts and pictures."""
    return min(
        float(row_cosines(np.array(one[kind], np.float32), np.array(other[kind], np.float32)).min())
        for kind in ("texts", "images")
    )


class Everything:
    """Every layout, loaded from the hub with its reference, and again without the hub."""

    def __init__(self, hub: Hub, home: Path) -> None:
        self.repositories = {name: layouts.LAYOUTS[name](hub) for name in CASES}
        asked = {name: {"model": self.repositories[name].id, **case} for name, case in CASES.items()}
        for revision in VERSIONS:
            model = self.repositories["branch_and_tag"].id
            asked[revision] = {"model": model, "revision": revision, "reference": {"revision": revision}}
        first = ask(hub, home, PROGRAM, json.dumps([*asked.values()]), timeout=500)
        self.online = dict(zip(asked, answers(first), strict=True))
        before = len(hub.log)
        alone = [{key: case[key] for key in ("model", "revision") if key in case} for case in asked.values()]
        second = ask(hub, home, PROGRAM, json.dumps(alone), timeout=300)
        self.asked_again = [one.path for one in hub.log[before:]]
        third = ask("http://127.0.0.1:9", home, PROGRAM, json.dumps(alone), HF_HUB_OFFLINE="1", timeout=300)
        self.again = dict(zip(asked, answers(second), strict=True))
        self.offline = dict(zip(asked, answers(third), strict=True))
        self.said = first.stderr, second.stderr


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    with running() as hub:
        yield Everything(hub, tmp_path_factory.mktemp("hub") / "home")


@pytest.mark.parametrize("name", [*CASES, *VERSIONS])
def test_a_layout_gives_the_vectors_of_transformers_online_and_offline(
    everything: Everything, name: str
) -> None:
    expected = everything.online[name]["theirs"]
    for state in (everything.online, everything.again, everything.offline):
        assert "error" not in state[name]["ours"], state[name]["ours"]
        assert lowest_cosine(state[name]["ours"], expected) >= 0.99999
    assert np.std(expected["texts"], axis=0).max() > 0.01  # texts that are all alike would show nothing


def test_a_second_start_asks_the_hub_nothing(everything: Everything) -> None:
    assert everything.asked_again == []


@pytest.mark.parametrize("name", [*CASES, *VERSIONS])
def test_all_starts_have_the_same_commit_and_the_same_fingerprint(everything: Everything, name: str) -> None:
    first, *others = (
        state[name]["ours"] for state in (everything.online, everything.again, everything.offline)
    )
    for other in others:
        assert (other["revision"], other["fingerprint"]) == (first["revision"], first["fingerprint"])


def test_the_default_model_comes_from_the_pull_request_of_the_conversion_bot(everything: Everything) -> None:
    found, request = everything.online["openai"]["ours"], everything.repositories["openai"].find("refs/pr/66")
    assert request
    assert (found["revision"], found["origin"]) == (request.sha, "safetensors of refs/pr/66")
    assert (
        f"they are taken from refs/pr/66 of the hub's conversion bot (commit {request.sha})"
        in everything.said[0]
    )


def test_versions_have_other_vectors(everything: Everything) -> None:
    main, *others = (everything.online[name]["ours"] for name in ("branch_and_tag", *VERSIONS))
    assert len({one["fingerprint"] for one in (main, *others)}) == 3
    assert all(lowest_cosine(main, other) < 0.9 for other in others)


def test_one_model_has_one_fingerprint_in_every_format(everything: Everything) -> None:
    def fingerprints(*names: str) -> set[str]:
        return {everything.online[name]["ours"]["fingerprint"] for name in names}

    # The same weights and the same old config, through the pull request and through pickled shards.
    assert len(fingerprints("openai", "pickled_shards")) == 1
    assert len(fingerprints("safetensors", "sharded", "oddly_sharded")) == 1
    # Numbers that were rounded, another mean: other vectors.
    assert len(fingerprints("safetensors", "float16", "processor_config_only", "vocab_txt")) == 4


def test_a_model_that_does_not_say_how_pictures_are_prepared_is_assumed_aloud(everything: Everything) -> None:
    for state in (everything.online, everything.offline):
        (said,) = state["without_preprocessing"]["ours"]["warnings"]
        assert "neither preprocessor_config.json nor processor_config.json is in" in said
        assert "Assumed as OpenAI's CLIP does it: shorter edge to 32 (bicubic), middle 32 x 32" in said
    others = (one["ours"] for name, one in everything.online.items() if name != "without_preprocessing")
    assert [said for one in others for said in one["warnings"]] == []


def test_pickles_are_converted_once_and_said_once(everything: Everything) -> None:
    first, second = everything.said
    assert first.count("converting them to safetensors once") == 3
    assert "converting" not in second
