"""Hubs: rows that are near to every query are held back, inside a vector that any store ranks by cosine."""

import json
import zlib
from base64 import b64encode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clip_embeddings import CalibrationEstimator, InvalidInputError, ModalityCalibration
from clip_embeddings.calibration.bank import Bank
from clip_embeddings.calibration.hubs import Hubs, spare_direction
from clip_embeddings.similarity import l2_normalize
from clip_embeddings.types import Embeddings, Modality

D, N = 48, 600
MODALITIES: tuple[Modality, Modality] = ("text", "image")


def vectors(seed: int, count: int = N) -> dict[Modality, Embeddings]:
    """Texts and pictures of the same things, apart by a gap; two of the dimensions carry next to nothing."""
    random = np.random.default_rng(seed)
    things = random.normal(size=(count, D)) * np.linspace(1, 0.3, D)
    things[:, -2:] *= 1e-3
    rows: dict[Modality, Embeddings] = {}
    for sign, name, noise in ((-1, "text", 0.5), (1, "image", 0.3)):
        own = things + noise * random.normal(size=(count, D)) * (np.arange(D) < D - 2)
        own[:, 0] += 4 * sign
        rows["text" if name == "text" else "image"] = l2_normalize(own.astype(np.float32))
    return rows


def estimator(rows: dict[Modality, Embeddings]) -> CalibrationEstimator:
    made = CalibrationEstimator()
    for name in MODALITIES:
        made.add(rows[name], name)
    return made


@pytest.fixture(scope="module", params=[False, True], ids=["files", "pairs"])
def hubbed(request: pytest.FixtureRequest) -> ModalityCalibration:
    made = estimator(vectors(0)).calibration("model", paired=request.param)
    assert made.hubs
    assert (made.hubs.noise is not None) == request.param
    return made


@pytest.mark.parametrize("modality", MODALITIES)
def test_what_it_does_can_be_taken_back(hubbed: ModalityCalibration, modality: Modality) -> None:
    raw = vectors(1)[modality]
    stored = hubbed.apply(raw, modality)
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(hubbed.invert(stored, modality), raw, atol=2e-6)
    assert np.abs(stored - replace(hubbed, hubs=None).apply(raw, modality)).max() > 0.05


def test_a_score_is_that_without_hubs_less_a_share_of_what_the_row_is_too_near() -> None:
    made = estimator(vectors(0)).calibration("model")
    hubs = made.hubs
    assert hubs
    plain, rows, asked = replace(made, hubs=None), vectors(1)["image"], vectors(2)["text"][:50]
    scores = made.apply(asked, "text", "query") @ made.apply(rows, "image").T
    before = plain.apply(rows, "image")
    across = l2_normalize(before - np.outer(before @ hubs.spare, hubs.spare))
    near = np.sort(across @ plain.apply(vectors(0)["text"], "text", "query").T, axis=1)[:, -10:-1].mean(
        axis=1
    )
    expected = plain.apply(asked, "text", "query") @ before.T - hubs.weight * np.maximum(
        near - near.mean(), 0
    )
    # Both vectors are made unit length again, so it is nearly so, and the order is what counts.
    ranks = [np.argsort(np.argsort(each, axis=1), axis=1) for each in (scores, expected)]
    assert np.mean([np.corrcoef(*pair)[0, 1] for pair in zip(*ranks, strict=True)]) > 0.99


