"""Two batches under way at once beside one. Imports this library."""

from collections.abc import Iterator

from benchmarks.gpu.check import Check, Unlike, difference, ratios, spread
from benchmarks.gpu.loads import captions, crops, embedder
from benchmarks.shared.results import table

_NAME = "CLIP ViT-B/32"


def lanes(check: Check) -> Iterator[str]:
    """Captions, and pictures that are decoded already: the device waits for nothing but its batches."""
    one, two = (embedder(check, _NAME, lanes=number, **_size(check)) for number in (1, 2))
    shown, texts = (crops(one, 9), captions(9)) if check.tiny else (crops(one, 2048), captions(16_384))
    works = {
        f"{len(shown):,} pictures, decoded": (
            lambda: one.embed_images(shown),
            lambda: two.embed_images(shown),
        ),
        f"{len(texts):,} captions": (lambda: one.embed_texts(texts), lambda: two.embed_texts(texts)),
    }
    rows, wrong = list[list[str]](), list[str]()
    for (label, pair), count in zip(works.items(), (len(shown), len(texts)), strict=True):
        alone, together = check.in_turn(count, pair)
        most, apart = difference(pair[0](), pair[1]())
        rows.append(
            [label, *map(spread, (alone, together, ratios(together, alone))), f"{most:.1e}", f"{apart:.1e}"]
        )
        if most > apart / 3:  # rounding is far below; another order is not
            wrong.append(f"{label}: {most:.1e} from those of one lane, {apart:.1e} from the next item's")
    yield f"{_NAME} in {check.dtype}, batches of {one.batch_size} pictures."
    header = ["items a second", "one lane", "two lanes", "two over one", "greatest distance of vectors"]
    yield table([*header, "least to the next item's"], rows)
    if wrong:
        raise Unlike("; ".join(wrong))


def _size(check: Check) -> dict[str, int]:
    return {"batch_size": 2} if check.tiny else {}
