"""What has to be true of a release before it is built: `python tools/release.py TAG` names what is not.

Exits 1 then, and the release workflow ends there: docs/releasing.md. Standard library only.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def version(root: Path) -> str:
    """`__version__` of the core, which everything else takes it from; nothing is imported."""
    source = (root / "clip_embeddings" / "__init__.py").read_text(encoding="utf-8")
    (found,) = (
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"
    )
    return str(found)


def faults(root: Path, tag: str) -> Iterator[str]:
    """What stands in the way of releasing a tag."""
    number = version(root)
    if tag != f"v{number}":
        yield f"the tag is {tag!r}; expected 'v{number}', as clip_embeddings/__init__.py has it"
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(number)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        yield f"CHANGELOG.md has no part '## [{number}] - YYYY-MM-DD'"
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    address = settings["tool"]["hatch"]["metadata"]["hooks"]["custom"]["repository"]
    if not re.fullmatch(r"https://[^/\s]+(/[^/\s]+){2}", address):
        yield (
            f"pyproject.toml: repository is {address!r}; expected 'https://HOST/OWNER/NAME', which the links "
            "of the page on PyPI are made of"
        )


if __name__ == "__main__":
    found = list(faults(ROOT, sys.argv[1] if len(sys.argv) > 1 else ""))
    print("\n".join(found) or f"{sys.argv[1]} can be built.")
    sys.exit(1 if found else 0)