def subjects(seed: int) -> dict[Modality, Embeddings]:
    """Ten subjects; each text and picture is a little of its own and, by a tenth, of one whole subject."""
    centres = np.random.default_rng(99).normal(size=(10, D)).astype(np.float32)
    made = vectors(seed)
    own = 0.12 * np.repeat(centres, N // 10, axis=0) * (np.arange(D) < D - 2)
    return {name: l2_normalize(rows + own) for name, rows in made.items()}


def test_a_hub_is_found_less_and_what_answers_is_found_more() -> None:
    made = estimator(subjects(0)).calibration("model")
    fresh = subjects(3)
    texts = fresh["text"].copy()
    middles = texts.reshape(10, -1, D).mean(axis=1)
    texts[:: N // 10] = l2_normalize(middles)  # one of each subject says nothing of its own
    hubs = np.arange(N) % (N // 10) == 0
    found, right = [], []
    for calibration in (replace(made, hubs=None), made):
        asked = calibration.apply(fresh["image"], "text", "query")  # other texts about the same things
        best = np.argsort(-(asked @ calibration.apply(texts, "text").T), axis=1)
        found.append(float(hubs[best[~hubs, :3]].any(axis=1).mean()))
        right.append(float((best[~hubs, 0] == np.flatnonzero(~hubs)).mean()))
    assert found[0] > 0.5
    assert found[1] < 0.1
    assert right[1] >= right[0]


def test_a_query_that_prefers_one_modality_is_evened_out_where_pairs_were_measured() -> None:
    rows, fresh = vectors(0), vectors(4)
    everywhere = np.eye(D, dtype=np.float32)[1]
    for each in (rows, fresh):  # half of the pictures have something that no text speaks of, but queries do
        each["image"] = l2_normalize(each["image"] + 0.6 * everywhere * (np.arange(N) % 2)[:, None])
    asked = l2_normalize(fresh["text"] + 0.6 * everywhere)
    shares = []
    for paired in (False, True):
        made = estimator(rows).calibration("model", paired=paired)
        stored = np.concatenate([made.apply(fresh[name], name) for name in MODALITIES])
        best = np.argsort(-(made.apply(asked, "text", "query") @ stored.T), axis=1)[:, 1:10]
        shares.append(float((best >= N).mean()))
    assert shares[0] > 0.8
    assert abs(shares[1] - 0.5) < 0.15


def test_it_is_left_out_where_it_cannot_be_measured() -> None:
    few = estimator(vectors(0, 499)).calibration("model")
    assert few.hubs is None
    assert few.levels["document", "text"] or few.levels["document", "image"]
    whole = estimator(vectors(0))
    assert whole.calibration("model", hubs=False).hubs is None
    assert whole.calibration("model", level=False).hubs is None
    random = np.random.default_rng(0)
    full: dict[Modality, Embeddings] = {
        name: l2_normalize(random.normal(size=(N, D)).astype(np.float32)) for name in MODALITIES
    }
    assert estimator(full).calibration("model").hubs is None  # every direction carries as much


def test_a_direction_that_is_empty_for_want_of_rows_is_not_spare() -> None:
    random = np.random.default_rng(0)
    rows = l2_normalize(random.normal(size=(200, 400)).astype(np.float32))
    gap = np.eye(400, dtype=np.float32)[0]
    assert spare_direction(rows, gap) is None
    few = rows.reshape(-1, 40)
    few[:, 7] = 0
    spare = spare_direction(l2_normalize(few), gap[:40])
    assert spare is not None
    assert spare[7] == pytest.approx(1)


def test_a_file_holds_it_exactly_and_older_files_stay_as_they_are(
    hubbed: ModalityCalibration, tmp_path: Any
) -> None:
    hubbed.save(tmp_path / "c.json")
    again = ModalityCalibration.load(tmp_path / "c.json")
    assert again == hubbed
    assert again.to_record() == hubbed.to_record()
    raw = vectors(1)["text"]
    assert (again.apply(raw, "text") == hubbed.apply(raw, "text")).all()
    assert hubbed.to_record()["version"] == 2
    without = replace(hubbed, hubs=None)
    assert without.to_record()["version"] == 1
    assert "hubs" not in without.to_record()
    assert without != hubbed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda hubs: hubs.pop("spare"), "is not a calibration"),
        (lambda hubs: hubs.update(axes="AAAA"), "is not a calibration"),
        (lambda hubs: hubs.update(along="2.0"), "along between 0 and 1"),
        (lambda hubs: hubs.update(weight="nan"), "expected finite numbers"),
        (lambda hubs: hubs["usual"].update(text="0.1"), "is damaged"),
        (lambda hubs: hubs.update(steps=["0", "1"]), "expected numbers above 0"),
        (lambda hubs: hubs["rows"].pop("text"), "a bank of "),
        (lambda hubs: hubs.update(noise="0.1", rows={"text": hubs["rows"]["text"]}), "with noise image too"),
    ],
)
def test_a_record_whose_hubs_are_damaged_is_refused(
    hubbed: ModalityCalibration, change: Any, message: str
) -> None:
    record = json.loads(json.dumps(hubbed.to_record()))
    change(record["hubs"])
    with pytest.raises(InvalidInputError, match=message):
        ModalityCalibration.from_record(record)


def test_numbers_that_unpack_to_no_end_are_refused(hubbed: ModalityCalibration) -> None:
    record = json.loads(json.dumps(hubbed.to_record()))
    record["hubs"]["rows"]["text"] = b64encode(zlib.compress(bytes(2**24 + 1), 9)).decode()
    with pytest.raises(InvalidInputError, match="more than 16,777,216 whole numbers"):
        ModalityCalibration.from_record(record)


def test_shapes_that_do_not_fit_are_refused(hubbed: ModalityCalibration) -> None:
    hubs = hubbed.hubs
    assert hubs
    with pytest.raises(InvalidInputError, match="spare direction"):
        replace(hubs, spare=hubs.spare[:-1])
    with pytest.raises(InvalidInputError, match="a bank of shapes"):
        Bank(hubs.bank.axes, {name: rows[:1] for name, rows in hubs.bank.rows.items()}, 1.0, 1.0)
    fault = "texts below pictures" if hubs.noise else "with noise image too"
    with pytest.raises(InvalidInputError, match=fault):
        Hubs(hubs.spare, hubs.bank, hubs.usual, {"text": 0.2, "image": 0.1}, noise=0.1)
    other = {kind: np.zeros(D + 1, np.float32) for kind in hubbed.means}
    with pytest.raises(InvalidInputError, match="expected one vector of D each"):
        ModalityCalibration("model", other, {}, {}, hubs=hubs)
