"""What is said of scores wherever a result is shown. Imports nothing."""

GAP = "Pictures and passages are ranked apart: their scores do not compare (the modality gap)."
NOTHING = "Nothing was found."
PERCENTILE = "above: how many of 100 random pairs of these kinds score lower; not a probability."


def above(percentile: float | None) -> str:
    """The percentile, rounded down so that nothing is above everything: "99.9 %"."""
    return "" if percentile is None else f"{int(percentile * 10) / 10:.1f} %"
