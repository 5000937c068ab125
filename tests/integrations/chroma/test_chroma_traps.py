"""Each trap of the host: shown with the host's own classes, then that ours does not fall into it.

In stores on disk and over HTTP. Those that need a fresh process are in test_chroma_new_process.py, those of
the host's picture loader also in test_chroma_loader.py, that of the event loop in test_chroma_async.py.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromadb.api import ClientAPI
from chromadb.api.types import EmbeddingFunction
from chromadb.utils.data_loaders import ImageLoader
from chromadb.utils.embedding_functions import known_embedding_functions
from pictures import photo
from PIL import UnidentifiedImageError

from chroma_clip_embeddings import (
    CLIPEmbeddingFunction,
    CLIPImageLoader,
    add_items,
    open_collection,
)
from clip_embeddings import CLIPEmbedder, ClipEmbeddingsError, FingerprintMismatchError, ImageDecodeError
from clip_embeddings.models.transformers import encoder as hf
from clip_embeddings.models.transformers import loading


class Plain(EmbeddingFunction[Any]):
    """A function as a user of the host writes it: (1, 0) for a text, (0, 1) for a picture."""

    def __init__(self, value: float = 1.0) -> None:
        self.value = value

    def __call__(self, input: Any) -> Any:
        rows = [[1, 0] if isinstance(item, str) else [0, 1] for item in input]
        return [np.array(row, np.float32) * self.value for row in rows]

    @staticmethod
    def name() -> str:
        return "plain"

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> Any:
        return Plain(config["value"])

    def default_space(self) -> Any:
        return "cosine"


class Counted:
    """A function that counts its calls."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        return self.function(*arguments)


@pytest.fixture(autouse=True)
def registry() -> Any:
    """Creating a collection registers its function; the tests' own go away again."""
    before = dict(known_embedding_functions)
    yield
    known_embedding_functions.clear()
    known_embedding_functions.update(before)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_exception_while_building_turns_a_function_into_legacy(
    store: ClientAPI, unused: str, tmp_path: Path
) -> None:
    class Fragile(Plain):
        @staticmethod
        def build_from_config(config: dict[str, Any]) -> Any:
            raise OSError("the hub does not answer")

    theirs = store.create_collection(unused, embedding_function=Fragile())
    assert theirs.configuration_json["embedding_function"] == {"type": "legacy"}
    assert theirs.configuration_json["hnsw"]["space"] == "l2"

    absent = CLIPEmbeddingFunction(str(tmp_path / "no-such-model"))
    ours = store.create_collection(f"{unused}-ours", embedding_function=absent).configuration_json
    assert ours["embedding_function"]["config"]["model_name"] == str(tmp_path / "no-such-model")
    assert ours["hnsw"]["space"] == "cosine"
    with pytest.raises(ClipEmbeddingsError, match="no such folder"):  # said at first use
        store.get_collection(f"{unused}-ours").add(ids=["t"], documents=["a cat"])


def test_two_models_under_one_name_are_mixed_in_silence(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder, embedder: CLIPEmbedder
) -> None:
    store.create_collection(unused, embedding_function=Plain(1.0)).add(ids=["a"], documents=["x"])
    store.get_collection(unused, embedding_function=Plain(-1.0)).add(ids=["b"], documents=["x"])
    mixed: Any = store.get_collection(unused).query(query_texts=["x"])
    np.testing.assert_allclose(mixed["distances"], [[0, 2]], atol=1e-6)

    add_items(open_collection(store, f"{unused}-ours", embedder=tiny), ids=["a"], texts=["x"])
    ours = store.get_collection(f"{unused}-ours", embedding_function=CLIPEmbeddingFunction.of(embedder))
    with pytest.raises(FingerprintMismatchError):
        open_collection(store, f"{unused}-ours", embedder=embedder)
    with pytest.raises(FingerprintMismatchError):
        add_items(ours, ids=["b"], texts=["x"])
    assert ours.count() == 1


def test_every_write_builds_copies_but_the_weights_load_once(
    store: ClientAPI, unused: str, copy_of: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    built, loaded = Counted(CLIPEmbeddingFunction.build_from_config), Counted(loading.load_weights)
    monkeypatch.setattr(CLIPEmbeddingFunction, "build_from_config", staticmethod(built))
    monkeypatch.setattr(hf, "load_weights", loaded)
    function = CLIPEmbeddingFunction(str(copy_of("fresh")))
    collection = store.create_collection(unused, embedding_function=function)
    assert loaded.calls == 0
    collection.add(ids=["a"], documents=["x"])
    store.get_collection(unused).query(query_texts=["x"])
    store.get_collection(unused).upsert(ids=["a"], documents=["y"])
    assert built.calls >= 5
    assert loaded.calls == 1


def test_a_new_uri_leaves_the_old_vector(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    old, new = (str(tmp_path / file) for file in ("old.png", "new.png"))
    photo(40, 30, 1).save(old)
    photo(40, 30, 2).save(new)
    collection = open_collection(store, unused, embedder=tiny)

    def vector() -> Any:
        return np.asarray(collection.get(ids=["p"], include=["embeddings"])["embeddings"])[0]

    collection.add(ids=["p"], uris=[old])
    before = vector()
    collection.update(ids=["p"], uris=[new])
    np.testing.assert_array_equal(vector(), before)

    add_items(collection, ids=["p"], uris=[new])
    np.testing.assert_allclose(vector(), tiny.embed_images([new])[0], atol=1e-5)


def test_a_new_caption_takes_the_place_of_the_pictures_vector(
    store: ClientAPI, unused: str, tiny: CLIPEmbedder
) -> None:
    """That the vector stays under set_caption is shown in test_chroma_rows.py."""
    collection = open_collection(store, unused, embedder=tiny)
    add_items(collection, ids=["p"], images=[photo(40, 30)])
    collection.update(ids=["p"], documents=["the sea"])
    got = np.asarray(collection.get(ids=["p"], include=["embeddings"])["embeddings"])
    np.testing.assert_allclose(got, tiny.embed_texts(["the sea"]), atol=1e-5)


def test_one_bad_file_kills_a_batch_without_its_place(store: ClientAPI, unused: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    photo(40, 30).save(good)
    bad.write_bytes(b"no picture at all")
    function = CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")
    uris = [str(good), str(bad)]
    theirs = store.create_collection(unused, embedding_function=function, data_loader=ImageLoader())
    with pytest.raises(UnidentifiedImageError):
        theirs.add(ids=["a", "b"], uris=uris)
    ours = store.get_collection(unused, data_loader=CLIPImageLoader())
    with pytest.raises(ImageDecodeError, match=r"images\[1\].*bad\.png"):
        ours.add(ids=["a", "b"], uris=uris)
    assert add_items(ours, ids=["a", "b"], uris=uris, on_error="skip").added == 1


def test_a_query_that_is_not_a_number_is_answered(client: ClientAPI) -> None:
    """That ours refuses is shown in test_chroma_function.py with a checkpoint of NaN."""

    class Broken(Plain):
        def embed_query(self, input: Any) -> Any:
            return [np.full(2, np.nan, np.float32) for _ in input]

    collection = client.create_collection("broken", embedding_function=Broken())
    collection.add(ids=["a"], documents=["x"])
    assert np.isnan(collection.query(query_texts=["x"])["distances"]).all()  # type: ignore[arg-type]
