"""Fixtures of the whole suite: the bundled model, and random checkpoints that are ready in a second."""

import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import warm
from xdist.scheduler import LoadFileScheduling

# What imports torch is imported by the fixtures: the process that hands tests to workers needs none of it.
if TYPE_CHECKING:
    from reference import Reference
    from stores import Held

    from clip_embeddings import CLIPEmbedder, ModalityCalibration

_NUMBERS = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--chroma-server", action="store_true", help="run the tests of all stores on a Chroma server too"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """They would double the time of the tests of ingestion, so they wait to be asked for."""
    if not config.getoption("--chroma-server"):
        left_out = {item for item in items if item.get_closest_marker("chroma_server")}
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported here stays: looking through all of it for garbage takes half a second each time.

    Not even once: what is garbage by then is a little memory, and finding it takes a second.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    """What is noted of models goes to a folder of this run, shared by its workers and by what they start."""
    if "HF_ASSETS_CACHE" not in os.environ or not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="clip-assets-")
        os.environ["HF_ASSETS_CACHE"] = folder
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # For processes that tests start, as `one_thread_for_torch` for this one: two that compute with both cores
    # each wait for each other's threads, and take four times as long.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    warm.BEGINNING.update(os.environ)


def pytest_sessionfinish() -> None:
    warm.end()


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """A file's tests go to one worker; those of all files that use Ray to the same, which starts it once.

    So do those of the command line, which use what the demo made, and those of the page and its browser.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        for folder in ("cli", "page"):
            if file.startswith(f"tests/{folder}/"):
                return folder
        return "ray" if "_ray" in file else file


@pytest.hookimpl(optionalhook=True)  # -p no:xdist knows no such hook
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session", autouse=True)
def one_thread_for_torch() -> None:
    """Models this small gain nothing from more, and on a busy machine their threads wait for each other."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random CLIPModel with a tokenizer of OpenAI's kind; not to be written to."""
    from reference import clip_tokenizer, write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("models") / "clip", clip_tokenizer())


@pytest.fixture(scope="session")
def byte_level_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small random CLIPModel with a byte-level tokenizer of its own; not to be written to."""
    from reference import byte_level_tokenizer, write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("models") / "bytes", byte_level_tokenizer(), seed=1)


@pytest.fixture
def copy_of(checkpoint: Path, tmp_path: Path) -> Callable[[str], Path]:
    """Makes a copy of the random checkpoint that a test may damage."""

    def copy(name: str = "copy") -> Path:
        return Path(shutil.copytree(checkpoint, tmp_path / name))

    return copy


@pytest.fixture(scope="session")
def embedder(checkpoint: Path) -> "CLIPEmbedder":
    """The random checkpoint, in float32 on the CPU."""
    from clip_embeddings import CLIPEmbedder

    return CLIPEmbedder(str(checkpoint), device="cpu", dtype="float32", batch_size=4)


@pytest.fixture(scope="session")
def tiny() -> "CLIPEmbedder":
    """The bundled model, in float32 on the CPU."""
    from clip_embeddings import CLIPEmbedder

    return CLIPEmbedder("tiny", device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def calibrated(tiny: "CLIPEmbedder") -> "CLIPEmbedder":
    """The bundled model with the calibration that it ships with."""
    return tiny.with_calibration("reference")


@pytest.fixture(scope="session")
def reference(calibrated: "CLIPEmbedder") -> "ModalityCalibration":
    """The calibration that the bundled model ships with."""
    assert calibrated.calibration is not None
    return calibrated.calibration


@pytest.fixture(scope="session")
def chroma_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Chroma server that tests share."""
    from servers import running

    with running(tmp_path_factory.mktemp("server")) as (port, _):
        yield port


@pytest.fixture
def unused() -> str:
    """A name that no other collection has: the server is shared."""
    return f"trap-{next(_NUMBERS)}"


# They are stores.KINDS.
@pytest.fixture(params=["chroma", "lancedb", pytest.param("server", marks=pytest.mark.chroma_server)])
def held(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    tiny: "CLIPEmbedder",
    unused: str,
) -> "Held":
    """An empty collection or table of the bundled model, apart from `tmp_path`, which tests ingest."""
    from stores import opened

    on_server = request.param == "server"
    place = request.getfixturevalue("chroma_port") if on_server else tmp_path_factory.mktemp("store") / "db"
    if request.param == "chroma":
        from servers import put_empty_store

        put_empty_store(place)
    return opened(request.param, place, unused, embedder=tiny)


@pytest.fixture(scope="session", params=["clip", "byte-level", "tiny"])
def pair(request: pytest.FixtureRequest) -> "tuple[CLIPEmbedder, Reference]":
    """One checkpoint, read by this library and by the reference."""
    from reference import Reference

    from clip_embeddings import CLIPEmbedder
    from clip_embeddings.models.tiny import WEIGHTS

    if request.param == "tiny":
        folder = WEIGHTS
    else:
        folder = request.getfixturevalue("checkpoint" if request.param == "clip" else "byte_level_checkpoint")
    model = CLIPEmbedder(str(folder), device="cpu", dtype="float32", batch_size=4)
    return model, Reference(folder)
