"""The modality gap in numbers: what a report says of a gap that is known, and of the bundled model's."""

import json
import random

import numpy as np
import pytest
from numpy.typing import NDArray

from clip_embeddings import (
    CalibrationEstimator,
    CLIPEmbedder,
    InvalidInputError,
    ModalityCalibration,
    explain_vectors,
    l2_normalize,
)
from clip_embeddings.scenes.captions import caption
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes

Rows = NDArray[np.float32]


def cones(gap: float, number: int = 400) -> tuple[Rows, Rows]:
    """Texts and pictures around two centres that lie `gap` apart before their rows are made unit length."""
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(2, number, 32)) / np.sqrt(32)
    rows[0, :, 0] -= gap / 2
    rows[1, :, 0] += gap / 2
    return l2_normalize(rows[0]), l2_normalize(rows[1])


def calibration_of(texts: Rows, images: Rows) -> ModalityCalibration:
    estimator = CalibrationEstimator()
    estimator.add(texts, "text")
    estimator.add(images, "image")
    return estimator.calibration("cones")


@pytest.fixture(scope="module")
def drawn(tiny: CLIPEmbedder) -> tuple[Rows, Rows]:
    """Captions in both languages and their scenes by the bundled model; nothing was measured on these."""
    shown, rng = list(scenes(910_000, 100)), random.Random(5)
    texts = [caption(scene, language, rng, full=True).text for scene in shown for language in ("en", "ko")]
    return tiny.embed_texts(texts), tiny.embed_images([render(scene) for scene in shown])


def test_a_gap_hides_pictures_from_text_queries_and_the_calibration_brings_them_back() -> None:
    texts, images = cones(1.5)
    report = explain_vectors(texts, images, calibration=calibration_of(texts, images))
    assert report.after is not None
    assert report.before.gap == pytest.approx(
        np.linalg.norm(texts.mean(axis=0) - images.mean(axis=0)), abs=1e-5
    )
    assert report.before.exposure["text"] < 0.01
    assert report.before.exposure["image"] == pytest.approx(
        2, abs=0.01
    )  # nothing but pictures, of which half are
    assert report.after.gap < 0.05
    assert report.after.exposure["text"] == pytest.approx(1, abs=0.1)
    assert report.after.exposure["image"] == pytest.approx(1, abs=0.1)


def test_where_there_is_no_gap_pictures_have_their_share_of_the_top_whatever_it_is() -> None:
    texts, images = cones(0)
    for pictures in (400, 100, 40):
        report = explain_vectors(texts, images[:pictures])
        assert report.after is None
        assert report.before.exposure["text"] == pytest.approx(1, abs=0.15)


def test_the_bundled_models_gap_is_seen_and_its_reference_closes_it(
    drawn: tuple[Rows, Rows], tiny: CLIPEmbedder
) -> None:
    report = explain_vectors(*drawn, calibration=tiny.with_calibration("reference").calibration)
    assert report.after is not None
    assert report.before.gap > 0.6
    assert report.after.gap < 0.2
    assert report.before.exposure["text"] < 0.3
    assert 0.7 < report.after.exposure["text"] < 1.3
    raw = report.before.scores
    assert raw["text", "image"].median < raw["text", "text"].median


def test_the_plane_parts_the_modalities_before_and_mixes_them_after() -> None:
    texts, images = cones(1.5)
    report = explain_vectors(texts, images, calibration=calibration_of(texts, images))
    assert report.after is not None
    before, after = report.before.plane, report.after.plane
    assert before["text"].shape == (400, 2)
    assert before["text"][:, 0].max() < before["image"][:, 0].min()
    assert abs(after["text"][:, 0].mean() - after["image"][:, 0].mean()) < 0.05
    assert after["text"][:, 0].max() > after["image"][:, 0].min()


