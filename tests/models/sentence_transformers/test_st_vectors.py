"""Vectors are those of sentence-transformers itself, alone and in batches, for both roles."""

import json
import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import ORIENTATION, photo
from PIL import Image
from reference import row_cosines

from clip_embeddings import CLIPEmbedder, TextTooLongError, TruncationWarning
from clip_embeddings.inputs.images import load_image
from clip_embeddings.types import Role

Ours = Callable[..., CLIPEmbedder]
KINDS = ("clip", "siglip", "chat")
TEXTS = ["a cat", "two dogs on the beach at sunset", "고양이가 해변에 있다", "", "the quick brown fox"]
ROLES: tuple[Role, ...] = ("query", "document")
LONG = "a cat on the beach. " * 60
PADDED = {"text": {"padding": "max_length", "max_length": 64, "return_attention_mask": False}}


class Theirs:
    """The library as its documentation shows it, with each item named as what it is."""

    def __init__(self, folder: Path, kind: str) -> None:
        from sentence_transformers import SentenceTransformer

        self.model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        self.options = {"processing_kwargs": PADDED} if kind == "siglip" else {}

    def encode(self, items: list[dict[str, Any]], role: Role) -> NDArray[np.float32]:
        call = self.model.encode_query if role == "query" else self.model.encode_document
        rows: NDArray[np.float32] = call(items, normalize_embeddings=True, **self.options)
        return rows


def alone(embed: Callable[..., NDArray[np.float32]], items: list[Any], role: Role) -> NDArray[np.float32]:
    return np.concatenate([embed([item], role=role) for item in items])


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", KINDS)
def test_texts_and_pictures_have_their_vectors(
    folders: dict[str, Path], ours: Ours, kind: str, role: Role
) -> None:
    theirs, embedder = Theirs(folders[kind], kind), ours(kind, batch_size=3)
    turned = photo(64, 40, seed=2)
    turned.getexif()[ORIENTATION] = 6
    pictures = [photo(40, 30), photo(30, 80, seed=1).convert("L"), photo(50, 50).convert("RGBA"), turned]
    texts = theirs.encode([{"text": text} for text in TEXTS], role)
    images = theirs.encode([{"image": load_image(picture)} for picture in pictures], role)
    for found, expected in (
        (embedder.embed_texts(TEXTS, role=role), texts),
        (alone(embedder.embed_texts, TEXTS, role), texts),
        (embedder.embed_images(pictures, role=role), images),
        (alone(embedder.embed_images, pictures, role), images),
    ):
        assert row_cosines(found, expected).min() >= 0.99999
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert np.triu(images @ images.T, 1).min() < 0.999
    assert embedder.dimension == images.shape[1]


def test_roles_have_prompts_of_their_own(ours: Ours) -> None:
    prompted, plain = ours("chat"), ours("clip")
    assert row_cosines(prompted.embed_texts(TEXTS, role="query"), prompted.embed_texts(TEXTS)).max() < 0.999
    assert np.array_equal(plain.embed_texts(TEXTS, role="query"), plain.embed_texts(TEXTS))


def test_siglip_and_clip_have_the_vectors_that_this_library_gives_them(
    folders: dict[str, Path], ours: Ours
) -> None:
    for kind in ("clip", "siglip"):
        native = CLIPEmbedder(folders[kind], device="cpu", dtype="float32")
        through = ours(kind)
        assert row_cosines(through.embed_texts(TEXTS), native.embed_texts(TEXTS)).min() >= 0.99999
        pictures = [photo(40, 30), photo(30, 80, seed=1)]
        assert row_cosines(through.embed_images(pictures), native.embed_images(pictures)).min() >= 0.99999
        assert (through.scoring, through.context) == (native.scoring, native.context)
        assert through.fingerprint != native.fingerprint


