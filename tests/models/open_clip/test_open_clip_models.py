"""Models of open_clip give the vectors of open_clip itself, whatever name or folder they come from.

open_clip lives in a folder that only another process has on its path (see the Makefile); that process
does everything at once and says in numbers what it found.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import warm
from hub.hub_process import settings
from open_clip_backend.beside.cases import CASES

PEERS = Path(sys.prefix) / "peers"
SIDE = str(Path(__file__).parents[2] / "helpers" / "open_clip_backend" / "side.py")
pytestmark = pytest.mark.skipif(
    not (PEERS / "open_clip").is_dir(),
    reason='needs the dependency group "peers" in a folder peers of the environment; see the Makefile',
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the hub's cache and our notes are in."""
    return tmp_path_factory.mktemp("home")


def run_beside(home: Path, folder: Path, *arguments: str, fresh: bool = False) -> str:
    """The last line that a program prints which has open_clip on its path and no hub but one of its own.

    Args:
        fresh: with an interpreter that has imported nothing.
    """
    env = settings("http://127.0.0.1:9", home, ANONYMIZED_TELEMETRY="False")
    env["PYTHONPATH"] = os.pathsep.join([env["PYTHONPATH"], str(PEERS)])
    command = [sys.executable, *arguments]
    if fresh:
        done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, check=False)
    else:
        done = warm.run(command, env=env, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert not (home / "escapes").exists(), (home / "escapes").read_text()
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the models and a store are in."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def found(home: Path, folder: Path) -> dict[str, Any]:
    """What the process beside this one found."""
    said: dict[str, Any] = json.loads(run_beside(home, folder, SIDE, "all", str(folder)))
    return said


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, found: dict[str, Any]) -> dict[str, Any]:
    return {"wanted": CASES[request.param], **found["cases"][request.param]}


def test_texts_have_the_vectors_of_open_clip_alone_and_in_batches(case: dict[str, Any]) -> None:
    assert case["texts"] >= 0.99999
    assert case["texts differ"] < 0.9  # two of them; so the line above can fail
    assert case["ids"]


def test_pictures_have_the_vectors_of_open_clip_alone_and_in_batches(case: dict[str, Any]) -> None:
    assert case["pictures"] >= 0.99999
    assert case["pictures differ"] < 0.999


def test_vectors_are_unit_rows_of_the_dimension_that_is_said(case: dict[str, Any]) -> None:
    assert case["dimension"] == [case["wanted"].model["embed_dim"]] * 2
    assert case["unit"] < 1e-5


def test_probabilities_are_those_of_the_model(case: dict[str, Any]) -> None:
    assert case["scores"] == case["wanted"].scores
    assert case["probabilities"] < 1e-4


def test_a_long_text_is_split_into_passages_that_fit(case: dict[str, Any]) -> None:
    assert case["context"] == case["wanted"].context
    passages = case["passages"]
    assert passages.pop("count") >= 30
    assert passages == {"same": True, "whole": True, "finite": True}


def test_each_model_has_a_fingerprint_of_its_own(found: dict[str, Any]) -> None:
    assert len({case["fingerprint"] for case in found["cases"].values()}) == len(CASES)


@pytest.mark.parametrize("cleaning", ["lower", "whitespace", "canonicalize"])
def test_odd_texts_have_the_ids_of_open_clip(found: dict[str, Any], cleaning: str) -> None:
    assert found["ids"]["tried"] > 800
    assert found["ids"]["wrong"][cleaning] == []


@pytest.mark.parametrize("name", CASES)
def test_pictures_of_odd_sizes_have_the_pixels_of_open_clip(found: dict[str, Any], name: str) -> None:
    assert found["pixels"][name]["tried"] > 30
    assert found["pixels"][name]["wrong"] == []


def test_every_model_of_its_table_can_be_read_but_those_with_text_towers_of_transformers(
    found: dict[str, Any],
) -> None:
    table = found["table"]
    assert table["pairs"] > 190
    assert table["kinds"] > 20
    assert table["wrong"] == []
    assert len(table["refused"]) < 12
    assert all("of transformers, which open_clip would fetch" in said for said in table["refused"].values())


@pytest.mark.parametrize("whose", ["SigLIP", "SigLIP 2", "CLIPA", "MetaCLIP 2"])
def test_tokenizers_of_other_kinds_give_the_ids_of_open_clip(found: dict[str, Any], whose: str) -> None:
    assert found["tokenizers"][whose] == []


def test_names_of_its_table_and_of_the_hub_load_from_the_hub(found: dict[str, Any]) -> None:
    assert found["names"]["asked again"] == 0
    for name, one in found["names"]["places"].items():
        assert (one["same"], one["fingerprint"], one["portable"]) == (True, True, name)
        assert len(one["revision"]) == 40


def test_only_what_makes_up_the_model_is_downloaded(found: dict[str, Any]) -> None:
    read = {name: one["read"] for name, one in found["names"]["places"].items()}
    config, safe = "open_clip_config.json", "open_clip_model.safetensors"
    assert read["open_clip:RN50/openai"] == [config, safe]
    assert read["open_clip:ViT-B-32/laion2b_s34b_b79k"] == [config, "open_clip_pytorch_model.bin"]
    assert read["open_clip:ViT-B/32/laion2b-s34b-b79k"] == []
    assert read["open_clip:ViTamin-S/datacomp1b"] == [config, "pytorch_model.bin"]
    assert read["hf-hub:timm/ViT-B-16-SigLIP"] == [config, safe, "tokenizer.json", "tokenizer_config.json"]


