"""What a report on the modality gap comes to, in words: how fair, how sure, what to do. Imports estimate."""

from typing import NamedTuple

from clip_embeddings.calibration.estimate import MINIMUM

FAIR = (0.8, 1.25)
"""Exposures within these are even: what differs less is not seen in ten hits."""
_RARE, _HARDLY = 0.5, 0.1
_WORDS = {
    "hardly": "finds pictures hardly ever",
    "seldom": "finds pictures far too seldom",
    "somewhat": "finds pictures somewhat too seldom",
    "even": "finds pictures as often as their share of the rows",
    "often": "finds pictures more often than their share of the rows",
    "rough": "This is a rough look: {fewest} rows of one modality; to be sure it takes {minimum} of each.",
    "sure": "There are enough rows to be sure of it.",
    "calibrate": "A calibration brings both into one ranking.",
    "nothing": "Nothing has to be done.",
    "no further": (
        "The calibration brought it up from {before:z.2f} and no further: texts and pictures may be "
        "about different things, or the model does not know such pictures. Measure on pairs of a picture "
        "and its caption, or take another model."
    ),
    "centre": "That is right where queries ask for pictures; else measure a calibration that only centres.",
}


class Findings(NamedTuple):
    """A verdict for a program, which may say it in another language.

    Attributes:
        fair: "hardly", "seldom", "somewhat", "even" or "often": how often a text query finds pictures.
        sure: "rough" or "sure".
        todo: "calibrate", "nothing", "no further" or "centre".
    """

    fair: str
    sure: str
    todo: str


def findings(before: float, after: float | None, fewest: int) -> Findings:
    """What the numbers come to.

    Args:
        before, after: exposure of pictures to text queries, raw and under a calibration, if there is one.
        fewest: rows of the modality that fewer were looked at of.
    """
    sure = "rough" if fewest < MINIMUM else "sure"
    return Findings(_how_fair(before if after is None else after), sure, _what_to_do(before, after))


def verdict(before: float, after: float | None, fewest: int) -> str:
    """The same in three sentences."""
    found, now = findings(before, after, fewest), before if after is None else after
    state = "As the vectors are" if after is None else "Under the calibration"
    values = {"fewest": fewest, "minimum": MINIMUM, "before": before}
    how_sure, to_do = (_WORDS[each].format(**values) for each in (found.sure, found.todo))
    return f"{state}, a text query {_WORDS[found.fair]} ({now:z.2f} of it). {how_sure} {to_do}"


def _how_fair(exposure: float) -> str:
    if exposure < _RARE:
        return "hardly" if exposure < _HARDLY else "seldom"
    if exposure < FAIR[0]:
        return "somewhat"
    return "even" if exposure <= FAIR[1] else "often"


def _what_to_do(before: float, after: float | None) -> str:
    if after is None:
        return "calibrate" if before < FAIR[0] else "nothing"
    if after < FAIR[0]:
        return "no further"
    return "centre" if after > FAIR[1] else "nothing"
