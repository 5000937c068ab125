"""What is downloaded: whole or not at all, from the branch or from the pull request that has safetensors."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import warm
from hub import layouts
from hub import small_models as small
from hub.hub_process import settings
from hub.layouts import BOT, BOT_TITLE
from hub.located import AWAY, NAME, located
from hub.loopback import Hub, running
from hub.repository import Repository


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
    with warm.start(command, env=settings(hub, tmp_path), stderr=subprocess.DEVNULL) as process:
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


SILENCES: dict[str, dict[str, Any]] = {
    "silent": {"silent": True},
    "late": {"wait": 30.0},
    "unavailable": {"status": 503},
    "too many": {"status": 429},
}


@pytest.fixture(scope="module")
def given_up(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, float]]:
    """What is said of each silence and after how many seconds: all at once, as most of it is waiting."""

    def ask(hub: Hub, home: Path) -> tuple[str, float]:
        began = time.monotonic()
        return located(hub, home, "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"), time.monotonic() - began

    with ExitStack() as stack:
        hubs = [stack.enter_context(running()) for _ in SILENCES]
        for hub, trouble in zip(hubs, SILENCES.values(), strict=True):
            layouts.safetensors(hub)
            hub.fault(path="*revision*", **trouble)
        homes = [tmp_path_factory.mktemp("home") for _ in hubs]
        warm.run([sys.executable, "-c", ""], env=settings(AWAY, homes[0]))  # its start is not what is timed
        with ThreadPoolExecutor(len(hubs)) as pool:
            return dict(zip(SILENCES, pool.map(ask, hubs, homes), strict=True))


@pytest.mark.parametrize("silence", SILENCES)
def test_a_hub_that_does_not_answer_is_given_up(given_up: dict[str, tuple[str, float]], silence: str) -> None:
    said, seconds = given_up[silence]
    assert "is not on this machine and the hub does not answer (" in said
    assert seconds < 10


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
