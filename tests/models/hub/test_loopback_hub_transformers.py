"""The hub on loopback: what the real transformers loads from it."""

import json
from pathlib import Path

import pytest
from hub import layouts
from hub.hub_process import told
from hub.loopback import Hub

FEATURES = """
import json, sys, torch
from transformers import AutoTokenizer, CLIPModel

def features(name, options):
    model = CLIPModel.from_pretrained(name, **options).eval()
    options.pop("use_safetensors", None)
    inputs = AutoTokenizer.from_pretrained(name, **options)(
        ["a photo of a cat", "two dogs on the beach"], padding=True, return_tensors="pt")
    with torch.inference_mode():
        rows = model.get_text_features(inputs["input_ids"], attention_mask=inputs["attention_mask"])
        pictures = torch.linspace(-1, 1, 2 * 3 * 32 * 32, dtype=model.dtype).reshape(2, 3, 32, 32)
        looks = model.get_image_features(pictures)
    unit = [torch.nn.functional.normalize(out.pooler_output.float(), dim=-1) for out in (rows, looks)]
    return torch.cat(unit).tolist()

print(json.dumps([features(name, options) for name, options in json.loads(sys.argv[1])]))
"""


def test_transformers_takes_the_weights_from_the_bots_pull_request(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.openai(hub)
    loads = [[repository.id, {"use_safetensors": True}], [repository.id, {"use_safetensors": False}]]
    safe, pickled = told(hub, tmp_path, FEATURES, json.dumps(loads))
    assert hub.asked("/resolve/refs%2Fpr%2F66/model.safetensors", "GET")
    assert safe == pickled
    assert safe[0] != safe[1]


def test_transformers_loads_every_layout(hub: Hub, tmp_path: Path) -> None:
    made = {name: add(hub).id for name, add in layouts.LAYOUTS.items()}
    token = hub.user("hf_may", made["gated"])
    options: dict[str, dict[str, str]] = {
        "sentence_transformers": {"subfolder": "0_CLIPModel"},
        "gated": {"token": token},
    }
    loads = [[name, identity, options.get(name, {})] for name, identity in made.items()]
    loads += [[rev, made["branch_and_tag"], {"revision": rev}] for rev in ("dev", "v1.0")]
    rows = told(
        hub, tmp_path, FEATURES, json.dumps([load[1:] for load in loads]), DISABLE_SAFETENSORS_CONVERSION="1"
    )
    found = dict(zip([load[0] for load in loads], rows, strict=True))
    for name, vectors in found.items():
        for one, other in (vectors[:2], vectors[2:]):
            assert sum(a * b for a, b in zip(one, other, strict=True)) < 0.999, name
    # The same weights give the same vectors, whatever form they lie in; other weights give others.
    others = {"vocab_txt", "branch_and_tag", "dev", "v1.0"}
    for name in found.keys() - others:
        assert found[name][0] == pytest.approx(found["openai"][0], abs=2e-3), name
    assert len({tuple(found[name][0]) for name in {*others, "openai"}}) == 5
