"""CLIPEmbedder with a calibration: every way in is calibrated alike, and one of another model is refused."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pictures import scene

from clip_embeddings import (
    CLIPEmbedder,
    EmbedderConfig,
    FingerprintMismatchError,
    InvalidInputError,
    ModalityCalibration,
)
from clip_embeddings.models.tiny import WEIGHTS
from clip_embeddings.types import LongText, Role

TEXTS = ["a photo of a cat", "노을지는 바다", ""]
LONG = "The dog ran on the beach. " * 40
SCENES = [scene(seed) for seed in (3, 4, 5)]
ROLES: tuple[Role, ...] = get_args(Role)


@pytest.mark.parametrize("role", ROLES)
async def test_every_way_in_gives_what_the_calibration_makes_of_the_raw_vectors(
    tiny: CLIPEmbedder, calibrated: CLIPEmbedder, reference: ModalityCalibration, role: Role
) -> None:
    texts = reference.apply(tiny.embed_texts(TEXTS), "text", role)
    pictures = reference.apply(tiny.embed_images(SCENES), "image", role)
    assert np.abs(texts - tiny.embed_texts(TEXTS)).max() > 0.03
    np.testing.assert_allclose(calibrated.embed_texts(TEXTS, role=role), texts, atol=1e-6)
    np.testing.assert_allclose(await calibrated.aembed_texts(TEXTS, role=role), texts, atol=1e-6)
    np.testing.assert_allclose(calibrated.embed_images(SCENES, role=role), pictures, atol=1e-6)
    np.testing.assert_allclose(await calibrated.aembed_images(SCENES, role=role), pictures, atol=1e-6)
    rows = [batch.embeddings for batch in calibrated.iter_images(SCENES, role=role)]
    np.testing.assert_allclose(np.concatenate(rows), pictures, atol=1e-6)


def test_a_document_and_a_query_differ_and_a_document_is_the_default(calibrated: CLIPEmbedder) -> None:
    texts = [calibrated.embed_texts(TEXTS, role=role) for role in ROLES]
    pictures = [calibrated.embed_images(SCENES, role=role) for role in ROLES]
    for document, query in (texts, pictures):
        assert np.abs(document - query).max() > 0.01
    np.testing.assert_array_equal(calibrated.embed_texts(TEXTS), texts[0])
    np.testing.assert_array_equal(calibrated.embed_images(SCENES), pictures[0])


@pytest.mark.parametrize("role", ROLES)
def test_the_windows_of_a_long_text_are_averaged_raw_and_calibrated_once(
    tiny: CLIPEmbedder, reference: ModalityCalibration, role: Role
) -> None:
    raw = CLIPEmbedder("tiny", long_text="chunk", device="cpu", dtype="float32")
    chunked = raw.with_calibration(reference)
    assert np.abs(raw.embed_texts([LONG]) - tiny.embed_texts(["The dog ran on the beach."])).max() > 1e-4
    expected = reference.apply(raw.embed_texts([LONG, "a cat"]), "text", role)
    np.testing.assert_allclose(chunked.embed_texts([LONG, "a cat"], role=role), expected, atol=1e-6)


def test_nothing_to_embed_gives_no_rows_and_a_bad_picture_is_still_reported(calibrated: CLIPEmbedder) -> None:
    assert calibrated.embed_texts([]).shape == (0, 128)
    assert calibrated.embed_images([]).shape == (0, 128)
    (batch,) = calibrated.iter_images([SCENES[0], b"no picture"])
    assert batch.embeddings.shape == (1, 128)
    assert [failure.index for failure in batch.failures] == [1]


def test_similarity_is_of_raw_vectors(tiny: CLIPEmbedder, calibrated: CLIPEmbedder) -> None:
    np.testing.assert_allclose(
        calibrated.similarity(SCENES, TEXTS), tiny.similarity(SCENES, TEXTS), atol=1e-6
    )


def test_a_calibration_may_be_itself_a_path_or_a_string(
    tiny: CLIPEmbedder, reference: ModalityCalibration, tmp_path: Path
) -> None:
    path = tmp_path / "calibration.json"
    reference.save(path)
    same = [tiny.with_calibration(given) for given in (reference, path, str(path), "reference")]
    assert {each.calibration for each in same} == {reference}
    assert len({each.fingerprint for each in same}) == 1
    assert tiny.with_calibration(None).calibration is None


def test_the_fingerprint_tells_raw_from_calibrated_and_one_calibration_from_another(
    tiny: CLIPEmbedder, calibrated: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    centred = tiny.with_calibration(replace(reference, levels={}))
    elsewhere = tiny.with_calibration(replace(reference, source="the same, from elsewhere"))
    assert len({tiny.fingerprint, calibrated.fingerprint, centred.fingerprint}) == 3
    assert elsewhere.fingerprint == calibrated.fingerprint
    assert calibrated.with_calibration(None).fingerprint == tiny.fingerprint
    assert len({each.model_fingerprint for each in (tiny, calibrated, centred)}) == 1


@pytest.mark.parametrize("policy", get_args(LongText))
def test_one_calibration_serves_every_long_text_policy(
    policy: LongText, reference: ModalityCalibration
) -> None:
    embedder = CLIPEmbedder("tiny", long_text=policy, calibration=reference)
    assert embedder.calibration is reference
    assert embedder.fingerprint != CLIPEmbedder("tiny", long_text=policy).fingerprint


def test_a_calibration_of_another_model_is_refused_at_first_use_and_both_are_named(
    embedder: CLIPEmbedder, tiny: CLIPEmbedder, reference: ModalityCalibration
) -> None:
    wrong = embedder.with_calibration(reference)
    for use in (
        lambda: wrong.calibration,
        lambda: wrong.fingerprint,
        lambda: wrong.embed_texts(["a cat"]),
        lambda: wrong.embed_images([SCENES[0]]),
    ):
        with pytest.raises(FingerprintMismatchError) as caught:
            use()
        for part in (reference.id, reference.model, embedder.model_fingerprint, embedder.config.model):
            assert part in str(caught.value)
    # What needs no calibrated vector does not look at it.
    assert wrong.model_fingerprint == embedder.model_fingerprint
    assert wrong.similarity([SCENES[0]], ["a cat"]).shape == (1, 1)


def test_a_model_that_ships_none_says_so(embedder: CLIPEmbedder) -> None:
    with pytest.raises(InvalidInputError, match=r"ships with no reference calibration\. Measure one"):
        embedder.with_calibration("reference").embed_texts(["a cat"])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("absent.json", r"calibration 'absent\.json' cannot be read: No such file"),
        (Path("absent.json"), r"calibration 'absent\.json' cannot be read: No such file"),
        (str(WEIGHTS), "cannot be read: Is a directory"),
        (WEIGHTS / "config.json", r"config\.json': is not a calibration"),
        (WEIGHTS / "model.safetensors", r"model\.safetensors' cannot be read: is not text"),
    ],
)
def test_a_path_of_something_else_is_refused_at_first_use(
    tiny: CLIPEmbedder, given: str | Path, message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        tiny.with_calibration(given).embed_texts(["a cat"])


@pytest.mark.parametrize("given", ["", "  ", 7, {"means": {}}, b"path", np.zeros(3)])
def test_what_is_no_calibration_is_refused_at_once(given: object) -> None:
    with pytest.raises(
        InvalidInputError, match=r"calibration: got .*; expected a ModalityCalibration, the path"
    ):
        CLIPEmbedder("tiny", calibration=given)  # type: ignore[arg-type]


def test_a_config_makes_the_same_embedder_again(calibrated: CLIPEmbedder, tmp_path: Path) -> None:
    assert calibrated.calibration is not None
    calibrated.calibration.save(tmp_path / "one.json")
    for given in ("reference", calibrated.calibration, tmp_path / "one.json"):
        config = EmbedderConfig(model="tiny", calibration=given, dtype="float32", device="cpu")
        again = CLIPEmbedder.from_config(config)
        assert again.config == config
        assert again.fingerprint == calibrated.fingerprint
        assert "calibration" not in config.identity()  # it is stored whole, beside the rest


def test_the_fingerprint_of_a_calibrated_model_needs_no_torch(calibrated: CLIPEmbedder) -> None:
    code = (
        "import sys; from clip_embeddings import CLIPEmbedder;"
        "e = CLIPEmbedder('tiny', calibration='reference'); print(e.fingerprint, e.calibration.id);"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert calibrated.calibration is not None
    assert result.stdout.split() == [calibrated.fingerprint, calibrated.calibration.id]
