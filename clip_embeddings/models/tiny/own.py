"""Whether pictures are of the kind that the bundled model was made of.

Its picture vectors vary little in half of their directions, and those of photographs vary there as much as
in any other: `own.npz` has these directions, scaled so that the mean square along them is 1 for drawn scenes.
`python -m tools.tiny_model.own_pictures` makes the file and measures it.
Imports numpy, similarity and what says things once.
"""

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.tiny import OWN
from clip_embeddings.similarity import l2_normalize

LIMIT = 2.25
"""Mean square from which on a picture is unlike: of 1,000 drawn scenes 1 is, of 30 photographs 28."""
NOTE = (
    "the bundled model 'tiny' knows drawn scenes only, and these pictures look unlike them: its answers mean "
    "nothing here. For photographs use openai/clip-vit-base-patch32, or see `clip-embeddings info --models`"
)


def unlike(vectors: ArrayLike) -> NDArray[np.bool_]:
    """Which raw picture vectors of the bundled model are of pictures unlike its own: (N, 128) -> (N,)."""
    axes, centre = _own()
    along: NDArray[np.float32] = l2_normalize(vectors) @ axes - centre  # (N, 128) -> (N, 64)
    found: NDArray[np.bool_] = (along**2).mean(axis=1) > LIMIT
    return found


def tell(unlike: int, pictures: int) -> None:
    """Say once in a process what the model is, where at least half of some pictures are unlike its own."""
    if pictures and 2 * unlike >= pictures:
        say_once(NOTE)


@cache
def _own() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(128, 64) directions, and (64,) where drawn scenes have their mean along them."""
    with np.load(OWN) as file:
        return file["axes"].astype(np.float32), file["centre"].astype(np.float32)
