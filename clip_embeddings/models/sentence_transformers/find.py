"""Finds a model of sentence-transformers: in a folder, in the hub's cache, or downloaded into it.

By this library's own client of the hub and not by huggingface_hub's snapshot_download: that asks the hub at
every start, takes pickles and every other format unless told each name, and waits for minutes where the hub
is away. Imports errors and models/hub.
"""

from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.models.hub.assets import key_of, read_note, say_once, write_note
from clip_embeddings.models.hub.cache import MAIN, CachedRepository
from clip_embeddings.models.hub.download import ask_for_revision
from clip_embeddings.models.hub.listing import listing_of
from clip_embeddings.models.hub.search import HubModel, fetched
from clip_embeddings.models.sentence_transformers.files import SentenceTransformersFiles
from clip_embeddings.models.sentence_transformers.layout import DEEP, parts_of

_KIND = "sentence-transformers"
_EXTRA = 'pip install "clip-embeddings[sentence-transformers]"'
_LEAST = (6, 0)  # the first that is told for one call how texts are filled up, which SigLIP needs


def find(model: str, name: str, revision: str | None, truncate_dim: int | None) -> SentenceTransformersFiles:
    """A complete model.

    Args:
        model: as the user called it.
        name: hub id or folder.
        truncate_dim: numbers of each vector that are kept; None keeps what the model gives.
    Raises:
        ModelLoadError: the package is missing, or the model cannot be found, downloaded or served.
        InvalidInputError: truncate_dim is more than the model gives.
    """
    _check_package(model)
    folder = Path(name).expanduser()
    if folder.is_dir():
        if revision:
            raise ModelLoadError(
                f"model {model!r} is a folder; revision={revision!r} is for models on the hub"
            )
        found = _in_folder(model, folder.resolve(), None)
    else:
        if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
            raise ModelLoadError(f"model {model!r}: no such folder")
        found = _on_hub(model, name, revision)
    return found if truncate_dim is None else _cut(found, truncate_dim)


def _check_package(model: str) -> None:
    try:
        numbers = version("sentence-transformers").split(".")
    except PackageNotFoundError as error:
        raise ModelLoadError(f"model {model!r} needs sentence-transformers: {_EXTRA}") from error
    if tuple(int(number) for number in numbers[:2] if number.isdigit()) < _LEAST:
        raise ModelLoadError(
            f"model {model!r} needs sentence-transformers {_LEAST[0]}.{_LEAST[1]} or later, and this is "
            f"{'.'.join(numbers)}: {_EXTRA}"
        )


def _cut(found: SentenceTransformersFiles, truncate_dim: int) -> SentenceTransformersFiles:
    if truncate_dim > found.full_dimension:
        raise InvalidInputError(
            f"truncate_dim: got {truncate_dim}; model {found.model!r} gives vectors of "
            f"{found.full_dimension} numbers"
        )
    return found.cut(truncate_dim)


def _in_folder(model: str, folder: Path, revision: str | None) -> SentenceTransformersFiles:
    parts = parts_of(listing_of(model, folder, DEEP))
    return SentenceTransformersFiles.of(model, folder, revision, parts)


def _on_hub(model: str, repository: str, revision: str | None) -> SentenceTransformersFiles:
    asked = HubModel(model, repository, revision, allowed=False)
    asked.check_name()
    cache = CachedRepository(repository)
    if (found := _cached(model, cache, revision)) is not None:
        return found
    return fetched(
        partial(_download, model, cache, revision),
        partial(_likely, model, cache, revision),
        partial(asked.explained, has=""),
    )


def _likely(model: str, cache: CachedRepository, revision: str | None) -> SentenceTransformersFiles | None:
    """What the cache holds, if it looks whole; said in a log line."""
    found = _cached(model, cache, revision, surely=False)
    if found is not None:
        say_once(
            f"model {model!r}: the hub does not answer, so what the cache has is used without knowing "
            "whether it is all of the model"
        )
    return found


def _cached(
    model: str, cache: CachedRepository, revision: str | None, *, surely: bool = True
) -> SentenceTransformersFiles | None:
    """What the cache holds, if we put it there; not `surely`, if it looks whole."""
    for commit, _ in cache.commits(revision):
        folder = cache.snapshot(commit)
        noted = read_note(_KIND, key_of(cache.name, commit)).get("files")
        whole = isinstance(noted, list) and all((folder / str(name)).is_file() for name in noted)
        if not whole and surely:
            continue
        try:
            return _in_folder(model, folder, commit)
        except ModelLoadError:
            if whole:
                raise
    return None


def _download(model: str, cache: CachedRepository, revision: str | None) -> SentenceTransformersFiles:
    """Ask the hub what there is, and for what the cache lacks of it."""
    there = ask_for_revision(cache.name, revision or MAIN)
    parts = parts_of(there.listing(model))
    folder = there.fetch_all(parts.names)
    cache.point(there.name, there.commit)
    note = {"repository": cache.name, "commit": there.commit, "files": list(parts.names)}
    write_note(_KIND, key_of(cache.name, there.commit), note)
    return SentenceTransformersFiles.of(model, folder, there.commit, parts)
