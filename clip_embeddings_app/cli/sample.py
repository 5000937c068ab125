"""What `calibrate` measures on: raw vectors of files, of pairs, or of a collection's rows."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.pairs import read_pairs
from clip_embeddings_app.cli.render import counted
from clip_embeddings_app.cli.store import open_existing

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMED = 5  # lines and files that are named one by one


@dataclass(frozen=True, slots=True)
class Sample:
    """Raw unit vectors of texts (n, D) and pictures (m, D), where they are from, whether they are pairs."""

    embedder: CLIPEmbedder
    texts: NDArray[np.float32]
    images: NDArray[np.float32]
    source: str
    paired: bool = False


def of_files(
    paths: Sequence[Path], model: str | None, deployment: dict[str, Any], size: int, seed: int
) -> Sample:
    """A random part of files and folders, as `ingest` would store them."""
    from clip_embeddings.ingestion import sample_files

    embedder = CLIPEmbedder(model or DEFAULT_MODEL, **deployment)
    sample = sample_files(paths, embedder, size=size, seed=seed)
    # A row's id says what it is of, as in a collection.
    parts: dict[str, list[NDArray[np.float32]]] = {"text": [], "image": []}
    for id, vector in sample.vectors.items():
        parts[id.partition(":")[0]].append(vector)
    texts, images = (_stacked(parts[name], embedder) for name in ("text", "image"))
    return Sample(embedder, texts, images, ", ".join(map(str, paths)))


def of_pairs(file: Path, model: str | None, deployment: dict[str, Any], size: int, seed: int) -> Sample:
    """Pictures and the texts that go with them: topics cannot be taken for the gap."""
    pairs, problems = read_pairs(file)
    chosen = sorted(np.random.default_rng(seed).permutation(len(pairs))[:size].tolist())
    pairs = [pairs[place] for place in chosen]
    embedder = CLIPEmbedder(model or DEFAULT_MODEL, **deployment)
    good: list[int] = []
    vectors: list[NDArray[np.float32]] = []
    for batch in embedder.iter_images(_progress([pair.picture for pair in pairs])):
        good += batch.indices.tolist()
        vectors.append(batch.embeddings)
        problems += [f"line {pairs[failure.index].line}: {failure.reason}" for failure in batch.failures]
    for problem in problems[:_NAMED]:
        say("warning", f"{file}, {problem}; left out")
    if more := problems[_NAMED:]:
        say("warning", f"{file}: {counted(len(more), 'more line')} left out")
    texts = embedder.embed_texts([pairs[place].text for place in good])
    images = np.concatenate(vectors) if vectors else _stacked([], embedder)
    return Sample(embedder, texts, images, f"pairs of {file}", paired=True)


def of_collection(place: Place, name: str, model: str | None, size: int, seed: int) -> Sample:
    """Rows of a collection, drawn at random; calibrated ones are taken back to raw."""
    from clip_embeddings.stores.collection import draw_rows

    collection = open_existing(place, name, model)
    texts, images = (draw_rows(collection, "text", size, seed), draw_rows(collection, "image", size, seed))
    raw = collection.embedder.with_calibration(None)
    return Sample(raw, texts, images, f"the collection {name!r} in {place}")


def read_queries(file: Path | None) -> list[str]:
    """Queries of a text file, one a line.

    Raises:
        InvalidInputError: it is not text, or has no lines.
    """
    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"queries {str(file)!r}: is not text in UTF-8") from error
    queries = [line.strip() for line in lines if line.strip()]
    if not queries:
        raise InvalidInputError(f"queries {str(file)!r}: holds none; expected one query a line")
    return queries


def _stacked(rows: "Sequence[NDArray[np.float32]]", embedder: CLIPEmbedder) -> NDArray[np.float32]:
    return np.stack(rows) if rows else np.zeros((0, embedder.dimension), np.float32)


def _progress(paths: list[Path]) -> "Iterable[Path]":
    if not sys.stdout.isatty():
        return paths
    from rich.progress import track

    return track(paths, "Embedding pictures")
