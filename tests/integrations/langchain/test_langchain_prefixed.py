"""PrefixedImageEmbeddings: pictures under a prefix and inside the roots, and nothing else is opened."""

import os
from pathlib import Path

import pytest
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_stores import pictures

from clip_embeddings import CLIPEmbedder, ImageDecodeError, InvalidInputError
from langchain_clip_embeddings import CLIPEmbeddings, PrefixedImageEmbeddings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "allowed"
    folder.mkdir()
    return folder


@pytest.fixture
def prefixed(tiny: CLIPEmbedder, root: Path) -> PrefixedImageEmbeddings:
    return PrefixedImageEmbeddings(CLIPEmbeddings.of(tiny), roots=[root])


def test_marked_documents_are_pictures_and_the_rest_is_text(
    prefixed: PrefixedImageEmbeddings, tiny: CLIPEmbedder, root: Path
) -> None:
    uris = pictures(root, 2)
    rows = prefixed.embed_documents(["a cat", f"image:{uris[0]}", uris[1], f"image:{uris[1]}"])
    assert rows[1] == pytest.approx(tiny.embed_images(uris[:1])[0].tolist(), abs=1e-6)
    assert rows[3] == pytest.approx(tiny.embed_images(uris[1:])[0].tolist(), abs=1e-6)
    for i, text in ((0, "a cat"), (2, uris[1])):
        assert rows[i] == pytest.approx(tiny.embed_texts([text])[0].tolist(), abs=1e-6)


async def test_a_query_is_always_text(
    prefixed: PrefixedImageEmbeddings, tiny: CLIPEmbedder, root: Path
) -> None:
    (uri,) = pictures(root, 1)
    want = tiny.embed_texts([f"image:{uri}"])[0].tolist()
    assert prefixed.embed_query(f"image:{uri}") == want
    assert await prefixed.aembed_query(f"image:{uri}") == want


async def test_it_puts_pictures_into_a_store_that_knows_only_text(
    prefixed: PrefixedImageEmbeddings, root: Path
) -> None:
    uris = pictures(root, 3)
    store = await InMemoryVectorStore.afrom_texts(["a note", *(f"image:{uri}" for uri in uris)], prefixed)
    vector = prefixed.embeddings.embed_image(uris[1:2])[0]
    assert store.similarity_search_by_vector(vector, k=1)[0].page_content == f"image:{uris[1]}"


def test_a_path_that_leaves_the_roots_is_refused_before_anything_is_opened(
    prefixed: PrefixedImageEmbeddings, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (outside,) = pictures(root.parent, 1)
    (root / "link.png").symlink_to(outside)
    (root / "folder").symlink_to(root.parent)
    sibling = root.parent / "allowed-too"
    sibling.mkdir()
    (twin,) = pictures(sibling, 1)
    monkeypatch.setattr(CLIPEmbeddings, "embed_image", lambda *_: pytest.fail("a picture was opened"))
    monkeypatch.chdir(root.parent)
    for name in (
        outside,
        f"{root}/../{Path(outside).name}",
        str(root / "link.png"),
        str(root / "folder" / Path(outside).name),
        os.path.relpath(outside),
        twin,
        f"file://{outside}",
        "data:image/png;base64,AAAA",
        "https://example.org/a.png",
        "\0",
        "",
    ):
        with pytest.raises(InvalidInputError, match=r"texts\[1\].*(outside of the folders|not a path)"):
            prefixed.embed_documents(["a cat", f"image:{name}"])


def test_an_unreadable_picture_is_named_by_its_place_among_all(
    prefixed: PrefixedImageEmbeddings, root: Path
) -> None:
    (uri,) = pictures(root, 1)
    with pytest.raises(ImageDecodeError, match=r"gone\.png.*no such file") as caught:
        prefixed.embed_documents(["a", f"image:{uri}", "b", f"image:{root / 'gone.png'}"])
    assert caught.value.index == 3


def test_roots_and_prefix_must_be_given(tiny: CLIPEmbedder, root: Path) -> None:
    embeddings = CLIPEmbeddings.of(tiny)
    with pytest.raises(InvalidInputError, match="roots: got none"):
        PrefixedImageEmbeddings(embeddings, roots=[])
    with pytest.raises(InvalidInputError, match="is not a folder"):
        PrefixedImageEmbeddings(embeddings, roots=[root / "nothing"])
    with pytest.raises(InvalidInputError, match="prefix: got ' '"):
        PrefixedImageEmbeddings(embeddings, roots=[root], prefix=" ")
