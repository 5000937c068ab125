"""Pairs made ready: every picture read once, captions tokenised, repetitions known, a part kept apart.

Imports numpy, the readers of inputs/, the model to be trained, pipeline and errors.
"""

import hashlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from os import cpu_count

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.errors import ImageDecodeError, InvalidInputError, TruncationWarning
from clip_embeddings.inputs.images import read_image
from clip_embeddings.inputs.patches import PatchPreprocessing
from clip_embeddings.inputs.preprocess import Preprocessing
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.pipeline import map_ordered, progress
from clip_embeddings.tasks.training.pairs import Failure, Pair

Rows = NDArray[np.int64]
_KEPT_BYTES = 2**30  # cropped pictures that stay in memory; the others are read again in each epoch
MOST_MEASURED = 5000  # validation pictures
_LISTED = 5  # failures that a message names
_SPLIT = 1  # the stream of random numbers; batches.py has another


class PairSet:
    """N pairs of a picture and a caption.

    Attributes:
        ids: token ids of each caption, special tokens included, cut at the model's context.
        caption, picture: (N,) equal numbers where the caption, or the picture's content, is the same.
        failures: pairs that were left out.
        truncated: how many captions were cut.
        digest: equal for the same pairs in the same order.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        tokenizer: TextTokenizer,
        preprocessing: Preprocessing | PatchPreprocessing,
        *,
        threads: int | None = None,
        show_progress: bool = False,
    ) -> None:
        self._preprocessing = preprocessing
        self._threads = threads or min(8, cpu_count() or 1)
        self._kept: dict[str, NDArray[np.uint8]] = {}
        self.pairs: list[Pair] = []
        self.failures: list[Failure] = []
        self._content: list[str] = []
        self._read_all(pairs, show_progress)
        self.ids, self.truncated = _tokenised(tokenizer, [pair.text for pair in self.pairs])
        self.caption = _numbered(" ".join(pair.text.split()).casefold() for pair in self.pairs)
        self.picture = _numbered(self._content)
        named = [f"{content} {pair.text}" for content, pair in zip(self._content, self.pairs, strict=True)]
        self.digest = hashlib.sha256("\n".join(named).encode("utf-8", "replace")).hexdigest()[:16]

    def _read_all(self, pairs: Sequence[Pair], show_progress: bool) -> None:
        """Read each picture, so that a broken one is known before training and equal ones are found."""
        read = map_ordered(self._try, pairs, threads=self._threads, ahead=4 * self._threads)
        room = _KEPT_BYTES
        for pair, found in zip(
            pairs, progress(read, "Reading pictures", len(pairs), show_progress), strict=True
        ):
            if isinstance(found, ImageDecodeError):
                self.failures.append(Failure(pair.name, f"{found.source}: {found.reason}"))
                continue
            content = hashlib.sha256(found.tobytes()).hexdigest()
            self.pairs.append(pair)
            self._content.append(content)
            if content not in self._kept and found.nbytes <= room:
                self._kept[content] = found
                room -= found.nbytes

    def _try(self, pair: Pair) -> NDArray[np.uint8] | ImageDecodeError:
        try:
            return self._preprocessing.to_pixels(read_image(pair.picture))
        except ImageDecodeError as error:
            return error

    def pixels(self, rows: Iterable[int]) -> Iterator[NDArray[np.uint8]]:
        """The cropped picture of each row, (H, W, 3), read ahead on threads.

        Raises:
            InvalidInputError: a picture that could be read before cannot be read any more.
        """
        return map_ordered(self._pixels, rows, threads=self._threads, ahead=64 + 2 * self._threads)

    def _pixels(self, row: int) -> NDArray[np.uint8]:
        kept = self._kept.get(self._content[row])
        if kept is not None:
            return kept
        found = self._try(self.pairs[row])
        if isinstance(found, ImageDecodeError):
            raise InvalidInputError(
                f"{self.pairs[row].name}: {found.source}: {found.reason}; it could be read before. "
                "Put it back and go on from the checkpoint with resume"
            )
        return found

    def same(self, rows: Rows) -> NDArray[np.bool_]:
        """Where caption i is right for picture j too: (B,) -> (B, B) bool."""
        caption, picture = self.caption[rows], self.picture[rows]
        same: NDArray[np.bool_] = (caption[:, None] == caption) | (picture[:, None] == picture)
        return same

    def split(self, share: float, seed: int) -> tuple[Rows, Rows]:
        """Rows to train on and rows to measure with; a picture is on one side with all its captions.

        Raises:
            InvalidInputError: too few pairs that differ for one of the sides.
        """
        total = int(self.picture.max(initial=-1)) + 1
        count = min(max(2, round(share * total)), MOST_MEASURED) if share else 0
        order = np.random.default_rng([seed, _SPLIT]).permutation(total)
        measured = np.isin(self.picture, order[:count])
        training, validation = np.flatnonzero(~measured), np.flatnonzero(measured)
        if min(len(set(self.caption[training])), len(set(self.picture[training]))) < 2:
            raise InvalidInputError(
                f"pairs: {len(self.pairs)} can be used, {len(training)} of them to train on; expected at "
                "least 2 different pictures with 2 different captions"
                + (f" beside the {count} pictures to measure with (validation=0 needs none)" if count else "")
            )
        return training, validation


def list_failures(failures: Sequence[Failure], total: int) -> str:
    """One sentence that counts them and names the first."""
    named = "; ".join(map(str, failures[:_LISTED]))
    more = f"; and {len(failures) - _LISTED} more" if len(failures) > _LISTED else ""
    return f"{len(failures)} of {total} pairs cannot be used: {named}{more}"


def _tokenised(tokenizer: TextTokenizer, texts: Sequence[str]) -> tuple[list[Rows], int]:
    """Token ids of each text, cut at the context, and how many were cut; warns of those once."""
    windows = tokenizer.windows(texts, "chunk")
    ids: list[Rows] = []
    for window, owner in zip(windows.ids, windows.owner, strict=True):
        if owner == len(ids):
            ids.append(window)
    cut = len(set(windows.owner[1:][np.diff(windows.owner) == 0].tolist()))
    if cut:
        warnings.warn(
            f"{cut} of {len(texts)} captions are longer than the {tokenizer.room} tokens the model reads; "
            "it learns from their beginning",
            TruncationWarning,
            stacklevel=4,
        )
    return ids, cut


def _numbered(values: Iterable[str]) -> Rows:
    """A number for each different value, in order of first appearance."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
