"""Ray's door into a Chroma server: the same rows as by the doors of test_every_door.py."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from servers import running
from several_stores.doors import (
    Rows,
    by_ingest,
    check_not_stored_again,
    check_same_rows,
    client_of,
    stored,
)

from clip_embeddings import CLIPEmbedder
from ray_clip_embeddings import ingest_dataset

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ray"),
    pytest.mark.usefixtures("ray_of_two_cpus"),
]


def by_ray(files: Path, port: int, embedder: CLIPEmbedder) -> None:
    """Pictures as Ray reads them, and the notes beside them."""
    pictures = ray.data.read_binary_files(str(files), include_paths=True, file_extensions=["png"])
    notes = [{"path": str(path), "text": path.read_bytes().decode()} for path in (files / "notes").iterdir()]
    report = ingest_dataset(
        pictures.union(ray.data.from_items(notes)),
        host="127.0.0.1",
        port=port,
        collection="photos",
        bytes_column="bytes",
        uri_column="path",
        text_column="text",
        model="tiny",
        device="cpu",
        dtype="float32",
        workers=1,
    )
    assert report.failed == 0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    """The folder, and one of its pictures a second time."""
    files = Path(shutil.copytree(folder, tmp_path_factory.mktemp("twice") / "files"))
    shutil.copy(files / "scene-00.png", files / "z-again.png")
    return files


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, files: Path, tiny: CLIPEmbedder) -> Rows:
    db = tmp_path_factory.mktemp("expected") / "db"
    by_ingest(files, db, tiny)
    return stored(db)


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("server")) as (port, _):
        yield port


@pytest.fixture
def port(own_server: int) -> Iterator[int]:
    """Of a server without collections."""
    yield own_server
    client_of(own_server).delete_collection("photos")


def test_a_folder_is_the_same_rows_by_ray_and_not_stored_again_by_ingest(
    port: int, files: Path, tiny: CLIPEmbedder, expected: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Identical files are one row, the first one's: Ray keeps an order if it is told to."""
    options = ray.data.DataContext.get_current().execution_options
    monkeypatch.setattr(options, "preserve_order", True)
    of_one_file = {
        id: row._replace(metadata={key: value for key, value in row.metadata.items() if key != "uris"})
        for id, row in expected.items()
    }
    check_same_rows(by_ray, files, port, tiny, of_one_file)
    names = [Path(row.metadata["uri"]).name for row in stored(port).values()]
    assert (names.count("scene-00.png"), names.count("z-again.png")) == (1, 0)
    check_not_stored_again([by_ingest], files, port, tiny, expected)


def test_what_ingest_stored_is_not_stored_again_by_ray(
    port: int, files: Path, tiny: CLIPEmbedder, expected: Rows
) -> None:
    check_not_stored_again([by_ingest, by_ray], files, port, tiny, expected)
