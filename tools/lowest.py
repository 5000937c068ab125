"""The lowest versions that pyproject.toml allows: `python tools/lowest.py` writes requirements for pip.

`--installed` instead shows what the environment that runs it has of them, and exits 1 unless it has them
exactly; `--left-out` writes the arguments of pytest, one a line. Standard library only.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# `all` names the others; Ray is hundreds of megabytes, and its tests start clusters; what open_clip brings
# breaks transformers beside a CPU build of torch.
NOT_TRIED = {"all", "open-clip", "ray"}
# Other builds of torch bring gigabytes for CUDA: the version that constraints.txt has is tried.
AS_PINNED = {"torch"}
# What runs the tests has no part in what the bounds promise.
TOOLS = ("build", "hatchling", "hypothesis", "pytest", "pytest-asyncio", "pytest-xdist")
# Installed over the same folder as its namesake, by whichever of the two comes last.
SAME_FILES = {"typer-slim": "typer"}
# Not installed there: test files that import one of them at once are left out.
ABSENT = {
    "diffusers",
    "langchain_classic",
    "langchain_community",
    "langchain_qdrant",
    "langchain_tests",
    "open_clip",
    "pandas",
    "ray",
    "ray_clip_embeddings",
}
# Other tests that need one of them, or are long and say little about versions: arguments of pytest.
_ADAPTERS = "tests/integrations"
LEFT_OUT = (
    # Ray.
    f"--ignore={_ADAPTERS}/ray",
    f"--ignore={_ADAPTERS}/several/test_models_as_paths.py",
    f"--deselect={_ADAPTERS}/several/copies/test_copies_of_adapters.py::test_a_copied_batch_embedder",
    f"--deselect={_ADAPTERS}/several/copies/test_copies_of_adapters.py::test_a_batch_embedder",
    # Other stores of LangChain, and its record of what is indexed in SQL.
    f"--ignore={_ADAPTERS}/langchain/media/test_langchain_index.py",
    f"--deselect={_ADAPTERS}/langchain/test_langchain_embeddings.py::test_it_works_in_stores_of_other_makers",
    f"--deselect={_ADAPTERS}/langchain/test_langchain_calibration.py::test_it_is_so_in_stores_that_know_nothing_of_pictures",
    # diffusers, whose states ours are compared with.
    "--deselect=tests/tasks/test_token_states.py::test_states_equal_those_of",
    "--deselect=tests/tasks/test_token_states.py::test_padding_is_masked_only_where_the_config_says_so",
    "--deselect=tests/tasks/test_token_states.py::test_the_padding_is_the_tokenizers_own",
    "--deselect=tests/tasks/test_token_states.py::test_a_long_prompt_is_cut_with_a_warning_as_diffusers",
    "--deselect=tests/tasks/test_scoring_guides.py::test_the_token_states_guide_runs",
    # open_clip, beside the benchmarks.
    f"--ignore={_ADAPTERS}/chroma/collection/test_open_clip_parity.py",
    "--ignore-glob=tests/project/test_benchmark_*",
    # The notebook, which jupyter executes, and releases, which ask no version of a dependency.
    "--ignore=tests/project/test_notebook.py",
    "--ignore=tests/project/test_release.py",
    # Long.
    "-m=not slow",
    "--ignore=tests/robustness/ingest",
    "--ignore=tests/robustness/stores",
    "--ignore-glob=tests/robustness/test_[!h]*",
    "--ignore-glob=*killed*",
    "--ignore=tests/tasks/training/test_finetune_resume.py",
    "--ignore=tests/tasks/test_few_shot.py",
    "--ignore=tests/core/test_scenes.py",
    "--ignore=tests/project/test_training.py",
    "--ignore=tests/project/test_wheel.py",
    f"--deselect={_ADAPTERS}/ingest/finding/test_chroma_manifests.py::test_many_lines_are_streamed",
    # Old releases warn of what newer ones below them will take away.
    "-W=ignore::DeprecationWarning",
)

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?>=([0-9][A-Za-z0-9.]*)")


def canonical(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bounds(requirements: Iterable[str], own: str) -> dict[str, str]:
    """Name -> lower bound; references to the project's own extras are left out.

    Raises:
        ValueError: a requirement is no name with one lower bound.
    """
    found: dict[str, str] = {}
    for requirement in requirements:
        match = _REQUIREMENT.fullmatch(requirement)
        if match:
            found[canonical(match[1])] = match[2]
        elif not requirement.startswith(f"{own}["):
            raise ValueError(
                f"pyproject.toml: {requirement!r}; expected a name and its lower bound, 'name>=1.2'"
            )
    return found


def project(root: Path) -> dict[str, Any]:
    """The table `project` of pyproject.toml."""
    found: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


def extra(project: dict[str, Any], name: str) -> dict[str, str]:
    """Name -> lower bound of what an extra declares, with that of the extras which it names."""
    lines, own = project["optional-dependencies"][name], project["name"]
    found = bounds(lines, own)
    for line in lines:
        if line.startswith(f"{own}["):
            for other in line[len(own) + 1 : -1].split(","):
                found = higher(found, extra(project, other))
    return found


def higher(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """All bounds of both; of two for one name the higher: extras that are installed together need that."""

    def numbers(bound: str) -> list[int]:
        return [int(part) for part in re.findall("[0-9]+", bound)]

    return {
        name: max((each[name] for each in (one, other) if name in each), key=numbers) for name in one | other
    }


def declared(root: Path) -> dict[str, str]:
    """Name -> lower bound of everything that is tried: the core's dependencies and the extras'."""
    table = project(root)
    found = bounds(table["dependencies"], table["name"])
    for name in sorted(table["optional-dependencies"].keys() - NOT_TRIED):
        found = higher(found, extra(table, name))
    return dict(sorted(found.items()))


def pinned(root: Path) -> dict[str, str]:
    """Name -> version in constraints.txt."""
    lines = (root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if line and not line.startswith("#"))
    return {canonical(name): number for name, number in pairs}


def wanted(root: Path) -> dict[str, str]:
    """Name -> version to try."""
    lowest, pins = declared(root), pinned(root)
    return {name: pins[name] if name in AS_PINNED else bound for name, bound in lowest.items()}


def requirements(root: Path) -> list[str]:
    """Lines for pip: the lowest versions, and the tools that run the tests at their pins."""
    tried, pins = wanted(root), pinned(root)
    tried |= {name: tried[twin] for name, twin in SAME_FILES.items()}
    tried |= {name: pins[name] for name in TOOLS}
    return [f"{name}=={number}" for name, number in tried.items()]


def left_out(root: Path) -> list[str]:
    """Arguments of pytest that leave out what is not for the lowest versions."""
    found = list(LEFT_OUT)
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if ABSENT.intersection(name.partition(".")[0] for name in names):
                found.append(f"--ignore={path.relative_to(root)}")
    return list(dict.fromkeys(found))


def _numbers(number: str) -> list[str]:
    """1.5 and 1.5.0 are one version; what follows a + tells one's builds apart."""
    parts = number.partition("+")[0].split(".")
    while parts and parts[-1] == "0":
        parts.pop()
    return parts


def table(root: Path) -> tuple[list[str], bool]:
    """Lines on what is installed here, and whether it is what was to be tried."""
    right, lines = True, [f"{'name':26} {'installed':16} declared"]
    bound = declared(root)
    for name, number in wanted(root).items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "-"
        same = _numbers(found) == _numbers(number)
        right &= same
        note = "" if same else f"  expected {number}"
        note += "  (at its pin)" if name in AS_PINNED else ""
        lines.append(f"{name:26} {found:16} >={bound[name]}{note}")
    return lines, right


if __name__ == "__main__":
    tree = Path(__file__).parents[1]
    if sys.argv[1:] == ["--installed"]:
        shown, right = table(tree)
        print("\n".join(shown))
        sys.exit(0 if right else 1)
    print("\n".join(left_out(tree) if sys.argv[1:] == ["--left-out"] else requirements(tree)))