def test_a_query_is_not_found_by_itself_where_documents_stand_in_for_queries() -> None:
    texts, images = cones(0, 20)
    alone = explain_vectors(texts, images)
    asked = explain_vectors(texts, images, text_queries=texts)
    assert alone.before.scores["text", "text"].counts.sum() == 20 * 19
    assert alone.before.scores["text", "text"].counts[-1] == 0
    assert asked.before.scores["text", "text"].counts[-1] == 20  # a text that somebody asks for is a hit
    assert asked.before.scores["text", "text"].counts.sum() == 20 * 20


def test_a_copy_of_a_text_counts_no_more_than_the_text_itself() -> None:
    texts, images = cones(0, 20)
    report = explain_vectors(np.concatenate([texts, texts[:1]]), images)
    assert report.before.rows["text", "text"].high < 0.99
    assert report.before.rows["text", "text"].counts[-1] == 0


def test_cosines_are_told_by_percentiles_and_a_histogram_on_bins_that_never_move() -> None:
    texts, images = cones(1.5, 50)
    for view in (explain_vectors(texts, images).before, explain_vectors(images, texts).before):
        spread = view.scores["text", "image"]
        assert -1 <= spread.low < spread.median < spread.high <= 1
        assert spread.counts.shape == (80,)
        assert spread.counts.sum() == 50 * 50


def test_the_record_is_json_and_may_leave_the_points_out() -> None:
    texts, images = cones(1.5, 30)
    report = explain_vectors(texts, images, calibration=calibration_of(*cones(1.5)))
    record = json.loads(json.dumps(report.to_record()))
    assert record["calibration"] == report.calibration
    assert record["counts"] == {"document text": 30, "document image": 30}
    assert len(record["bins"]) == 81
    assert len(record["before"]["plane"]["text"]) == 30
    assert "plane" not in report.to_record(points=False)["after"]
    assert explain_vectors(texts, images).to_record()["after"] is None


def test_the_summary_names_what_was_looked_at_and_puts_both_states_side_by_side() -> None:
    texts, images = cones(1.5, 300)
    shown = str(
        explain_vectors(texts, images[:40], text_queries=texts[:7], calibration=calibration_of(texts, images))
    )
    assert "300 texts and 40 pictures, 7 text queries" in shown
    assert "before   after" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "after" not in str(explain_vectors(texts, images))


def test_the_same_vectors_give_the_same_report_to_the_last_digit() -> None:
    texts, images = cones(0.7, 60)
    assert explain_vectors(texts, images).to_record() == explain_vectors(texts, images).to_record()


def test_of_very_many_rows_an_even_choice_is_looked_at() -> None:
    texts, images = cones(1.5, 5000)
    report = explain_vectors(texts, images[:300])
    assert report.counts == {("document", "text"): 2000, ("document", "image"): 300}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, i: (t[:4], i), "texts: got 4; .* at least 10"),
        (lambda t, i: (t, i[:9]), "pictures: got 9; .* at least 10"),
        (lambda t, i: (t, i * 2), r"pictures\[0\] has length 2.000; expected unit rows: l2_normalize"),
        (lambda t, i: (t * np.nan, i), r"texts\[0\] has length nan"),
        (
            lambda t, i: (t, l2_normalize(i[:, :16])),
            r"vectors of \[16, 32\] numbers; expected all from one model",
        ),
        (lambda t, i: (t[0], i), r"texts: got an array of shape \(32,\); expected \(N, D\)"),
    ],
)
def test_vectors_that_show_nothing_are_refused_by_name(change: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        explain_vectors(*change(*cones(1.5, 20)))  # type: ignore[operator]


def test_no_queries_at_all_are_an_empty_list_not_a_report() -> None:
    texts, images = cones(1.5, 20)
    with pytest.raises(InvalidInputError, match="text queries: got 0"):
        explain_vectors(texts, images, text_queries=texts[:0])


def test_a_calibration_of_longer_vectors_is_refused(tiny: CLIPEmbedder) -> None:
    reference = tiny.with_calibration("reference").calibration
    with pytest.raises(InvalidInputError, match=r"expected \(N, 128\)"):
        explain_vectors(*cones(1.5, 20), calibration=reference)
