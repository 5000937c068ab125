"""Hold the direction of imports: `python tools/check_imports.py [ROOT]` names each violation and exits 1.

Reads the source as a syntax tree and runs none of it, so imports inside functions are seen too. Modules of
one layer may import each other, but never in a circle; TYPE_CHECKING imports count for direction only.
Standard library only.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CORE = "clip_embeddings"
# Lowest first; a unit imports its own layer and those before it. "" is the public names in __init__.py.
LAYERS = (
    "errors types; conditions forking records scenes showing similarity; calibration; config; inputs; "
    "models; coalesce items pipeline; model_handle; encode; embedder; ingestion on_record tasks; "
    "cards context search; stores;"
)
RANK = {unit: rank for rank, layer in enumerate(LAYERS.split(";")) for unit in layer.split() or [""]}
APP = "clip_embeddings_app"  # above everything; nothing imports it
# Only these files import the package named; a trailing slash means a whole folder.
RESERVED = {
    "transformers": (
        f"{CORE}/models/sentence_transformers/width.py",
        f"{CORE}/models/text_model/tower.py",
        f"{CORE}/models/transformers/loading.py",
        f"{CORE}/models/transformers/tokenizer.py",
        f"{CORE}/models/transformers/trainable.py",
    ),
    "open_clip": (f"{CORE}/models/open_clip/",),
    "sentence_transformers": (f"{CORE}/models/sentence_transformers/loading.py",),
}
# What `import clip_embeddings` may not load, directly or through its own modules.
HEAVY = {
    *("torch", "transformers", "sentence_transformers", "tokenizers", "safetensors"),
    *("huggingface_hub", "numpy", "PIL", "typer"),
}
# Adapter -> what it may import beside the public core, the standard library and COMMON.
ADAPTERS = {
    "chroma_clip_embeddings": {"chromadb"},
    "langchain_clip_embeddings": {
        "chroma_clip_embeddings",
        "chromadb",
        "langchain",
        "langchain_chroma",
        "langchain_core",
        "langchain_text_splitters",
        "pydantic",
    },
    "lancedb_clip_embeddings": {"filelock", "lancedb", "pyarrow"},
    "ray_clip_embeddings": {"pyarrow", "ray", "torch"},
}
# Adapter -> package that it works without -> the only folder of it that imports that; itself aside, such a
# folder is imported by functions only.
APART = {
    "langchain_clip_embeddings": {
        **dict.fromkeys(("chroma_clip_embeddings", "chromadb", "langchain_chroma"), "chroma"),
        "langchain": "agents",
    }
}
COMMON = {"numpy", "PIL", "rich"}
# What adapters are built on beside the names in __init__.py; all of ingestion is.
PUBLIC_MODULES = {
    *("conditions", "context", "errors", "types", "pipeline", "inputs.formats", "inputs.modes", "ingestion"),
    *("on_record", "search", "stores", "tasks.adapting", "tasks.stored"),
}
HOSTS = {APP, *ADAPTERS}.union(*ADAPTERS.values(), {"langchain", "langchain_community"}) - {
    "filelock",
    "pyarrow",
    "torch",
}


class Import(NamedTuple):
    """One imported name: `from a.b import c` is module "a.b", name "c"; `import a.b` has no name."""

    line: int
    module: str
    name: str | None
    eager: bool  # runs when the module is imported
    typing: bool  # under TYPE_CHECKING

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def imports_of(path: Path, root: Path) -> list[Import]:
    """Return every import in a file; `root` is the folder that holds its top package."""
    found: list[Import] = []
    package = path.parent.relative_to(root).parts

    def visit(node: ast.AST, eager: bool, typing: bool) -> None:
        if isinstance(node, ast.Import):
            found.extend(Import(node.lineno, alias.name, None, eager, typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*parents, *filter(None, [node.module])])
            found.extend(Import(node.lineno, module, alias.name, eager, typing) for alias in node.names)
        else:
            guarded: list[ast.stmt] = []
            if isinstance(node, ast.If) and ast.unparse(node.test).split(".")[-1] == "TYPE_CHECKING":
                guarded = node.body
            inner = eager and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for child in ast.iter_child_nodes(node):
                visit(child, inner, typing or child in guarded)

    visit(ast.parse(path.read_text(encoding="utf-8"), str(path)), True, False)
    return found


def core_unit(item: Import) -> str:
    """Return the unit of the core that an import reaches: "embedder", or "" for a public name."""
    below = item.module.split(".")[1:]
    return below[0] if below else item.name if item.name in RANK else ""


def core_violations(file: str, unit: str, items: list[Import]) -> Iterator[tuple[int, str]]:
    if unit not in RANK:
        yield 1, f"{unit} has no place in LAYERS of tools/check_imports.py"
    for item in items:
        if item.top == CORE and unit in RANK:
            target = core_unit(item)
            if RANK.get(target, len(RANK)) > RANK[unit]:
                yield item.line, f"{unit or CORE} may not import upward: {target or 'the public names'}"
        elif item.top in HOSTS:
            yield item.line, f"the core may not import {item.top}"
        elif item.top in RESERVED and not file.startswith(RESERVED[item.top]):
            yield item.line, f"{item.top} is imported only by {', '.join(RESERVED[item.top])}"


def adapter_violations(
    adapter: str, module: str, public: set[str], items: list[Import]
) -> Iterator[tuple[int, str]]:
    allowed = sys.stdlib_module_names | COMMON | ADAPTERS[adapter] | {adapter}
    apart = APART.get(adapter, {})
    folder = module.partition(".")[0]
    for item in items:
        reached = ".".join(filter(None, [item.module, item.name]))
        own = item.top == adapter and item.eager and not item.typing and reached.split(".")[1:2]
        only = apart.get(item.top) or (own and own[0] in apart.values() and own[0])
        if only and folder != only:
            yield item.line, f"only {only} of {adapter} may import {reached}"
            continue
        if item.top == CORE:
            below = reached.split(".")[1:3]
            if below and not {below[0], ".".join(below)} & (PUBLIC_MODULES | (public - RANK.keys())):
                yield item.line, f"{adapter} may import only public names of {CORE}, not {reached}"
        elif item.top not in allowed:
            yield item.line, f"{adapter} may not import {item.top}"


def circles(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Name each import of a module that leads back to the one that imports it."""
    modules = {}
    for folder in (root, root / "integrations"):
        for top in (CORE, APP, *ADAPTERS):
            for path in sorted((folder / top).rglob("*.py")):
                name = ".".join(path.relative_to(folder).with_suffix("").parts)
                modules[name.removesuffix(".__init__")] = path, folder
    reached: dict[str, dict[str, int]] = {}
    for name, (path, folder) in modules.items():
        reached[name] = {}
        for item in (item for item in imports_of(path, folder) if not item.typing):
            both = (f"{item.module}.{item.name}", item.module)
            if found := next((each for each in both if each in modules and each != name), None):
                reached[name].setdefault(found, item.line)
    for name, (path, _) in modules.items():
        for other, line in reached[name].items():
            todo, seen = [other], {other}
            while todo:
                new = reached[todo.pop()].keys() - seen
                seen |= new
                todo += new
            if name in seen:
                yield path, line, f"{other} leads back to {name}: a circle"


