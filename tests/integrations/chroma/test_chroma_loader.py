"""The data loader: pictures as a person sees them, bad ones named, nothing leaked."""

import os
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.utils.data_loaders import ImageLoader
from pictures import ORIENTATION, encoded, photo
from PIL import Image

from chroma_clip_embeddings import CLIPEmbeddingFunction, CLIPImageLoader, open_collection
from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError, load_image


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    """Four small pictures."""
    paths = [tmp_path / f"{i}.png" for i in range(4)]
    for i, path in enumerate(paths):
        photo(40 + i, 30, seed=i).save(path)
    return [str(path) for path in paths]


def rotated(path: Path) -> str:
    """A phone photo: stored on its side, with an orientation that says so."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    photo(60, 40).save(path, "JPEG", exif=exif.tobytes(), quality=95)
    return str(path)


def test_a_picture_is_upright_where_the_hosts_loader_leaves_it_on_its_side(tmp_path: Path) -> None:
    path = rotated(tmp_path / "phone.jpg")
    assert ImageLoader()([path])[0].shape == (40, 60, 3)  # type: ignore[union-attr]
    (ours,) = CLIPImageLoader()([path])
    assert ours is not None
    assert ours.shape == (60, 40, 3)
    assert ours.dtype == np.uint8


def test_palette_pictures_have_their_colours_where_the_host_gives_indices(tmp_path: Path) -> None:
    path, picture = tmp_path / "palette.png", photo(40, 30)
    picture.quantize(64).save(path)
    assert ImageLoader()([str(path)])[0].ndim == 2  # type: ignore[union-attr]
    (ours,) = CLIPImageLoader()([str(path)])
    assert ours is not None
    np.testing.assert_array_equal(ours, np.asarray(picture.quantize(64).convert("RGB")))


def test_cmyk_is_rgb_where_the_host_gives_four_channels(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    photo(40, 30).convert("CMYK").save(path, "JPEG", quality=95)
    assert ImageLoader()([str(path)])[0].shape == (30, 40, 4)  # type: ignore[union-attr]
    (ours,) = CLIPImageLoader()([str(path)])
    assert ours is not None
    np.testing.assert_array_equal(ours, np.asarray(load_image(path)))


def test_file_and_data_uris_are_read_and_none_stays_none(pictures: list[str]) -> None:
    data = data_uri(Path(pictures[0]).read_bytes())
    first, middle, last = CLIPImageLoader()(uris=[Path(pictures[0]).as_uri(), None, data])
    assert middle is None
    np.testing.assert_array_equal(np.asarray(first), np.asarray(last))
    with pytest.raises(FileNotFoundError):
        ImageLoader()([Path(pictures[0]).as_uri()])
    assert CLIPImageLoader()([]) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent.png", "no such file"),
        ("folder", "is a folder"),
        ("cut.png", "cannot decode"),
        ("https://example.com/a.png", "https:// addresses are not fetched"),
    ],
)
def test_a_bad_picture_is_named_or_left_out(
    pictures: list[str], tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut.png").write_bytes(Path(pictures[0]).read_bytes()[:200])
    bad = name if "://" in name else str(tmp_path / name)
    with pytest.raises(ImageDecodeError, match=reason) as caught:
        CLIPImageLoader()([pictures[0], None, bad, pictures[1]])
    assert caught.value.index == 2
    assert name in str(caught.value)
    loaded = CLIPImageLoader(on_error="skip")([pictures[0], None, bad, pictures[1]])
    assert [item is None for item in loaded] == [False, True, True, False]


def test_no_handle_is_left_open_and_threads_are_bounded(
    pictures: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cut.png").write_bytes(Path(pictures[0]).read_bytes()[:200])
    seen: set[int] = set()
    original = CLIPImageLoader._load

    def watched(self: CLIPImageLoader, index: int, uri: str | None) -> Any:
        seen.add(threading.get_ident())
        return original(self, index, uri)

    monkeypatch.setattr(CLIPImageLoader, "_load", watched)
    loader = CLIPImageLoader(threads=3, on_error="skip")
    loader(pictures)
    seen.clear()
    handles, threads = len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208
    loader([*pictures, str(tmp_path / "cut.png")] * 20)
    assert len(os.listdir("/proc/self/fd")) == handles  # noqa: PTH208
    assert threading.active_count() == threads
    assert len(seen) <= 3


def test_settings_that_make_no_sense_are_named() -> None:
    with pytest.raises(InvalidInputError, match="on_error: got 'ignore'"):
        CLIPImageLoader(on_error="ignore")  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="threads: got 0"):
        CLIPImageLoader(threads=0)
    with pytest.raises(ImageDecodeError, match="over the limit"):
        CLIPImageLoader(max_pixels=10)([data_uri(encoded(photo(20, 20)))])


def data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{b64encode(content).decode()}"


def test_uris_are_added_searched_and_read_back(
    client: ClientAPI, tiny: CLIPEmbedder, pictures: list[str]
) -> None:
    function = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")
    collection = client.create_collection(
        "photos", embedding_function=function, data_loader=CLIPImageLoader()
    )
    collection.add(ids=["0", "1", "2", "3"], uris=pictures)
    collection.add(ids=["text"], documents=["words"])
    found = collection.query(query_uris=[pictures[2]], n_results=1, include=["distances", "data"])
    assert found["ids"] == [["2"]]
    np.testing.assert_allclose(found["distances"], [[0]], atol=1e-5)  # type: ignore[arg-type]
    got: Any = collection.get(ids=["1", "text"], include=["data", "embeddings"])
    assert got["data"][1] is None
    np.testing.assert_array_equal(got["data"][0], np.asarray(load_image(pictures[1])))
    np.testing.assert_allclose(got["embeddings"][0], tiny.embed_images([pictures[1]])[0], atol=1e-5)


def test_a_bad_uri_stores_nothing_and_a_vanished_one_is_none_on_reading(
    client: ClientAPI, tiny: CLIPEmbedder, pictures: list[str]
) -> None:
    collection = open_collection(client, "photos", embedder=tiny)
    with pytest.raises(ImageDecodeError, match=r"images\[1\].*no such file"):
        collection.add(ids=["a", "b"], uris=[pictures[0], f"{pictures[1]}.absent"])
    assert collection.count() == 0
    collection.add(ids=["a", "b"], uris=pictures[:2])
    Path(pictures[1]).unlink()
    collection._data_loader = CLIPImageLoader(on_error="skip")
    data: Any = collection.get(include=["data"])["data"]
    assert [item is None for item in data] == [False, True]
    with pytest.raises(InvalidInputError, match=r"input\[1\]: nothing to embed"):
        collection.add(ids=["c", "d"], uris=pictures[:2])
