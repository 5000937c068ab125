"""From JPEG files to vectors, beside what limits it: decoding, the way to the device, and the model.

Imports torch, numpy and this library.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch

from benchmarks.gpu.check import TIME_UP, Check, Work, ratios, spread
from benchmarks.gpu.loads import InLanes, embedder
from benchmarks.shared.figures import Spread
from benchmarks.shared.photos import write_photos
from benchmarks.shared.results import table
from clip_embeddings.models.running.pixels import normalised, to_device, to_numpy

_MODELS = ("CLIP ViT-B/32", "CLIP ViT-L/14")
_HEADER = ("model", "photos", "draft", "threads", "end to end", "decoding", "efficiency", "limit")


@dataclass(frozen=True)
class Photos:
    """So many different ones of a size, each given several times."""

    size: tuple[int, int]
    different: int
    times: int
    times_drafted: int
    seconds: int
    """What writing them may take."""

    @property
    def label(self) -> str:
        return f"{self.size[0]}x{self.size[1]}"


_PHOTOS = (Photos((500, 375), 512, 4, 4, 20), Photos((4000, 3000), 16, 8, 16, 40))
_TINY = (Photos((60, 40), 3, 1, 1, 0), Photos((400, 300), 2, 1, 1, 0))


def from_files(check: Check) -> Iterator[str]:
    """All of one size first, so that time that is up costs the large ones."""
    yield (
        f"{check.cores} cores, {check.dtype}; pictures a second. Each limit is that work alone: decoding, "
        "with cropping, in as many threads; copying, with stacking and pinning; the model on bytes that are "
        "on the device. Efficiency is end to end over the slowest of them, round by round."
    )
    if not check.on_gpu:
        yield "On a CPU nothing is copied: stacking alone is measured in its place."
    limits: dict[str, dict[str, list[float]]] = {}
    rows, alone = list[list[str]](), list[list[str]]()
    for photos in _TINY if check.tiny else _PHOTOS:
        if check.left < photos.seconds:
            rows.append(["", photos.label, "", "", TIME_UP, "", "", ""])
            continue
        folder = write_photos(
            check.home / photos.label, photos.different, photos.size, threads=min(16, check.cores)
        )
        files = [str(path) for path in sorted(folder.iterdir())]
        for name in _MODELS:
            if name not in limits:
                limits[name] = _limits(check, name, files)
                alone.append([name, *(spread(found) for found in limits[name].values())])
        rows += _size(check, photos, files, limits)
    yield table(["alone", "model", "copying"], alone)
    yield table(_HEADER, rows)


def _size(
    check: Check, photos: Photos, files: list[str], limits: dict[str, dict[str, list[float]]]
) -> Iterator[list[str]]:
    """The rows of photos of one size."""
    for draft in (False, True):
        given = files * (photos.times_drafted if draft else photos.times)
        made = embedder(check, _MODELS[0])
        if draft and not _drafts(made, photos):
            yield ["", photos.label, "on", "", "as off: draft leaves photos of this size whole", "", "", ""]
            continue
        for threads in (1, 2) if check.tiny else (4, 8, 16):
            settings = {"threads": threads, "draft": draft}
            decoding: list[float] | None = None
            for name in _MODELS:
                made = embedder(check, name, **settings)
                if decoding is None:  # both models take crops of one size
                    decoding = check.rates(len(given), _decode(made, given, threads))
                rates = check.rates(len(given), partial(made.embed_images, given))
                all_of_them = {"decoding": decoding, **limits[name]}
                row = [name, photos.label, "on" if draft else "off", str(threads)]
                yield [*row, spread(rates), spread(decoding), *_efficiency(rates, all_of_them)]


def _efficiency(rates: list[float], limits: dict[str, list[float]]) -> list[str]:
    """Over the slowest limit in each round, and which that is."""
    if not rates or not all(limits.values()):
        return [TIME_UP, ""]
    slowest = [min(each) for each in zip(*limits.values(), strict=True)]
    name = min(limits, key=lambda each: Spread.of(limits[each]).median)
    return [spread(ratios(rates, slowest)), name]


def _drafts(made: InLanes, photos: Photos) -> bool:
    """Whether a JPEG of this size is decoded smaller: not where half of it is less than the model wants."""
    least = made._encoder.preprocessing.least_edge
    return least is not None and min(photos.size) >= 2 * least


def _decode(made: InLanes, files: list[str], threads: int) -> Work:
    def work() -> None:
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(made.decode_image, files):
                pass

    return work


def _limits(check: Check, name: str, files: list[str]) -> dict[str, list[float]]:
    """The model alone, and the way of crops to it, on one batch of the size that the library chooses."""
    made = embedder(check, name)
    encoder: Any = made._encoder
    size = 2 if check.tiny else made.batch_size
    read = cache(lambda path: made.decode_image(path).pixels)
    pixels = [read(files[place % len(files)]) for place in range(size)]
    ready = to_device(torch.from_numpy(encoder.preprocessing.batch(pixels)["pixel_values"]), check.device)
    model = encoder._tower("vision_model")

    @torch.inference_mode()
    def compute() -> None:
        levels = normalised(ready, encoder._gain, encoder._offset).to(encoder._dtype)
        to_numpy(model.features(pixel_values=levels).pooler_output)

    def copy() -> None:
        for rows in encoder.preprocessing.batch(pixels).values():
            to_device(torch.from_numpy(rows), check.device)

    return {"model": check.rates(size, compute), "copying": check.rates(size, copy)}