def test_a_clip_in_a_subfolder_as_older_releases_wrote_it_has_the_same_vectors(
    folders: dict[str, Path], ours: Ours, tmp_path: Path
) -> None:
    shutil.copytree(folders["clip"], tmp_path / "0_CLIPModel")
    kind = "sentence_transformers.models.CLIPModel"
    modules = [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": kind}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    older = ours(tmp_path)
    assert older.dimension == ours("clip").dimension
    assert row_cosines(older.embed_texts(TEXTS), ours("clip").embed_texts(TEXTS)).min() >= 0.99999
    pictures = [photo(40, 30)]
    assert row_cosines(older.embed_images(pictures), ours("clip").embed_images(pictures)).min() >= 0.99999
    assert older.context == 77


@pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")  # a folder's name is long
@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_is_a_file_or_an_address_is_never_opened(
    folders: dict[str, Path], ours: Ours, kind: str, tmp_path: Path
) -> None:
    picture = tmp_path / "cat.png"
    photo(40, 30).save(picture)
    asked = list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    texts = [str(picture), f"http://127.0.0.1:{server.server_port}/cat.png", "data:image/png;base64,AAAA"]
    try:
        vectors = ours(kind).embed_texts(texts)
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []
    expected = Theirs(folders[kind], kind).encode([{"text": text} for text in texts], "document")
    assert row_cosines(vectors, expected).min() >= 0.99999
    assert row_cosines(vectors[:1], ours(kind).embed_images([picture])).max() < 0.99


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_text_is_cut_with_a_warning_averaged_or_refused(ours: Ours, kind: str) -> None:
    with pytest.warns(TruncationWarning, match="1 of 2 texts are longer than"):
        cut = ours(kind).embed_texts([LONG, "a cat"])
    with pytest.raises(TextTooLongError, match=r"texts\[0\] has \d+ tokens"):
        ours(kind, long_text="error").embed_texts([LONG])
    chunked = ours(kind, long_text="chunk")
    averaged = chunked.embed_texts([LONG, "a cat"])
    assert row_cosines(averaged[1:], cut[1:]).min() >= 0.99999
    passages = chunked.split_text(LONG)
    assert len(passages) > 1
    assert "".join(passage.text for passage in passages).replace(" ", "") == LONG.replace(" ", "")
    strict = ours(kind, long_text="error")
    parts = strict.embed_texts([passage.text for passage in passages])  # each fits
    assert row_cosines(averaged[:1], parts.mean(axis=0, keepdims=True)).min() >= 0.98


def test_cut_vectors_are_the_first_numbers_at_unit_length(ours: Ours) -> None:
    whole, cut = ours("chat"), ours("chat", truncate_dim=8)
    for found, full in (
        (cut.embed_texts(TEXTS), whole.embed_texts(TEXTS)),
        (cut.embed_images([photo(40, 30)]), whole.embed_images([photo(40, 30)])),
    ):
        expected = full[:, :8] / np.linalg.norm(full[:, :8], axis=1, keepdims=True)
        assert found.shape[1] == cut.dimension == 8
        assert np.allclose(found, expected, atol=1e-6)
    assert cut._encoder is whole._encoder  # the weights are in memory once
    assert len({whole.fingerprint, cut.fingerprint, ours("chat", truncate_dim=16).fingerprint}) == 3


def test_a_copy_shares_the_weights_and_threads_get_what_one_gets(ours: Ours) -> None:
    embedder = ours("chat")
    expected = embedder.embed_texts(TEXTS)
    copy = pickle.loads(pickle.dumps(embedder))
    assert copy._encoder is embedder._encoder
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(copy.embed_texts, [TEXTS] * 8):
            assert row_cosines(found, expected).min() >= 0.99999


def test_half_precision_stays_close(ours: Ours) -> None:
    half = ours("clip", dtype="bfloat16")
    assert half.dtype == "bfloat16"
    assert row_cosines(half.embed_texts(TEXTS), ours("clip").embed_texts(TEXTS)).min() >= 0.995
    picture = [Image.new("RGB", (40, 30), "red")]
    assert row_cosines(half.embed_images(picture), ours("clip").embed_images(picture)).min() >= 0.995
