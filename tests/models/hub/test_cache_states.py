"""A cache that others filled, or that a download left half, is completed or refused; never used half."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import warm
from hub import layouts
from hub import small_models as small
from hub.hub_process import ask, settings
from hub.layouts import BOT, BOT_TITLE
from hub.loopback import Hub
from hub.repository import Repository

NAME = "openai/clip-vit-base-patch32"
AWAY = "http://127.0.0.1:9"
# What users of transformers do: its files come from the main branch, or weights from the pull request.
PLAIN, SAFE = "", ", use_safetensors=True"


def fill(hub: Hub, home: Path, how: str) -> None:
    """Let transformers fill the cache with a model and its tokenizer."""
    program = (
        "from transformers import AutoTokenizer, CLIPModel\n"
        f"CLIPModel.from_pretrained({NAME!r}{how}); AutoTokenizer.from_pretrained({NAME!r})"
    )
    # Otherwise it would have the pickle converted by another machine.
    off = "0" if how == SAFE else "1"
    done = ask(hub, home, program, DISABLE_SAFETENSORS_CONVERSION=off)
    assert done.returncode == 0, done.stderr


LOCATE = (
    "import sys\nfrom clip_embeddings import ModelLoadError\n"
    "from clip_embeddings.models.hub.locate import locate\n"
    "try: found = locate(sys.argv[1], sys.argv[2] or None); print(found.revision, found.origin)\n"
    "except ModelLoadError as error: print(error)"
)


def located(hub: Hub | str, home: Path, model: str = NAME, revision: str = "", **env: str) -> str:
    """Where it comes from, or the error; no model is loaded, so this is quick."""
    done = ask(hub, home, LOCATE, model, revision, timeout=120, **env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


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


def heavy(hub: Hub, megabytes: int = 24) -> Repository:
    """A model whose weights take a while: some of them are nobody's."""
    made = small.clip()
    numbers = np.random.default_rng(0).integers(0, 255, megabytes * 2**20, np.uint8)
    tensors = {**small.tensors(made), "nobody.weight": torch.from_numpy(numbers)}
    return hub.add("someone/heavy", {**made, "model.safetensors": small.safe(tensors)})


def test_a_download_that_breaks_off_goes_on_where_it_was(hub: Hub, tmp_path: Path) -> None:
    repository = heavy(hub)
    hub.fault(repository.id, "model.safetensors", method="GET", die_after=15 * 2**20, times=1)
    assert located(hub, tmp_path, repository.id) == f"{repository.main.sha} safetensors"
    first, second = hub.asked("model.safetensors", "GET")
    assert first.range is None
    assert (second.range or "").startswith("bytes=1")  # not from the beginning


@pytest.mark.parametrize("trouble", [{"die_after": 1000}, {"die_after": 1000, "reset": True}])
def test_a_download_that_never_ends_well_is_named_and_started_again(
    hub: Hub, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    repository = layouts.safetensors(hub)
    hub.fault(repository.id, "model.safetensors", method="GET", **trouble)
    said = located(hub, tmp_path, repository.id)
    assert "the download broke off (" in said
    assert "Start it again: the files that came whole are kept, in" in said
    hub.heal()
    before = len(hub.asked("config.json", "GET"))
    assert located(hub, tmp_path, repository.id) == f"{repository.main.sha} safetensors"
    assert len(hub.asked("config.json", "GET")) == before


def test_a_killed_download_leaves_nothing_that_is_taken_for_a_model(hub: Hub, tmp_path: Path) -> None:
    repository = heavy(hub, 8)
    fault = hub.fault(repository.id, "model.safetensors", method="GET", rate=2**20)
    program = "import sys; from clip_embeddings.models.hub.locate import locate; locate(sys.argv[1])"
    command = [sys.executable, "-c", program, repository.id]
    with subprocess.Popen(command, env=settings(hub, tmp_path), stderr=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 30
        while not hub.asked("model.safetensors", "GET") and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGKILL)
    assert fault.rate
    said = located(AWAY, tmp_path, repository.id, HF_HUB_OFFLINE="1")
    assert (
        f"Of commit {repository.main.sha} the cache has config.json" in said or "not on this machine" in said
    )
    hub.heal()
    assert located(hub, tmp_path, repository.id) == f"{repository.main.sha} safetensors"


@pytest.mark.parametrize(
    ("path", "trouble"),
    [
        ("*revision*", {"silent": True}),
        ("*revision*", {"wait": 30.0}),
        ("*revision*", {"status": 503}),
        ("*revision*", {"status": 429}),
    ],
)
def test_a_hub_that_does_not_answer_is_given_up(
    hub: Hub, tmp_path: Path, path: str, trouble: dict[str, Any]
) -> None:
    layouts.safetensors(hub)
    hub.fault(path=path, **trouble)
    began = time.monotonic()
    said = located(hub, tmp_path, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K")
    assert "is not on this machine and the hub does not answer (" in said
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the hub does not take your token ("),
        (403, "is not on this machine and the hub refuses it ("),
    ],
)
def test_a_hub_that_answers_no_is_not_said_to_be_silent(
    hub: Hub, tmp_path: Path, status: int, said: str
) -> None:
    layouts.safetensors(hub)
    hub.fault(path="*revision*", status=status)
    answer = located(hub, tmp_path, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", HF_TOKEN="hf_wrong")
    assert said in answer
    assert "does not answer" not in answer


@pytest.mark.parametrize("trouble", [{"silent": True}, {"status": 403}, {"status": 404}])
def test_discussions_that_cannot_be_read_leave_the_pickle(
    hub: Hub, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    repository = layouts.openai(hub)
    hub.fault(path="*discussions*", **trouble)
    assert located(hub, tmp_path) == f"{repository.main.sha} converted from pytorch_model.bin"


def test_only_the_bots_open_request_on_top_of_main_is_taken(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.openai(hub)
    hub.pages |= {"discussions": 2, "commits": 2}
    wrong = {"model.safetensors": small.safe(small.tensors(small.clip(77)))}
    for number in (80, 81):  # newer than the bot's
        repository.pull_request(title=BOT_TITLE, author="stranger", files=wrong, num=number)
    right = repository.find("refs/pr/66")
    assert right
    assert located(hub, tmp_path / "one") == f"{right.sha} safetensors of refs/pr/66"
    repository.commit({"README.md": b"newer"}, message="Update README.md")
    assert located(hub, tmp_path / "two") == f"{repository.main.sha} converted from pytorch_model.bin"
    # What was resolved stays for who has it.
    assert located(hub, tmp_path / "one") == f"{right.sha} safetensors of refs/pr/66"


def test_a_revision_that_was_asked_for_is_not_replaced_by_a_pull_request(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.openai(hub)
    repository.branch("dev")
    for revision in ("dev", repository.main.sha):
        assert (
            located(hub, tmp_path, NAME, revision)
            == f"{repository.main.sha} converted from pytorch_model.bin"
        )
    right = repository.find("refs/pr/66")
    assert right
    assert located(hub, tmp_path, NAME, right.sha) == f"{right.sha} safetensors"
    assert located(hub, tmp_path, NAME, "refs/pr/66") == f"{right.sha} safetensors"


def test_a_pull_request_without_safetensors_leaves_the_pickle(hub: Hub, tmp_path: Path) -> None:
    repository = layouts.pickled_only(hub)
    repository.pull_request(title=BOT_TITLE, author=BOT, files={"note.txt": b"none yet"})
    assert located(hub, tmp_path, repository.id).endswith("converted from pytorch_model.bin")


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
