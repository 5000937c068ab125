"""How much of what was found a language model is shown. Imports errors."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from clip_embeddings.errors import InvalidInputError

PIXELS, IMAGE_BYTES = 1_000_000, 1_500_000
"""Most of one picture, unless the caller says otherwise."""
_PIECE = re.compile(r"[a-zA-Z]+|[^\W_]|[^\w\s]|_|\s{2,}")
_LETTERS = 4  # of a Latin word, a token


def estimated_tokens(text: str) -> int:
    """About how many tokens a text takes: rather too many than too few, in any script.

    A Latin word, and white space of more than one, count a token for every four letters begun; any other
    letter, digit or mark counts one.
    """
    return sum(-(-len(piece) // _LETTERS) for piece in _PIECE.findall(text))


@dataclass(frozen=True, slots=True)
class Budget:
    """What all results together may take.

    Attributes:
        images: most pictures.
        pixels: most pixels of a picture; a larger one is made smaller, a smaller one is left as it is.
        image_bytes: most bytes of a picture, encoded.
        tokens: most tokens of all texts, labels apart.
        text_tokens: most tokens of one text, so that a long one leaves room for others.
        count_tokens: counts those of a text, as the model does that will read them.
    Raises:
        InvalidInputError: a number that is negative, or room for no pixel.
    """

    images: int = 8
    pixels: int = PIXELS
    image_bytes: int = IMAGE_BYTES
    tokens: int = 6_000
    text_tokens: int = 1_500
    count_tokens: Callable[[str], int] = estimated_tokens

    def __post_init__(self) -> None:
        for name, least in (
            ("images", 0),
            ("pixels", 1),
            ("image_bytes", 1_000),
            ("tokens", 0),
            ("text_tokens", 0),
        ):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise InvalidInputError(
                    f"budget: {name} is {value!r}; expected a whole number from {least:,} on"
                )
