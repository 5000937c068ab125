"""Every package that the code imports is declared, and the lowest versions declared are the ones tried."""

import importlib.util
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
# Whose absence is answered with the extra to install: any extra may declare them.
OPTIONAL = {
    "charset_normalizer",
    "chromadb",
    "fsspec",
    "ftfy",
    "langchain",
    "matplotlib",
    "open_clip",
    "peft",
    "pyarrow",
    "pypdfium2",
    "sentence_transformers",
    "sklearn",
}
# Not installed where the tests run, so that nothing says whose module it is.
DISTRIBUTIONS = {"open_clip": ["open_clip_torch"]}
ADAPTERS = ("chroma", "lancedb", "langchain", "ray")


def tool(name: str) -> ModuleType:
    """A file of tools/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


lowest, check_imports = tool("lowest"), tool("check_imports")
OWN = {"clip_embeddings", *(f"{adapter}_clip_embeddings" for adapter in ADAPTERS)}


def undeclared(root: Path, package: Path, known: set[str], extras: set[str]) -> Iterator[str]:
    """Imports of a package that neither it nor, where they are optional, an extra declares."""
    homes = packages_distributions()
    for path in sorted(package.rglob("*.py")):
        for item in check_imports.imports_of(path, package.parent):
            names = {lowest.canonical(name) for name in {**DISTRIBUTIONS, **homes}.get(item.top, [item.top])}
            apart = check_imports.APART.get(package.name, {}).get(item.top)
            late = item.typing or not item.eager or (apart and path.parent == package / apart)
            allowed = known | extras if item.top in OPTIONAL and late else known
            if item.top not in sys.stdlib_module_names | OWN and not names & allowed:
                yield f"{path.relative_to(root)}:{item.line}: {item.top}"


@pytest.mark.parametrize("package", ["", *ADAPTERS])
def test_every_package_imported_is_declared(package: str) -> None:
    project = lowest.project(ROOT)
    base = set(lowest.bounds(project["dependencies"], project["name"]))
    groups = {extra: lowest.extra(project, extra) for extra in project["optional-dependencies"]}
    folder = ROOT / "integrations" / f"{package}_clip_embeddings" if package else ROOT / "clip_embeddings"
    known = base | set(groups.get(package, ()))
    every = set().union(*groups.values())
    assert list(undeclared(ROOT, folder, known, every)) == []


def test_an_import_that_is_not_declared_is_named(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    code = "import os\nimport numpy\nimport peft\ndef late() -> None:\n    import peft, PIL, yaml\n"
    (package / "module.py").write_text(code, encoding="utf-8")
    found = list(undeclared(tmp_path, package, {"numpy", "pillow"}, {"peft", "pyyaml"}))
    assert found == ["package/module.py:3: peft", "package/module.py:5: yaml"]


def test_the_lowest_versions_are_those_declared_and_torch_stays_at_its_pin() -> None:
    lines = dict(line.split("==") for line in lowest.requirements(ROOT))
    declared, pins = lowest.declared(ROOT), lowest.pinned(ROOT)
    assert set(declared) <= set(lines)
    assert {name for name, bound in declared.items() if lines[name] != bound} <= {"torch"}
    assert lines["torch"] == pins["torch"]
    assert lines["pytest"] == pins["pytest"]
    assert "chromadb" in lines
    assert "langchain-core" in lines
    assert "ray" not in lines


def test_a_requirement_without_a_lower_bound_is_refused() -> None:
    with pytest.raises(ValueError, match="'numpy'; expected a name and its lower bound"):
        lowest.bounds(["numpy"], "clip-embeddings")


def test_what_is_left_out_is_there() -> None:
    """A file that was moved would be tried there, or its name be taken for another's."""
    for argument in lowest.left_out(ROOT):
        option, _, place = argument.partition("=")
        file, _, name = place.partition("::")
        if option == "--ignore-glob":
            assert list(ROOT.glob(file.replace("*killed", "**/*killed"))), argument
        elif option in {"--ignore", "--deselect"}:
            assert (ROOT / file).exists(), argument
            assert not name or f"def {name}" in (ROOT / file).read_text(encoding="utf-8"), argument
