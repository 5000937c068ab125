"""The report in words: how fair, how sure, what to do."""

import numpy as np
import pytest

from clip_embeddings import ModalityCalibration, explain_vectors
from clip_embeddings.calibration.verdict import verdict

SURE, ROUGH = "There are enough rows to be sure of it.", "This is a rough look: 299 rows of one modality"


@pytest.mark.parametrize(
    ("before", "after", "fair", "to_do"),
    [
        (
            0.02,
            None,
            "As the vectors are, a text query finds pictures hardly ever (0.02 of it).",
            "A calibration ",
        ),
        (0.4, None, "finds pictures far too seldom (0.40", "A calibration brings both into one ranking."),
        (0.79, None, "finds pictures somewhat too seldom", "A calibration brings both"),
        (0.8, None, "finds pictures as often as their share of the rows", "Nothing has to be done."),
        (
            0.0,
            1.0,
            "Under the calibration, a text query finds pictures as often as",
            "Nothing has to be done.",
        ),
        (
            0.04,
            0.13,
            "Under the calibration, a text query finds pictures far too seldom (0.13",
            "up from 0.04 and",
        ),
        (0.0, 1.25, "as often as", "Nothing"),
        (0.0, 1.4, "more often than their share", "a calibration that only centres"),
    ],
)
def test_how_fair_and_what_to_do(before: float, after: float | None, fair: str, to_do: str) -> None:
    words = verdict(before, after, 300)
    assert fair in words
    assert to_do in words
    assert SURE in words


def test_few_rows_are_a_rough_look() -> None:
    assert ROUGH in verdict(0.0, None, 299)


def test_a_report_has_it_in_words_and_in_its_record() -> None:
    random = np.random.default_rng(0)
    mean = np.eye(2, 16) * 2
    rows = [random.normal(size=(400, 16)) * 0.5 + each for each in mean]
    texts, images = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in rows)
    raw = explain_vectors(texts, images)
    assert raw.verdict.startswith("As the vectors are, a text query finds pictures hardly ever")
    means = {("document", "text"): texts.mean(0), ("document", "image"): images.mean(0)}
    centred = ModalityCalibration("m", means, dict.fromkeys(means, 400), {})  # type: ignore[arg-type]
    after = explain_vectors(texts, images, calibration=centred)
    assert after.verdict.endswith("Nothing has to be done.")
    assert after.to_record(points=False)["verdict"] == after.verdict
