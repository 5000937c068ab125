"""Of a file of several pictures the first is stored, and the report counts such files."""

import json
from collections.abc import Callable
from pathlib import Path

import chromadb
import pytest
from pictures import encoded, photo
from PIL import Image
from stored import write_picture
from typer.testing import CliRunner

from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder
from clip_embeddings_app.cli.app import app

FRAMES = [Image.new("RGB", (40, 30), "white"), photo(40, 30, 1), photo(40, 30, 2)]
Frames = list[Image.Image]


@pytest.fixture
def collection(tmp_path: Path, tiny: CLIPEmbedder) -> chromadb.Collection:
    return open_collection(connect(tmp_path / "db"), "pictures", embedder=tiny)


def write(kind: str) -> Callable[[Frames], bytes]:
    def written(frames: Frames) -> bytes:
        first, *others = (frame.copy() for frame in frames)  # saving leaves options behind in some
        return encoded(first, kind, save_all=True, append_images=others)

    return written


def psd(frames: Frames) -> bytes:
    """Photoshop's head, two layers and the picture of both."""
    layer = bytes(16) + b"\0\0" + b"8BIMnorm" + b"\xff\0\0\0" + bytes(4)
    layers = b"\0\2" + layer * 2
    layers = len(layers).to_bytes(4, "big") + layers
    head = (
        b"8BPS\0\1" + bytes(6) + b"\0\3" + (30).to_bytes(4, "big") + (40).to_bytes(4, "big") + b"\0\x08\0\3"
    )
    pixels = b"\0\0" + b"".join(band.tobytes() for band in frames[0].split())
    return head + bytes(8) + len(layers).to_bytes(4, "big") + layers + pixels


SEVERAL: dict[str, tuple[str, Callable[[Frames], bytes]]] = {
    "an animated GIF": ("a.gif", write("GIF")),
    "an animation that is named as a photo": ("a.jpg", write("GIF")),
    "a picture of several of a phone": ("b.jpg", write("MPO")),
    "an animated PNG": ("a.png", write("PNG")),
    "an animated WebP": ("a.webp", write("WEBP")),
    "a TIFF of three pages": ("a.tif", write("TIFF")),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_the_first_of_several_is_stored_and_counted(
    collection: chromadb.Collection, tmp_path: Path, tiny: CLIPEmbedder, kind: str
) -> None:
    name, make = SEVERAL[kind]
    path = tmp_path / "files" / name
    write_picture(tmp_path / "files" / "other.png", 1)
    path.write_bytes(make(FRAMES))
    report = ingest([path.parent], collection)
    assert (report.images, report.first_of_several, report.failures) == (2, 1, [])
    assert "1 of those the first of several pictures in a file" in str(report)
    stored = collection.get(where={"uri": str(path)}, include=["embeddings"])["embeddings"]
    assert stored is not None
    assert (tiny.embed_images(FRAMES[:1])[0] @ stored[0]) > 0.999
    assert ingest([path.parent], collection).first_of_several == 0  # nothing was added


@pytest.mark.parametrize("kind", SEVERAL)
def test_a_file_of_one_picture_is_not_counted(
    collection: chromadb.Collection, tmp_path: Path, kind: str
) -> None:
    name, make = SEVERAL[kind]
    (tmp_path / name).write_bytes(make(FRAMES[1:2]))
    report = ingest([tmp_path / name], collection)
    assert (report.images, report.first_of_several) == (1, 0)


def test_layers_are_all_in_the_picture_and_a_broken_file_gives_none(
    collection: chromadb.Collection, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "layers.psd").write_bytes(psd(FRAMES))
    (folder / "cut.gif").write_bytes(encoded(photo(200, 200), "GIF", save_all=True)[:600])
    (folder / "cut.webp").write_bytes(write("WEBP")(FRAMES)[:120])
    report = ingest([folder], collection)
    assert (report.images, report.first_of_several, len(report.failures)) == (1, 0, 2)


def test_the_command_line_shows_it(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(write("GIF")(FRAMES))
    command = ["ingest", str(tmp_path / "a.gif"), "--model", "tiny", "--db"]
    shown = CliRunner().invoke(app, [*command, str(tmp_path / "one")])
    assert shown.exit_code == 0, shown.output
    assert "first of several pictures in a file" in shown.output
    record = json.loads(CliRunner().invoke(app, [*command, str(tmp_path / "two"), "--json"]).stdout)
    assert (record["images"], record["first_of_several"]) == (1, 1)
