"""What a report on the modality gap comes to, in words: how fair, how sure, what to do. Imports estimate."""

from clip_embeddings.calibration.estimate import MINIMUM

FAIR = (0.8, 1.25)
"""Exposures within these are even: what differs less is not seen in ten hits."""
_RARE = 0.5


def verdict(before: float, after: float | None, fewest: int) -> str:
    """Three sentences.

    Args:
        before, after: exposure of pictures to text queries, raw and under a calibration, if there is one.
        fewest: rows of the modality that fewer were looked at of.
    """
    now = before if after is None else after
    return " ".join(
        [_how_fair(now, calibrated=after is not None), _how_sure(fewest), _what_to_do(before, after)]
    )


def _how_fair(exposure: float, *, calibrated: bool) -> str:
    state = "Under the calibration" if calibrated else "As the vectors are"
    if exposure < _RARE:
        finds = "finds pictures hardly ever" if exposure < 0.1 else "finds pictures far too seldom"
    elif exposure < FAIR[0]:
        finds = "finds pictures somewhat too seldom"
    elif exposure <= FAIR[1]:
        finds = "finds pictures as often as their share of the rows"
    else:
        finds = "finds pictures more often than their share of the rows"
    return f"{state}, a text query {finds} ({exposure:z.2f} of it)."


def _how_sure(fewest: int) -> str:
    if fewest < MINIMUM:
        return f"This is a rough look: {fewest} rows of one modality; to be sure it takes {MINIMUM} of each."
    return "There are enough rows to be sure of it."


def _what_to_do(before: float, after: float | None) -> str:
    if after is None:
        if before < FAIR[0]:
            return "A calibration brings both into one ranking."
        return "Nothing has to be done."
    if after < FAIR[0]:
        return (
            f"The calibration brought it up from {before:z.2f} and no further: texts and pictures may be "
            "about different things, or the model does not know such pictures. Measure on pairs of a picture "
            "and its caption, or take another model."
        )
    if after > FAIR[1]:
        return "That is right where queries ask for pictures; else measure a calibration that only centres."
    return "Nothing has to be done."
