"""Everything that has to be measured on a GPU, in one sitting: python -m benchmarks.gpu_check.

From the repository's root; nothing has to be installed but torch, transformers, Pillow and numpy, and no
network is used. Models are random, in the shape of released ones. What did not fit into the time is named.
Exits 1 if vectors are off or a part failed.

    python -m benchmarks.gpu_check [--seconds 450] [--results benchmarks/RESULTS.md]
    python -m benchmarks.gpu_check --device cpu --tiny    # does the script work? Its figures mean nothing
"""

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    import torch

    from benchmarks.gpu.check import Check

# Title, and the module of benchmarks.gpu and its function; the most important first, for time may run out.
PARTS = (
    ("Parity with transformers in float32 on the CPU", "parity", "parity"),
    ("Out of memory", "halving", "halving"),
    ("Two batches under way at once", "lanes", "lanes"),
    ("The towers alone, by size of batch", "batches", "batches"),
    ("End to end from JPEG files", "files", "from_files"),
)
_HELPERS = Path(__file__).parents[1] / "tests" / "helpers"
_TINY = "**Tiny models of two layers: this shows that the script works; its figures mean nothing.**"


def main() -> None:
    # Before transformers is imported: a tokenizer's class may ask the hub, which answers late or never.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """All parts; 1 if one of them failed."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        device = _device(given.device)
    except ValueError as error:  # it says what there is
        parser.error(str(error))
    if str(_HELPERS) not in sys.path:
        sys.path.append(str(_HELPERS))  # small models of every family
    from benchmarks.gpu.check import Check

    until = time.monotonic() + given.seconds
    sections, good = list[str](), True
    with TemporaryDirectory() as home, patch.dict(os.environ, {"HF_ASSETS_CACHE": str(Path(home, "assets"))}):
        check = Check(device, given.tiny, Path(home), until)
        sections.append(_say("\n\n".join(["## GPU check", about(check), *([_TINY] * given.tiny)])))
        for title, module, function in PARTS:
            body, fine = _part(check, title, module, function)
            sections.append(body)
            good &= fine
    took = f"Took {given.seconds - (until - time.monotonic()):.0f} of {given.seconds:.0f} seconds."
    sections.append(_say(f"{took} {'All parts passed.' if good else '**Not all parts passed.**'}"))
    if given.results:
        from benchmarks.shared.results import replace_section

        replace_section(given.results, "gpu check", "\n\n".join(sections))
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks gpu-check",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=450, help="after which nothing new is begun")
    parser.add_argument("--results", type=Path, help='file to write the section "gpu check" of')
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="models of two layers and a few items")
    return parser


def _device(name: str) -> "torch.device":
    """By its number: torch limits the memory of no other."""
    import torch

    from clip_embeddings.models.running.device import choose_device

    device = choose_device(name)
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def about(check: "Check") -> str:
    """The card, its driver and the versions, in one line."""
    import torch

    from benchmarks.shared.results import machine

    versions = machine(["torch", "transformers", "pillow", "numpy"])
    if not check.on_gpu:
        return f"No GPU: on {check.device}. {versions}."
    card, cuda = torch.cuda.get_device_properties(check.device), torch.version.cuda
    cudnn: Any = torch.backends.cudnn
    allowed = {"products": torch.backends.cuda.matmul.allow_tf32, "convolutions": cudnn.allow_tf32}
    tf32 = ", ".join(f"{what} {'on' if on else 'off'}" for what, on in allowed.items())
    return (
        f"{card.name}, {card.total_memory / 2**30:.0f} GiB, driver {_driver()}, CUDA {cuda}, cuDNN "
        f"{cudnn.version()}; TF32 in float32: {tf32}. {versions}."
    )


def _driver() -> str:
    try:
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        told = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
        return told.strip().splitlines()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        return "unknown"


def _part(check: "Check", title: str, module: str, function: str) -> tuple[str, bool]:
    """A part's section, and whether nothing was raised; what it found before that stays."""
    from benchmarks.gpu.check import TIME_UP

    said = [_say(f"### {title}")]
    if check.left <= 0:
        return "\n\n".join([*said, _say(f"{TIME_UP[0].upper()}{TIME_UP[1:]}.")]), True
    try:
        work: Callable[[Check], Iterator[str]] = getattr(import_module(f"benchmarks.gpu.{module}"), function)
        said.extend(map(_say, work(check)))
    except Exception as error:
        traceback.print_exc()
        said.append(_say(f"**Failed**: {type(error).__name__}: {error} ({_place(error)})"))
        return "\n\n".join(said), False
    return "\n\n".join(said), True


def _place(error: BaseException) -> str:
    """File and line that it was raised in, without its folder."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}, line {last.lineno}"


def _say(text: str) -> str:
    """Shown at once: a sitting may be cut short."""
    print(text, end="\n\n", flush=True)
    return text


if __name__ == "__main__":
    main()
