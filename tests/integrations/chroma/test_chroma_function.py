"""The embedding function under Chroma's own protocol, in an embedded store, a new process and over HTTP."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import warm
from chromadb.api import ClientAPI
from chromadb.api.types import validate_embedding_function
from chromadb.utils.embedding_functions import known_embedding_functions
from safetensors.torch import load_file, save_file

from chroma_clip_embeddings import CLIPEmbeddingFunction, connect, open_collection
from clip_embeddings import (
    CLIPEmbedder,
    ClipEmbeddingsError,
    FingerprintMismatchError,
    ImageDecodeError,
    InvalidInputError,
)
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

TEXTS = ["a photo of a cat", "노을지는 바다"]
PICTURE = np.asarray(render(sample_scene(3), 96))


@pytest.fixture
def function() -> CLIPEmbeddingFunction:
    return CLIPEmbeddingFunction("tiny", device="cpu", dtype="float32")


def test_importing_the_package_registers_the_function() -> None:
    assert known_embedding_functions["clip-embeddings"] is CLIPEmbeddingFunction


def test_text_and_pictures_in_one_call_come_back_in_order(
    function: CLIPEmbeddingFunction, tiny: CLIPEmbedder
) -> None:
    rows = function([TEXTS[0], PICTURE, TEXTS[1]])
    expected = np.stack(
        [*tiny.embed_texts(TEXTS[:1]), *tiny.embed_images([PICTURE]), *tiny.embed_texts(TEXTS[1:])]
    )
    np.testing.assert_allclose(np.stack(rows), expected, atol=1e-5)
    np.testing.assert_allclose(np.stack(function.embed_query([TEXTS[0]])), expected[:1], atol=1e-5)


def test_a_path_given_as_text_is_text(
    function: CLIPEmbeddingFunction, tiny: CLIPEmbedder, tmp_path: Path
) -> None:
    path = tmp_path / "scene.png"
    render(sample_scene(3), 96).save(path)
    np.testing.assert_allclose(np.stack(function([str(path)])), tiny.embed_texts([str(path)]), atol=1e-5)


def test_the_stored_config_is_identity_only_and_makes_the_same_function() -> None:
    function = CLIPEmbeddingFunction("tiny", long_text="chunk", device="cpu", dtype="float32", batch_size=7)
    config = function.get_config()
    assert config == {"model_name": "tiny", "revision": None, "long_text": "chunk"}
    assert json.loads(json.dumps(config)) == config
    assert (
        CLIPEmbeddingFunction.build_from_config(config).embedder.fingerprint == function.embedder.fingerprint
    )


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({}, "it names no model"),
        ({"model_name": 3}, "model: got 3"),
        ({"model_name": "tiny", "long_text": "nonsense"}, "long_text: got 'nonsense'"),
        ({"model_name": "tiny", "later": [1]}, "later is of a later version; upgrade clip-embeddings"),
    ],
)
def test_building_from_any_config_never_fails_but_a_wrong_one_embeds_nothing(
    config: dict[str, Any], reason: str
) -> None:
    built = CLIPEmbeddingFunction.build_from_config(config)
    assert built.get_config() == config
    for embed in (built, built.embed_query):
        with pytest.raises(InvalidInputError, match="the embedding function on record") as caught:
            embed(["a cat"])
        assert reason in str(caught.value)


def test_a_collection_has_cosine_space_and_the_function_on_record(
    client: ClientAPI, function: CLIPEmbeddingFunction
) -> None:
    collection = client.create_collection("photos", embedding_function=function)
    stored = collection.configuration_json
    assert stored["hnsw"]["space"] == "cosine"
    assert stored["embedding_function"] == {
        "type": "known",
        "name": "clip-embeddings",
        "config": function.get_config(),
    }
    assert not function.is_legacy()


def test_documents_and_images_are_added_and_queried_by_both(
    client: ClientAPI, function: CLIPEmbeddingFunction
) -> None:
    collection = client.create_collection("photos", embedding_function=function)
    collection.add(ids=["t0", "t1"], documents=TEXTS)
    collection.add(ids=["p0"], images=[PICTURE])
    assert collection.query(query_texts=[TEXTS[1]], n_results=1)["ids"] == [["t1"]]
    assert collection.query(query_images=[PICTURE], n_results=1)["ids"] == [["p0"]]


def test_a_config_update_to_another_model_is_refused(function: CLIPEmbeddingFunction) -> None:
    old = function.get_config()
    function.validate_config_update(old, dict(old))
    with pytest.raises(InvalidInputError, match="model_name cannot change"):
        function.validate_config_update(old, {**old, "model_name": "openai/clip-vit-base-patch32"})


def test_a_persisted_collection_is_queried_in_a_new_process(
    client: ClientAPI, function: CLIPEmbeddingFunction, store_folder: Path
) -> None:
    client.create_collection("photos", embedding_function=function).add(ids=["t0", "t1"], documents=TEXTS)
    program = (
        "import sys, chromadb, chroma_clip_embeddings\n"
        "collection = chromadb.PersistentClient(sys.argv[1]).get_collection('photos')\n"
        f"print(collection.query(query_texts=[{TEXTS[1]!r}], n_results=1)['ids'])\n"
    )
    run = warm.run([sys.executable, "-c", program, str(store_folder)])
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[['t1']]"


def test_it_works_over_http(server: tuple[str, int], function: CLIPEmbeddingFunction) -> None:
    remote = connect(host=server[0], port=server[1])
    collection = remote.get_or_create_collection("over-http", embedding_function=function)
    collection.add(ids=["t0", "t1"], documents=TEXTS)
    assert remote.get_collection("over-http").query(query_texts=[TEXTS[1]], n_results=1)["ids"] == [["t1"]]


def test_the_protocol_is_complete(function: CLIPEmbeddingFunction) -> None:
    validate_embedding_function(function)
    assert function.name() == "clip-embeddings"
    assert function.default_space() == "cosine"
    assert function.supported_spaces() == ["cosine", "ip", "l2"]
    assert function.is_legacy() is False
    function.validate_config(function.get_config())
    rebuilt = CLIPEmbeddingFunction.build_from_config(function.get_config())
    assert rebuilt.get_config() == function.get_config()
    assert [row.dtype for row in function.embed_query(TEXTS)] == [np.float32, np.float32]


def test_one_string_or_one_picture_is_a_list_of_one(
    function: CLIPEmbeddingFunction, tiny: CLIPEmbedder
) -> None:
    for rows in (function(TEXTS[0]), function.embed_query(TEXTS[0])):
        np.testing.assert_allclose(np.stack(rows), tiny.embed_texts(TEXTS[:1]), atol=1e-5)
    np.testing.assert_allclose(np.stack(function(PICTURE)), tiny.embed_images([PICTURE]), atol=1e-5)


@pytest.mark.parametrize("empty", [[], (), np.zeros((0,))])
def test_nothing_to_embed_is_an_error(function: CLIPEmbeddingFunction, empty: Any) -> None:
    for call in (function, function.embed_query):
        with pytest.raises(InvalidInputError, match="no items to embed"):
            call(empty)


def test_a_bad_picture_is_named_by_its_place_in_the_call(function: CLIPEmbeddingFunction) -> None:
    with pytest.raises(ImageDecodeError, match=r"images\[2\]") as caught:
        function([TEXTS[0], PICTURE, PICTURE.astype(np.float32), TEXTS[1]])
    assert caught.value.index == 2
    with pytest.raises(InvalidInputError, match=r"input\[1\]: nothing to embed"):
        function([PICTURE, None])


def test_vectors_that_are_not_finite_never_reach_the_store(
    client: ClientAPI, copy_of: Callable[[str], Path]
) -> None:
    """Chroma itself stores NaN, and answers a NaN query with NaN distances."""
    folder = copy_of("broken")
    weights = load_file(folder / "model.safetensors")
    for name in ("text_projection.weight", "visual_projection.weight"):
        weights[name] = torch.full_like(weights[name], float("nan"))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    broken = CLIPEmbeddingFunction(str(folder), device="cpu", dtype="float32")
    collection = client.create_collection("photos", embedding_function=broken)
    for call in (
        lambda: collection.add(ids=["t"], documents=TEXTS[:1]),
        lambda: collection.upsert(ids=["p"], images=[PICTURE]),
        lambda: collection.query(query_texts=TEXTS[:1]),
        lambda: collection.query(query_images=[PICTURE]),
    ):
        with pytest.raises(ClipEmbeddingsError, match="not finite"):
            call()
    assert collection.count() == 0


def test_an_update_of_the_configuration_to_another_model_is_an_error_and_the_record_holds(
    client: ClientAPI, tiny: CLIPEmbedder
) -> None:
    """Chroma writes the new configuration before it asks the function; the fingerprint still refuses it."""
    collection = open_collection(client, "photos", embedder=tiny)
    other = CLIPEmbeddingFunction("tiny", long_text="chunk")
    with pytest.raises(InvalidInputError, match="long_text cannot change"):
        collection.modify(configuration={"embedding_function": other})
    with pytest.raises(FingerprintMismatchError):
        open_collection(client, "photos")
    assert open_collection(client, "photos", embedder=tiny).count() == 0
