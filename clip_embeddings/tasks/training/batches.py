"""Which pairs meet in which step: a function of seed and step, so a run can go on anywhere. Imports numpy."""

import math
from collections.abc import Iterator
from itertools import islice, tee

import numpy as np

from clip_embeddings.tasks.training.dataset import PairSet, Rows
from clip_embeddings.tasks.training.gradients import Chunk

_ORDER = 2  # the stream of random numbers; dataset.py has another


def steps_in_epoch(pairs: int, size: int) -> int:
    """Steps of at most `size` pairs that go through all of them once."""
    return math.ceil(pairs / size)


def rows_from(step: int, end: int, training: Rows, *, size: int, seed: int) -> Iterator[Rows]:
    """Rows of the steps from one to before `end`: (B,) each.

    An epoch shuffles all pairs anew and deals them into steps of nearly equal size.
    """
    in_epoch = steps_in_epoch(len(training), size)
    while step < end:
        epoch, place = divmod(step, in_epoch)
        order = np.random.default_rng([seed, _ORDER, epoch]).permutation(training)
        for rows in np.array_split(order, in_epoch)[place : place + end - step]:
            yield rows
            step += 1


def chunks(pairs: PairSet, steps: Iterator[Rows], size: int) -> Iterator[tuple[Rows, list[Chunk]]]:
    """Each step's rows, and what it runs through the model, at most `size` pairs at once.

    Pictures are read ahead, over the end of a step.
    """
    steps, ahead = tee(steps)
    pixels = pairs.pixels(int(row) for step in ahead for row in step)
    for step in steps:
        parts = np.array_split(step, math.ceil(len(step) / size))
        yield (
            step,
            [
                Chunk([pairs.ids[row] for row in part], np.stack(list(islice(pixels, len(part)))))
                for part in parts
            ],
        )