def loading_violations(root: Path) -> Iterator[tuple[Path, int, str]]:
    """Follow what importing the core runs at once, and name each heavy package it would load."""
    todo, seen = [root / CORE / "__init__.py"], set[Path]()
    while todo:
        path = todo.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        for item in (item for item in imports_of(path, root) if item.eager and not item.typing):
            if item.top in HEAVY:
                yield path, item.line, f"importing {CORE} may not load {item.top}"
            parts = [*item.module.split("."), *filter(None, [item.name])] if item.top == CORE else []
            for stop in range(1, len(parts) + 1):
                module = root.joinpath(*parts[:stop])
                todo += [module / "__init__.py", module.with_suffix(".py")]


def public_names(root: Path) -> set[str]:
    """Return `__all__` of the core, which must be written out as a list or tuple of strings."""
    path = root / CORE / "__init__.py"
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return set(ast.literal_eval(node.value))
    return set()


def violations(root: Path) -> Iterator[tuple[Path, int, str]]:
    for path in sorted((root / CORE).rglob("*.py")):
        unit = path.relative_to(root / CORE).with_suffix("").parts[0].replace("__init__", "")
        found = core_violations(path.relative_to(root).as_posix(), unit, imports_of(path, root))
        yield from ((path, *each) for each in found)
    public, folder = public_names(root), root / "integrations"
    for adapter in ADAPTERS:
        for path in sorted((folder / adapter).rglob("*.py")):
            module = ".".join(path.relative_to(folder / adapter).with_suffix("").parts)
            found = adapter_violations(adapter, module, public, imports_of(path, folder))
            yield from ((path, *each) for each in found)
    yield from circles(root)
    yield from loading_violations(root)


if __name__ == "__main__":
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    messages = [f"{path.relative_to(tree)}:{line}: {text}" for path, line, text in violations(tree)]
    print("\n".join(dict.fromkeys(messages)) or "Imports point downward.")
    sys.exit(1 if messages else 0)
