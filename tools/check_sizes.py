"""Hold the sizes: `python tools/check_sizes.py [ROOT]` names each violation and exits 1.

A folder holds at most 15 modules beside its __init__.py, a file at most 250 lines, a function fewer than 40.
A function's lines are those of its body from the first statement to the last, what is nested in it and what
is blank included; its signature and its docstring do not count. Standard library only.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDERS = (
    "benchmarks",
    "clip_embeddings",
    "clip_embeddings_app",
    "examples",
    "integrations",
    "tests",
    "tools",
)
MODULES, LINES, BODY = 15, 250, 39


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has, from the first statement behind its docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def file_violations(source: str, file: str) -> Iterator[str]:
    number = len(source.splitlines())
    if number > LINES:
        yield f"{file}: has {number} lines; at most {LINES}. Divide it by theme"
    for node in ast.walk(ast.parse(source, file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := body_lines(node)) > BODY:
            yield f"{file}:{node.lineno}: {node.name} has {lines} lines; at most {BODY}"


def violations(root: Path) -> Iterator[str]:
    modules: Counter[Path] = Counter()
    for path in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        modules[path.parent] += path.name != "__init__.py"
        yield from file_violations(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix())
    for folder, number in modules.items():
        if number > MODULES:
            name = folder.relative_to(root).as_posix()
            yield f"{name}: has {number} modules; at most {MODULES}. Give those that belong together a folder"


if __name__ == "__main__":
    messages = list(violations(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])))
    print("\n".join(messages) or "Folders, files and functions are small.")
    sys.exit(1 if messages else 0)
