"""What the weights of a model are, apart from how and where they are stored. Imports numpy, assets, records.

A digest of a model's tensors is the same for a safetensors file, for its shards, for a float16 file and the
float32 copy of it, and for a pickle that was converted. It is computed once for a file and noted.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.models.hub.assets import key_of, read_note, write_note
from clip_embeddings.records import parsed

# Buffers that old releases stored with the weights: 0, 1, 2 ... in every model, and not read by newer ones.
_NO_WEIGHTS = "position_ids"
_PART = 2**24  # numbers that are converted at once
_BLOB = re.compile(r"[0-9a-f]{64}")
_KIND = "digests"
_LONGEST_HEADER = 100_000_000  # bytes: the limit of the safetensors library


class Tensor(NamedTuple):
    """Where a tensor lies in a file: bytes start to end, of safetensors' dtype, in C order."""

    path: Path
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


def tensors_digest(paths: Sequence[Path]) -> str:
    """SHA-256, in hexadecimal, of all tensors in safetensors files; computed once and noted.

    Numbers count as the float32 that a model computes with, so the precision that they were stored in does
    not matter where it loses nothing.

    Raises:
        OSError, ValueError: a file cannot be read, or is not of safetensors.
    """
    return _noted("tensors", paths, _digest_of_tensors)


def file_digest(path: Path) -> str:
    """SHA-256 of a file. The hub's cache names large files by theirs, so those are not read."""
    blob = _blob(path)
    return blob or _noted("bytes", [path], _digest_of_bytes)


def tensors_of(path: Path) -> dict[str, Tensor]:
    """The header of a safetensors file.

    Source: "Format" in the README of huggingface/safetensors.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        size = path.stat().st_size
        if not 2 <= length <= min(size - 8, _LONGEST_HEADER):
            raise ValueError(f"{path.name} is not a safetensors file, or is cut off")
        header = parsed(file.read(length))
    if not isinstance(header, dict):
        raise ValueError(f"{path.name} has a header that is {type(header).__name__}; expected an object")
    header.pop("__metadata__", None)
    begin = 8 + length
    found = {}
    for name, entry in header.items():
        (start, end), shape = entry["data_offsets"], tuple(entry["shape"])
        if not all(type(number) is int and number >= 0 for number in (start, end - start, *shape)):
            raise ValueError(f"{path.name} has a header that says of {name!r} what cannot be")
        found[name] = Tensor(path, entry["dtype"], shape, begin + start, begin + end)
    if any(tensor.end > size for tensor in found.values()):
        raise ValueError(f"{path.name} is cut off")
    return found


def stamp(path: Path) -> tuple[object, ...]:
    """What tells whether a file is the one that was read before, without reading it."""
    target = path.resolve()
    status = target.stat()
    return (str(target), status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)


def _blob(path: Path) -> str | None:
    """The digest of a large file in the hub's cache, which is its name there."""
    target = path.resolve()
    in_cache = target.parent.name == "blobs" and target.parent.parent.name.startswith("models--")
    return target.name if in_cache and path.is_symlink() and _BLOB.fullmatch(target.name) else None


def _noted(what: str, paths: Sequence[Path], compute: Callable[[Sequence[Path]], str]) -> str:
    return _remembered(what, tuple(paths), tuple(stamp(path) for path in paths), compute)


@lru_cache(maxsize=256)
def _remembered(
    what: str,
    paths: tuple[Path, ...],
    stamps: tuple[tuple[object, ...], ...],
    compute: Callable[[Sequence[Path]], str],
) -> str:
    key = key_of(what, *stamps)
    noted = read_note(_KIND, key).get("sha256")
    if isinstance(noted, str):
        return noted
    digest = compute(paths)
    write_note(_KIND, key, {"sha256": digest, "of": what, "files": [str(path) for path in paths]})
    return digest


def _digest_of_bytes(paths: Sequence[Path]) -> str:
    with paths[0].open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest_of_tensors(paths: Sequence[Path]) -> str:
    tensors = {name: tensor for path in paths for name, tensor in tensors_of(path).items()}
    digest = hashlib.sha256()
    for name in sorted(tensors):
        if name.rpartition(".")[2] == _NO_WEIGHTS:
            continue
        tensor = tensors[name]
        kind = "float" if tensor.dtype in _AS_FLOAT32 else tensor.dtype
        digest.update(json.dumps([name, kind, tensor.shape]).encode())
        for part in _parts(tensor):
            digest.update(part.data)
    return digest.hexdigest()


def _parts(tensor: Tensor) -> Iterator[NDArray[Any]]:
    """The numbers of a tensor as bytes that are hashed, a part at a time."""
    if tensor.start == tensor.end:
        return
    stored, convert = _AS_FLOAT32.get(tensor.dtype, ("u1", lambda values: values))
    count = (tensor.end - tensor.start) // np.dtype(stored).itemsize
    values = np.memmap(tensor.path, stored, "r", tensor.start, (count,))
    for start in range(0, count, _PART):
        yield np.ascontiguousarray(convert(values[start : start + _PART]))


# Dtypes of safetensors that a model reads as float32: how they are stored, and how they become it.
_AS_FLOAT32: dict[str, tuple[str, Any]] = {
    "F64": ("<f8", lambda values: values.astype("<f4")),
    "F32": ("<f4", lambda values: values),
    "F16": ("<f2", lambda values: values.astype("<f4")),
    "BF16": ("<u2", lambda values: values.astype("<u4") << 16),  # the upper half of a float32
}
