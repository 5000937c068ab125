"""Pickled weights, converted to safetensors once. Imports torch, safetensors and filelock (inside functions).

A pickle can run any code when it is read. These are read by torch's restricted reader alone, which builds
tensors and refuses everything else, and only once: what loads afterwards is the safetensors file.
"""

import contextlib
import json
import logging
import shutil
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZIP_STORED, ZipFile, is_zipfile

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.assets import asset_folder, in_megabytes, key_of
from clip_embeddings.models.hub.layout import SAFETENSORS
from clip_embeddings.models.identity.digest import file_digest
from clip_embeddings.records import parsed

logger = logging.getLogger(__name__)

_SAFE_SINCE = (2, 6)  # before it, the restricted reader could be got around: CVE-2025-32434
_NOTE = "source.json"  # written last: a folder without it was not finished
_KIND = "converted"


def converted(model: str, folder: Path, pickles: Sequence[str], source: str) -> Path:
    """A folder with the same weights as safetensors; made the first time, and said in a log line.

    Args:
        folder, pickles: one file in a folder, or all shards in their order.
        source: where they come from, for the note beside the result.
    Raises:
        ModelLoadError: a pickle that holds anything but tensors, or is damaged; torch is too old; no space.
    """
    try:
        digests = {name: file_digest(folder / name) for name in pickles}
        result = asset_folder(_KIND) / key_of(digests)
        if _finished(result):
            return result
        with _alone(result):
            if not _finished(result):  # another process may have made it meanwhile
                paths = [folder / name for name in pickles]
                _convert(model, paths, result, {"source": source, "sha256": digests})
    except ModelLoadError:
        raise
    except Exception as error:  # no room, and tensors of other kinds, are errors of many kinds
        reason = str(error) or type(error).__name__
        raise ModelLoadError(
            f"model {model!r}: its pickled weights cannot be converted to safetensors ({reason}). Expected "
            "dense tensors of numbers, and room for them in the folder that HF_ASSETS_CACHE moves"
        ) from error
    return result


def _finished(folder: Path) -> bool:
    """Whether all files are there in the size that they were written in."""
    try:
        sizes = parsed((folder / _NOTE).read_text(encoding="utf-8"))["sizes"]
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process converts a model, others wait for it; what killed ones have left is removed."""
    from filelock import FileLock

    with FileLock(folder.with_suffix(".lock")):
        for left in folder.parent.glob(f"{folder.name}.*.unfinished"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _convert(model: str, pickles: Sequence[Path], folder: Path, note: dict[str, Any]) -> None:
    import torch

    if tuple(map(int, torch.__version__.split(".")[:2])) < _SAFE_SINCE:
        raise ModelLoadError(
            f"model {model!r} has only pickled weights, which torch {torch.__version__} cannot read safely; "
            "install torch 2.6 or newer"
        )
    total = sum(path.stat().st_size for path in pickles)
    logger.warning(
        "model %r has pickled weights; converting them to safetensors once (%s) in %s",
        model, in_megabytes(total), folder,
    )  # fmt: skip
    scratch = folder.with_name(f"{folder.name}.{uuid4().hex[:8]}.unfinished")
    scratch.mkdir(parents=True)
    try:
        _write(model, pickles, scratch)
        sizes = {path.name: path.stat().st_size for path in scratch.iterdir()}
        (scratch / _NOTE).write_text(
            json.dumps({**note, "sizes": sizes, "torch": torch.__version__}, indent=1)
        )
        shutil.rmtree(folder, ignore_errors=True)  # one that was damaged
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(model: str, pickles: Sequence[Path], folder: Path) -> None:
    """One shard at a time, so that memory holds one of them."""
    from safetensors.torch import save_file

    where = {}
    for number, path in enumerate(pickles, start=1):
        many = len(pickles) > 1
        name = f"model-{number:05}-of-{len(pickles):05}.safetensors" if many else SAFETENSORS
        tensors = {key: value.contiguous() for key, value in _tensors(model, path).items()}
        _part(tensors)
        save_file(tensors, folder / name, {"format": "pt"})
        where.update(dict.fromkeys(tensors, name))
    if len(pickles) > 1:
        (folder / f"{SAFETENSORS}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": where}))


def _part(tensors: dict[str, Any]) -> None:
    """Give each tensor memory of its own: safetensors stores none that share some."""
    seen = set()
    for key, tensor in tensors.items():
        place = tensor.untyped_storage().data_ptr()
        if place in seen:
            tensors[key] = tensor.clone()
        seen.add(place)


def _tensors(model: str, path: Path) -> dict[str, Any]:
    """The tensors of one pickle by name.

    Raises:
        ModelLoadError: it wants anything but tensors, or is damaged.
    """
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a pickle's protocol: what it holds is checked below
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=_can_be_mapped(path))
    except Exception as error:  # damaged files surface as errors of pickle, zipfile or torch
        raise ModelLoadError(
            f"model {model!r}: {path.name} is no pickle of tensors, and nothing of it was run "
            f"({_reason(error)}). Expected weights as torch saves them; got {path}"
        ) from error
    wrong = [] if isinstance(content, dict) else [type(content).__name__]
    if not wrong:
        wrong = [f"{key!r}: {type(value).__name__}" for key, value in content.items()
                 if not isinstance(key, str) or not isinstance(value, torch.Tensor)]  # fmt: skip
    if wrong:
        raise ModelLoadError(
            f"model {model!r}: {path.name} holds {', '.join(wrong[:3])}; expected a dictionary of tensors"
        )
    return dict(content)


def _can_be_mapped(path: Path) -> bool:
    """Whether it is a zip archive as torch writes them since 1.6, whose tensors need no copy in memory."""
    if not is_zipfile(path):
        return False
    with ZipFile(path) as archive:
        return all(member.compress_type == ZIP_STORED for member in archive.infolist())


def _reason(error: Exception) -> str:
    """What a pickle wants, from a message of many lines that advises to read it unsafely."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "GLOBAL" in line or "Unsupported" in line]
    return (telling or lines or [type(error).__name__])[0][:300]
