"""A run that is killed goes on as if it had not been: the same losses, the same weights."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import warm
from programs import killed_finetuning
from safetensors.torch import load_file
from training_pairs import drawn, write_pairs

from clip_embeddings import InvalidInputError, ModelLoadError, finetune
from clip_embeddings.tasks.training import checkpoint as stored
from clip_embeddings.tasks.training.report import FinetuneReport

ROOT = Path(__file__).parents[3]
# So small a model of random weights may find no more than before; here that is no matter.
pytestmark = pytest.mark.filterwarnings("ignore:no epoch was better")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of 30 pairs, 24 of them to train on: three steps an epoch, twelve in all."""
    return write_pairs(tmp_path_factory.mktemp("pairs"), drawn(30))


@pytest.fixture(scope="module")
def whole(checkpoint: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> FinetuneReport:
    """The run that nobody killed."""
    report: FinetuneReport = killed_finetuning.run(
        str(checkpoint), pairs, tmp_path_factory.mktemp("whole") / "model"
    )
    assert len(report.losses) == 12
    return report


def kill_after(step: int, checkpoint: Path, pairs: Path, output: Path) -> list[int]:
    """Start the run in another process, kill it once it says a step, and return the steps that it said."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")])
    command = [sys.executable, killed_finetuning.__file__, str(checkpoint), str(pairs), str(output)]
    env = {**os.environ, "PYTHONPATH": path}
    with warm.start(command, stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(int(line))
            if said[-1] == step:
                process.kill()  # SIGKILL
                break
        process.wait()
        assert process.returncode == -9
    return said


def test_a_run_that_was_killed_ends_with_the_same_losses_and_weights(
    checkpoint: Path, pairs: Path, whole: FinetuneReport, tmp_path: Path
) -> None:
    output, taken = tmp_path / "model", []
    step = killed_finetuning.KILLED_AT
    assert kill_after(step, checkpoint, pairs, output) == list(range(step + 1))
    assert not (output / "model.safetensors").exists()
    report = killed_finetuning.run(
        str(checkpoint), pairs, output, on_step=lambda step, loss: taken.append(step)
    )
    assert taken[0] in (6, 8)  # from the last checkpoint, not from the beginning
    assert report.losses == whole.losses
    assert report.recalls == whole.recalls
    assert report.recall_after == whole.recall_after
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (output, whole.output))
    assert all((ours[name] == weight).all() for name, weight in theirs.items())
    assert report.fingerprint == whole.fingerprint
    assert sorted(path.name for path in output.iterdir()) == sorted(
        path.name for path in whole.output.iterdir()
    )


class Ended(Exception):
    """A run that ends in the middle."""


def end_at(step: int) -> Callable[[int, float], None]:
    """Ends a run in its step of this number, before anything is stored of it."""

    def check(number: int, loss: float) -> None:
        if number == step:
            raise Ended

    return check


@pytest.fixture(scope="module")
def ended_once(checkpoint: Path, pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that ended in its sixth step; its last checkpoint is of the fourth."""
    folder = tmp_path_factory.mktemp("ended") / "model"
    with pytest.raises(Ended):
        killed_finetuning.run(str(checkpoint), pairs, folder, on_step=end_at(5))
    return folder


@pytest.fixture
def ended(ended_once: Path, tmp_path: Path) -> Path:
    """A copy of it, to go on with."""
    return Path(shutil.copytree(ended_once, tmp_path / "model"))


def test_every_step_can_be_the_last(
    checkpoint: Path, pairs: Path, whole: FinetuneReport, tmp_path: Path
) -> None:
    """Also those at the end of an epoch, before and after its measurement."""
    for step in range(12):
        with pytest.raises(Ended):
            killed_finetuning.run(str(checkpoint), pairs, tmp_path / "model", on_step=end_at(step))
    report = killed_finetuning.run(str(checkpoint), pairs, tmp_path / "model")
    assert (report.losses, report.recalls) == (whole.losses, whole.recalls)


def test_a_checkpoint_that_was_half_written_is_not_looked_at(
    checkpoint: Path, pairs: Path, whole: FinetuneReport, ended: Path
) -> None:
    (ended / stored.SCRATCH).write_bytes((ended / stored.FILE).read_bytes()[:1000])
    report = killed_finetuning.run(str(checkpoint), pairs, ended)
    assert report.losses == whole.losses
    assert not (ended / stored.SCRATCH).exists()


def test_a_run_that_ends_while_it_writes_the_model_goes_on(
    checkpoint: Path, pairs: Path, whole: FinetuneReport, ended: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        raise Ended

    with monkeypatch.context() as patch:
        patch.setattr(FinetuneReport, "write", end)
        with pytest.raises(Ended):
            killed_finetuning.run(str(checkpoint), pairs, ended)
    assert (ended / "model.safetensors").exists()
    assert (ended / stored.FILE).exists()
    assert killed_finetuning.run(str(checkpoint), pairs, ended).losses == whole.losses


def test_a_checkpoint_is_safetensors_and_holds_all_that_decides_how_it_goes_on(ended: Path) -> None:
    read = stored.read(ended)
    assert read is not None
    tensors, state = read
    assert tensors["losses"].shape == (4,)
    kinds = {name.split("/")[0] for name in tensors} | {name.split("/")[1] for name in tensors if "/" in name}
    assert {"model", "best", "optimizer", "exp_avg", "exp_avg_sq", "step"} <= kinds
    assert state["identity"]["seed"] == 0
    assert len(state["recalls"]) == 2


def test_a_run_goes_on_only_if_it_is_the_same_one(checkpoint: Path, pairs: Path, ended: Path) -> None:
    settings = killed_finetuning.SETTINGS | {"output": ended}
    with pytest.raises(InvalidInputError, match=r"another epochs \(4, not 5\). Give the same again"):
        finetune(str(checkpoint), pairs, **(settings | {"epochs": 5}))
    with pytest.raises(InvalidInputError, match="the run there had another model"):
        finetune("tiny", pairs, **settings)
    with pytest.raises(InvalidInputError, match="the run there had another pairs"):
        finetune(str(checkpoint), drawn(31), **settings)
    with pytest.raises(InvalidInputError, match="holds a run that was interrupted; resume goes on with it"):
        finetune(str(checkpoint), pairs, **(settings | {"resume": False}))


def test_a_damaged_checkpoint_is_named(checkpoint: Path, pairs: Path, ended: Path) -> None:
    (ended / stored.FILE).write_bytes(b"not a checkpoint")
    with pytest.raises(ModelLoadError, match=r"checkpoint.safetensors: cannot be read as a checkpoint"):
        killed_finetuning.run(str(checkpoint), pairs, ended)
