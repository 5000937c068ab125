"""Execute the notebook and keep what it shows: `python tools/notebook.py` writes its outputs anew.

`--check` writes nothing: it names each cell whose kept output is no longer what the cell shows, and exits 1.
What differs between processors and runs is no difference: the last digits of numbers, colours made of them,
how long something took, how a picture was compressed. Imports nbformat, nbclient and Pillow.
"""

import os
import re
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "examples" / "quickstart.ipynb"
RENEW = "renew them with `make notebook`"
SECONDS = 300  # for one cell, on a busy machine

_PICTURE = re.compile(r"data:image/\w+;base64,([A-Za-z0-9+/=]+)")
_UNSEEN = re.compile(r"<style>.*?</style>| style=\"[^\"]*\"|\b\d+\.\d+(?= s\b)", re.DOTALL)
_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+(?=>)")
_NUMBER = re.compile(r"-?\d+\.\d+")
_UNITS = 5  # of a number's last digit


def load(path: Path = NOTEBOOK) -> Any:
    """The notebook as it is kept."""
    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def executed(notebook: Any) -> Any:
    """A copy of the notebook with what its cells show now: on this tree, in a folder of its own.

    Raises:
        CellExecutionError: a cell raised.
    """
    fresh = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # A user's own IPython start-up files have no part in it.
        os.environ |= dict.fromkeys(("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"), folder)
        paths = [str(ROOT), str(ROOT / "integrations"), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        os.environ["PYTHONWARNINGS"] = (
            "ignore:IProgress not found"  # no ipywidgets here; nothing shows progress
        )
        NotebookClient(
            fresh,
            timeout=SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        ).execute()
    return tidy(fresh)


def tidy(notebook: Any) -> Any:
    """The notebook without what says when, how long and on which Python it ran."""
    notebook.metadata = nbformat.from_dict(  # type: ignore[no-untyped-call]
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    for cell in notebook.cells:
        cell.metadata.clear()
        for output in cell.get("outputs", []):
            output.get("metadata", {}).clear()
            data = output.get("data", {})
            if "image/png" in data:  # Pillow gives both
                data.pop("image/jpeg", None)
            if "text/plain" in data:
                data["text/plain"] = _ADDRESS.sub("", data["text/plain"])
    return notebook


def differences(kept: Any, fresh: Any) -> Iterator[str]:
    """What a reader of the kept notebook would see otherwise, a line for each cell."""
    for before, now in zip(kept.cells, fresh.cells, strict=True):
        if before.cell_type != "code":
            continue
        was, becomes = _shown(before), _shown(now)
        if was.keys() != becomes.keys():
            yield f"cell {before.id!r}: has {_names(was)} kept; shows {_names(becomes)} now"
        elif unlike := [name for name in was if not alike(was[name], becomes[name])]:
            yield f"cell {before.id!r}: {_names(unlike)} kept is not what it shows now"


def alike(one: str, other: str) -> bool:
    """Whether two outputs say the same; numbers with a point may differ by a few of their last digit."""
    left, right = _plain(one), _plain(other)
    if _NUMBER.sub("#", left) != _NUMBER.sub("#", right):
        return False
    pairs = zip(_NUMBER.findall(left), _NUMBER.findall(right), strict=True)
    return all(_close(a, b) for a, b in pairs)


def _close(one: str, other: str) -> bool:
    last = 10.0 ** -len(one.partition(".")[2])
    return abs(float(one) - float(other)) < (_UNITS + 0.5) * last


def _plain(output: str) -> str:
    return _UNSEEN.sub("", _PICTURE.sub(lambda found: _size(found[1]), output))


def _size(content: str) -> str:
    """A picture is told by its size."""
    with Image.open(BytesIO(b64decode(content))) as picture:
        return f"picture of {picture.width} x {picture.height}"


def _shown(cell: Any) -> dict[str, str]:
    """Output by output: what kind it is -> its content."""
    found: dict[str, str] = {}
    for number, output in enumerate(cell.outputs):
        if output.output_type == "stream":
            name = output.name
            found[name] = found.get(name, "") + output.text
            continue
        for kind, content in output.get("data", {}).items():
            image = kind.startswith("image/")
            found[f"{kind} of output {number}"] = f"data:image/any;base64,{content}" if image else content
    # The plain form of what is drawn otherwise: nobody sees it.
    plain = [name for name in found if name.startswith("text/plain")]
    return {name: each for name, each in found.items() if name not in plain or len(found) == len(plain)}


def _names(kinds: Any) -> str:
    return ", ".join(kinds) or "nothing"


def main(arguments: list[str]) -> int:
    kept = load()
    fresh = executed(kept)
    if arguments == ["--check"]:
        found = list(differences(kept, fresh))
        print("\n".join([*found, RENEW] if found else ["The notebook's outputs are what its cells show."]))
        return 1 if found else 0
    nbformat.write(fresh, NOTEBOOK)  # type: ignore[no-untyped-call]
    print(f"{NOTEBOOK.relative_to(ROOT)}: {NOTEBOOK.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