def test_the_fingerprint_of_a_model_that_was_looked_at_imports_neither_open_clip_nor_torch(
    found: dict[str, Any], home: Path
) -> None:
    program = (
        "import sys; from clip_embeddings import CLIPEmbedder\n"
        "names = ('open_clip:RN50/openai', 'hf-hub:timm/ViT-B-16-SigLIP')\n"
        "made = [CLIPEmbedder(name).fingerprint for name in names]\n"
        "print(*made, {'open_clip', 'torch', 'transformers', 'tokenizers', 'ftfy'} & sys.modules.keys())"
    )
    said = run_beside(home, home, "-c", program, fresh=True)
    cases = [found["cases"][name]["fingerprint"] for name in ("RN50", "ViT-B-16-SigLIP")]
    assert said == " ".join([*cases, "set()"])


def test_a_torchvision_that_does_not_fit_torch_is_named(found: dict[str, Any]) -> None:
    if not found["torchvision"]:
        pytest.skip("this machine's torchvision fits its torch")
    assert "Check that torchvision was built for this torch" in found["torchvision"]


def test_a_folder_means_the_same_model_by_any_of_its_names(found: dict[str, Any]) -> None:
    folders = found["folders"]
    assert folders["same"] == [True] * 5
    assert folders["copy"]
    assert folders["exported"] == ["open_clip_config.json", "open_clip_model.safetensors"]
    assert folders["pickled"] == "converted from open_clip_pytorch_model.bin"


def test_one_repository_by_two_names_is_two_models_where_only_the_table_speaks_of_pictures(
    found: dict[str, Any],
) -> None:
    assert found["names"]["one repository"] < 0.999


def test_an_exported_copy_says_of_pictures_what_only_the_table_said(found: dict[str, Any]) -> None:
    assert found["folders"]["told"]


def test_a_relative_folder_behind_a_prefix_is_stored_by_its_whole_path(found: dict[str, Any]) -> None:
    for name, portable in found["folders"]["relative"].items():
        prefix = name.removesuffix("RN50")
        assert portable.startswith(f"{prefix}/")
        assert Path(portable.removeprefix(prefix)).name == "RN50"


def test_info_and_download_serve_them(found: dict[str, Any]) -> None:
    commands = found["commands"]
    assert commands["fetched"]
    assert commands["info"]["dimension"] == 24
    assert commands["info"]["pictures"].startswith("shorter edge to 64 (bicubic), middle 64 x 64")
    assert commands["download"]["fingerprint"] == commands["info"]["fingerprint"]


def test_a_folder_is_ingested_found_and_refused_to_another_model(found: dict[str, Any]) -> None:
    stores = found["stores"]
    assert (stores["name"], stores["added"], stores["failures"]) == ("open_clip:RN50/openai", 5, 0)
    assert stores["again"] == 5
    assert "holds vectors of" in stores["refused"]


def test_langchain_stores_and_finds_both_kinds(found: dict[str, Any]) -> None:
    assert found["stores"]["langchain"] == ["노을지는 바다", "a photo"]


def test_a_new_process_finds_the_same_with_the_name_on_record(
    found: dict[str, Any], home: Path, folder: Path
) -> None:
    again = json.loads(run_beside(home, folder, SIDE, "again", str(folder)))
    assert again == found["stores"]["found"]
    assert len(set(again)) >= 4


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no tag", "open_clip has RN50 with openai, yfcc15m, cc12m"),
        ("no tag at all", "open_clip has RN101 with openai, yfcc15m"),
        ("no architecture", "did you mean 'open_clip:RN50/openai'"),
        ("no folder", "no such folder"),
        ("address alone", "is not on the hub"),
        ("no prefix", "name it 'hf-hub:timm/MobileCLIP2-S0-OpenCLIP'"),
        ("not on the hub", "Unknown model 'hf-hub:timm/nothing'"),
        ("finetune", "is run by another library; only a clip of transformers can be fine-tuned"),
        ("revision", "is a folder; revision='main'"),
        ("pickle", "pickles are not allowed"),
        ("text tower", "'roberta-base' of transformers"),
        ("tokenizer", "tokenizer.json (of someone/t5)"),
        ("options", "reduction_mask"),
        ("odd key", "unexpected keyword argument 'what'"),
        ("dimension", "embed_dim 25; its weights are of another shape: text_projection gives 24"),
        ("missing", "1 weights are missing, first visual.proj"),
        ("no scale", "its weights have no logit_scale"),
        ("ids", "gives the id 49407; its text tower knows 0 to 99"),
        ("token states", "token_states"),
        ("changed", "have changed since they were found"),
    ],
)
def test_what_cannot_load_is_refused_by_name(found: dict[str, Any], what: str, message: str) -> None:
    said = found["refused"][what]
    assert said.startswith(("ModelLoadError: ", "InvalidInputError: ")), said
    assert message in said
