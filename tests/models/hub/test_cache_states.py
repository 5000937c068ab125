"""A cache that others filled, or that moved on, is completed or refused; never used half."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import warm
from hub import layouts
from hub import small_models as small
from hub.hub_process import ask, settings
from hub.located import AWAY, LOCATE, NAME, PLAIN, SAFE, fill, located
from hub.loopback import Hub


def test_a_snapshot_that_was_never_asked_for_its_preprocessing_is_completed_or_refused(
    hub: Hub, tmp_path: Path
) -> None:
    main = layouts.openai(hub).main.sha
    fill(hub, tmp_path / "partial", PLAIN)
    shutil.copytree(tmp_path / "partial", tmp_path / "asked", symlinks=True)
    refused = located(AWAY, tmp_path / "partial", HF_HUB_OFFLINE="1")
    assert f"Of commit {main} the cache has config.json, tokenizer_config.json" in refused
    assert "it lacks processor_config.json, preprocessor_config.json. Start once with the hub" in refused
    # The hub is asked, and has safetensors.
    assert located(hub, tmp_path / "partial").endswith("safetensors of refs/pr/66")
    assert located(AWAY, tmp_path / "partial", HF_HUB_OFFLINE="1").endswith("safetensors of refs/pr/66")
    # Whole with its preprocessing, it is used as it is, and its pickle is converted.
    program = f"from transformers import AutoImageProcessor; AutoImageProcessor.from_pretrained({NAME!r})"
    assert ask(hub, tmp_path / "asked", program).returncode == 0
    before = len(hub.log)
    assert located(hub, tmp_path / "asked") == f"{main} converted from pytorch_model.bin"
    assert hub.log[before:] == []


def test_weights_that_transformers_took_from_the_pull_request_are_not_fetched_again(
    hub: Hub, tmp_path: Path
) -> None:
    layouts.openai(hub)
    fill(hub, tmp_path, SAFE)
    assert len(hub.asked("model.safetensors", "GET")) == 1
    assert located(hub, tmp_path).endswith("safetensors of refs/pr/66")
    assert len(hub.asked("model.safetensors", "GET")) == 1


@pytest.mark.parametrize("absent", ["processor_config.json", "tokenizer.json"])
def test_files_that_nobody_asked_for_are_asked_for(hub: Hub, tmp_path: Path, absent: str) -> None:
    """The cache has a preprocessor and a vocabulary, and the hub has others that come first."""
    made = small.clip()
    files = {
        **made,
        **small.old_tokenizer(made, name="someone/both"),
        "processor_config.json": small.processor_config([0.1, 0.2, 0.3], [0.9, 0.8, 0.7]),
    }
    repository = hub.add("someone/both", files)
    program = "import sys; from huggingface_hub import hf_hub_download\n"
    program += "for name in sys.argv[2:]: hf_hub_download(sys.argv[1], name)"
    assert ask(hub, tmp_path, program, repository.id, *[n for n in files if n != absent]).returncode == 0
    assert located(hub, tmp_path, repository.id) == f"{repository.main.sha} safetensors"
    assert len(hub.asked(f"/{absent}", "GET")) == 1


def test_what_the_hubs_own_program_downloaded_whole_is_used_when_the_hub_is_away(
    hub: Hub, tmp_path: Path
) -> None:
    repository = layouts.safetensors(hub)
    program = f"from huggingface_hub import snapshot_download; snapshot_download({repository.id!r})"
    assert ask(hub, tmp_path, program).returncode == 0
    done = ask(AWAY, tmp_path, LOCATE, repository.id, "", HF_HUB_OFFLINE="1")
    assert done.stdout.strip() == f"{repository.main.sha} safetensors"
    assert "the hub does not answer, so what the cache has is used without knowing whether" in done.stderr
    assert "processor_config.json or special_tokens_map.json or added_tokens.json too" in done.stderr


def test_a_branch_that_moves_during_the_download_leaves_the_commit_that_came(
    hub: Hub, tmp_path: Path
) -> None:
    repository = layouts.safetensors(hub)
    first = repository.main.sha
    program = (
        "import sys, urllib.request\n"
        "from clip_embeddings.models.hub import download, locate\n"
        "plain = download.Revision.fetch_all\n"
        "def moving(self, names):\n"
        "    found = plain(self, names)\n"
        "    input()\n"
        "    return found\n"
        "download.Revision.fetch_all = moving\n"
        "print(locate.locate(sys.argv[1]).revision, flush=True)"
    )
    command = [sys.executable, "-c", program, repository.id]
    pipe = subprocess.PIPE
    with warm.start(command, env=settings(hub, tmp_path), stdin=pipe, stdout=pipe) as process:
        deadline = time.monotonic() + 30
        while not hub.asked("model.safetensors", "GET") and time.monotonic() < deadline:
            time.sleep(0.05)
        repository.commit({"README.md": b"newer"}, message="Update README.md")
        assert process.communicate("go on\n", timeout=120)[0].strip() == first
    assert located(AWAY, tmp_path, repository.id, HF_HUB_OFFLINE="1") == f"{first} safetensors"


def test_a_cache_that_moved_on_is_read_anew(hub: Hub, tmp_path: Path) -> None:
    """The user had the hub's own program update it: then that counts, not what was resolved before."""
    repository = layouts.openai(hub)
    located(hub, tmp_path)
    newest = repository.commit(
        {"model.safetensors": small.safe(small.tensors(small.clip(5)))}, message="Safe"
    )
    program = f"from huggingface_hub import snapshot_download; snapshot_download({NAME!r})"
    assert ask(hub, tmp_path, program).returncode == 0
    assert located(AWAY, tmp_path, HF_HUB_OFFLINE="1") == f"{newest.sha} safetensors"


def test_a_cache_that_cannot_be_written_is_named(hub: Hub, tmp_path: Path) -> None:
    layouts.safetensors(hub)
    cache = tmp_path / "hub"
    cache.write_text("a file where the folder should be")
    said = located(hub, tmp_path, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
    assert "laion/CLIP-ViT-B-32-laion2B-s34B-b79K" in said
    assert str(cache) in said


def test_notes_that_are_gone_or_damaged_are_made_anew(hub: Hub, tmp_path: Path) -> None:
    layouts.openai(hub)
    first = located(hub, tmp_path)
    assets = tmp_path / "assets" / "clip-embeddings"
    for note in assets.rglob("*.json"):
        note.write_text("{")
    assert located(hub, tmp_path) == first
    shutil.rmtree(assets)
    assert located(hub, tmp_path) == first
    assert list(assets.rglob("*.json"))


def test_a_conversion_that_was_cut_off_is_made_again(hub: Hub, tmp_path: Path) -> None:
    layouts.pickled_only(hub, "someone/pickled")
    located(hub, tmp_path, "someone/pickled")
    (weights,) = (tmp_path / "assets").rglob("model.safetensors")
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    (weights.parent.parent / f"{weights.parent.name}.dead.unfinished").mkdir()
    located(hub, tmp_path, "someone/pickled")
    assert weights.read_bytes() == whole
    assert not list(weights.parent.parent.glob("*.unfinished"))
