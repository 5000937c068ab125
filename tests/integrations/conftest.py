"""Stores for the adapter tests: embedded on disk, and a real server on a free port of this machine."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import chromadb
import pytest
import warm
from chromadb.api import ClientAPI
from langchain_stores import NOTE, pictures
from servers import RestartableServer, put_empty_store, running

from chroma_clip_embeddings import connect, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from langchain_clip_embeddings import CLIPEmbeddings


@pytest.fixture
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the embedded store is; apart from `tmp_path`, which tests ingest."""
    return tmp_path_factory.mktemp("store") / "db"


@pytest.fixture
def client(store_folder: Path) -> ClientAPI:
    """An embedded store in a folder of its own."""
    return connect(put_empty_store(store_folder))


@pytest.fixture(scope="session")
def server(chroma_port: int) -> tuple[str, int]:
    """Host and port of a running `chroma run`."""
    return "127.0.0.1", chroma_port


@pytest.fixture
def mortal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Callable[[], None]]]:
    """Port of a server of the test's own, and what ends it."""
    with running(tmp_path_factory.mktemp("server")) as (port, process):

        def end() -> None:
            process.terminate()
            process.wait(30)

        yield port, end


@pytest.fixture
def restartable_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RestartableServer]:
    """A server of the test's own."""
    with closing(RestartableServer(tmp_path_factory.mktemp("server"))) as server:
        yield server


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve scenes and three notes, one of them longer than the context; not to be written to."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "notes").mkdir()
    for i, scene in enumerate(scenes(40, 12)):
        render(scene, 128).save(folder / f"scene-{i:02}.png")
    (folder / "notes" / "cat.txt").write_text("The cat has an appointment with the vet.", encoding="utf-8")
    (folder / "notes" / "sea.md").write_text("노을지는 바다에서 산책했다.", encoding="utf-8")
    (folder / "notes" / "long.txt").write_text("The dog ran on the beach. " * 40, encoding="utf-8")
    return folder


@pytest.fixture(params=["on disk", "over http"])
def store(request: pytest.FixtureRequest) -> ClientAPI:
    if request.param == "on disk":
        return request.getfixturevalue("client")  # type: ignore[no-any-return]
    host, port = request.getfixturevalue("server")
    return connect(host=host, port=port)


@pytest.fixture
def collection(client: ClientAPI, tiny: CLIPEmbedder) -> chromadb.Collection:
    """An empty collection of the bundled model."""
    return open_collection(client, "photos", embedder=tiny)


@pytest.fixture
def embeddings(tiny: CLIPEmbedder) -> CLIPEmbeddings:
    """The bundled model behind LangChain."""
    return CLIPEmbeddings.of(tiny)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """Three pictures and a note; to be changed."""
    pictures(tmp_path, 3)
    (tmp_path / "note.txt").write_text(NOTE, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="session")
def ray_of_two_cpus() -> Iterator[None]:
    """Ray on this machine, as two CPUs, for every test that asks for it.

    Its workers are forks of the warm server: each would import torch for itself, ten seconds on this machine.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    import ray

    with warm.servers().python() as python:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            object_store_memory=200_000_000,
            runtime_env={
                "env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                "py_executable": " ".join(python),
            },
        )
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield
        ray.shutdown()
