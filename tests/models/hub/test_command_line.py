"""The command line with models from the hub: what is said and shown, what is taken to another machine."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import warm
from hub import layouts
from hub import small_models as small
from hub.hub_process import settings
from hub.loopback import Hub
from PIL import Image


def run(hub: Hub | str, home: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    """A command in a process of its own: exit code, stdout, stderr."""
    command = [sys.executable, "-m", "clip_embeddings_app", *arguments]
    done = warm.run(command, env=settings(hub, home, **{"COLUMNS": "160", **env}), cwd=home, timeout=180)
    return done.returncode, done.stdout, done.stderr


def test_a_model_is_taken_to_a_machine_without_a_network(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.sentence_transformers(hub)
    code, out, _ = run(hub, tmp_path, "download", "clip-ViT-B-32", "--to", "model", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["revision"] == repository.main.sha
    assert told["weights"] == "converted from 0_CLIPModel/pytorch_model.bin"
    folder = tmp_path / "model"
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json", "merges.txt", "model.safetensors", "preprocessor_config.json",
        "special_tokens_map.json", "tokenizer_config.json", "vocab.json",
    ]  # fmt: skip
    away = tmp_path / "elsewhere"
    away.mkdir()
    folder.rename(away / "model")
    env = {"HF_HUB_OFFLINE": "1", "CLIP_EMBEDDINGS_ALLOW_PICKLE": "0"}
    code, out, _ = run("http://127.0.0.1:9", away, "info", "--model", "model", "--json", **env)
    assert code == 0
    facts = json.loads(out)["model"]
    assert facts["fingerprint"] == told["fingerprint"]
    assert (facts["weights"], facts["revision"]) == ("safetensors", None)


def test_info_shows_where_files_are_and_how_they_are_read(hub: Hub, tmp_path: Path) -> None:
    right = layouts.openai(hub).find("refs/pr/66")
    assert right
    code, out, err = run(hub, tmp_path, "info", "--model", "ViT-B/32", "--json")
    assert code == 0
    facts = json.loads(out)["model"]
    assert facts["folder"].endswith(f"models--openai--clip-vit-base-patch32/snapshots/{right.sha}")
    assert (facts["revision"], facts["weights"]) == (right.sha, "safetensors of refs/pr/66")
    assert (facts["dimension"], facts["context"]) == (24, 77)
    assert facts["pictures"].startswith(
        "shorter edge to 32 (bicubic), middle 32 x 32, mean 0.481/0.458/0.408"
    )
    assert "model 'ViT-B/32' is 'openai/clip-vit-base-patch32' on the hub" in err


def test_sharded_weights_are_copied_with_their_index(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.oddly_sharded(hub)
    code, _, _ = run(hub, tmp_path, "download", repository.id, "--to", "model", "--json")
    assert code == 0
    assert (tmp_path / "model" / "model.safetensors.index.json").is_file()
    assert len(list((tmp_path / "model").glob("pytorch_model-*.safetensors"))) == 2
    code, _, err = run(hub, tmp_path, "download", repository.id, "--to", "model")
    assert code == 1
    assert "exists already; name a folder that does not, or an empty one" in err


def test_no_pickle_refuses_one_command(hub: Hub, tmp_path: Path) -> None:
    layouts.pickled_only(hub, "someone/pickled")
    code, _, err = run(hub, tmp_path, "--no-pickle", "download", "someone/pickled")
    assert code == 1
    assert err.startswith("error: model 'someone/pickled' has only pickled weights (pytorch_model.bin)")
    assert not hub.asked("pytorch_model.bin", "GET")


def test_a_large_download_is_announced_before_it_begins(hub: Hub, tmp_path: Path) -> None:
    made = small.clip()
    filler = torch.from_numpy(np.zeros(60_000_000, np.uint8))
    weights = small.safe({**small.tensors(made), "nobody.weight": filler})
    commit = hub.add("someone/large", {**made, "model.safetensors": weights}).main.sha
    code, _, err = run(hub, tmp_path, "download", "someone/large", TQDM_POSITION="-1")
    assert code == 0
    first, *rest = err.splitlines()
    assert first == f"downloading 60 MB of 'someone/large' (commit {commit[:12]})"
    assert "model.safetensors: 100%" in rest[-1]
    # In a library nothing but the line.
    program = "import sys; from clip_embeddings.models.hub.locate import locate; locate(sys.argv[1])"
    env = settings(hub, tmp_path / "other", TQDM_POSITION="-1")
    done = warm.run([sys.executable, "-c", program, "someone/large"], env=env, timeout=180, check=True)
    assert done.stderr.splitlines() == [first]


def test_the_first_example_of_the_readme_runs_as_it_stands(hub: Hub, tmp_path: Path) -> None:
    layouts.openai(hub)
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    example = readme.split("```python\n", 1)[1].split("```", 1)[0]
    assert 'CLIPEmbedder("openai/clip-vit-base-patch32")' in example
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8)).save(
        tmp_path / "dog.jpg"
    )
    command = [sys.executable, "-c", example]
    done = warm.run(command, env=settings(hub, tmp_path / "home"), cwd=tmp_path, timeout=180)
    assert done.returncode == 0, done.stderr
    numbers = [float(part) for part in done.stdout.replace("[", " ").replace("]", " ").split()]
    assert len(numbers) == 4  # two cosines, two probabilities
    assert sum(numbers[2:]) == pytest.approx(1, abs=1e-4)
