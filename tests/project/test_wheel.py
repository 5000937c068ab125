"""The wheel holds what a user needs under clean names, and installs without the repository around it."""

import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from clip_embeddings import __version__

ROOT = Path(__file__).parents[2]
MEGABYTE = 2**20
WEIGHTS = "clip_embeddings/models/tiny/weights"
PACKAGES = (
    "clip_embeddings",
    "clip_embeddings_app",
    "chroma_clip_embeddings",
    "lancedb_clip_embeddings",
    "langchain_clip_embeddings",
    "ray_clip_embeddings",
)


def run(*command: str, cwd: Path) -> str:
    result = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = ("-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    run(sys.executable, *command, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    flags = ("--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(target))
    run(sys.executable, "-m", "pip", "install", *flags, str(wheel), cwd=wheel.parent)
    return target


def run_installed(installed: Path, cwd: Path, code: str) -> str:
    """Run code against the installed wheel; an editable install's paths into the repository are taken out."""
    hidden = [str(ROOT), str(ROOT / "integrations")]
    setup = f"import sys; sys.path[:] = [{str(installed)!r}, *(p for p in sys.path if p not in {hidden!r})]\n"
    return run(sys.executable, "-I", "-c", setup + code, cwd=cwd)


def test_the_wheel_holds_the_packages_their_types_and_the_bundled_weights(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    weights = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]
    wanted = {f"{WEIGHTS}/{name}" for name in [*weights, "preprocessor_config.json", "README.md"]}
    for package in PACKAGES:
        wanted |= {f"{package}/__init__.py", f"{package}/py.typed"}
    assert wanted - names == set()


def test_the_wheel_says_the_version_and_shows_the_readme(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    said = message_from_bytes(archive.read(name))
    assert said["Version"] == __version__
    assert wheel.name.startswith(f"clip_embeddings-{__version__}-")
    assert said["Description-Content-Type"] == "text/markdown"
    assert str(said.get_payload()).startswith("# clip-embeddings\n")


def test_the_wheel_holds_no_program_of_the_repository_and_nothing_that_was_left_behind(wheel: Path) -> None:
    endings = {Path(name).suffix or Path(name).name for name in zipfile.ZipFile(wheel).namelist()}
    about_it = {"LICENSE", "METADATA", "RECORD", "WHEEL", ".txt"}
    page = {".css", ".html", ".js", ".svg"}
    assert endings - about_it == {".py", ".typed", ".md", ".json", ".npz", ".safetensors"} | page


def test_the_wheel_installs_nothing_but_the_import_packages(wheel: Path) -> None:
    tops = {name.partition("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == set(PACKAGES)


def test_the_wheel_carries_its_licence_and_is_small(wheel: Path) -> None:
    assert any(name.endswith("/LICENSE") for name in zipfile.ZipFile(wheel).namelist())
    assert wheel.stat().st_size < 12 * MEGABYTE


def test_the_folder_of_adapters_is_not_a_package_once_installed(installed: Path, tmp_path: Path) -> None:
    code = "import importlib.util; print(importlib.util.find_spec('integrations'))"
    assert run_installed(installed, tmp_path, code) == "None"


def test_the_installed_package_imports_without_the_repository_or_torch(
    installed: Path, tmp_path: Path
) -> None:
    code = "import clip_embeddings; print('torch' in sys.modules, clip_embeddings.__file__)"
    assert (
        run_installed(installed, tmp_path, code) == f"False {installed / 'clip_embeddings' / '__init__.py'}"
    )


def test_the_installed_stores_are_found_by_name_and_say_which_extra_is_missing(
    installed: Path, tmp_path: Path
) -> None:
    code = (
        "from clip_embeddings.stores.lookup import open_store, store_names\n"
        "print(store_names(), open_store('chroma:db').exists())\n"
        "sys.modules['lancedb'] = None\n"
        "try:\n    open_store('lancedb:db')\n"
        "except ImportError as error:\n    print(error)\n"
    )
    found, missing = run_installed(installed, tmp_path, code).splitlines()
    assert found == "['chroma', 'lancedb'] False"
    assert missing == 'lancedb_clip_embeddings needs lancedb: pip install "clip-embeddings[lancedb]"'


@pytest.mark.parametrize(
    ("adapter", "host", "message"),
    [
        ("chroma_clip_embeddings", "chromadb", 'needs chromadb: pip install "clip-embeddings[chroma]"'),
        (
            "langchain_clip_embeddings",
            "langchain_core",
            'needs langchain-core: pip install "clip-embeddings[langchain]"',
        ),
        ("lancedb_clip_embeddings", "lancedb", 'needs lancedb: pip install "clip-embeddings[lancedb]"'),
        ("ray_clip_embeddings", "ray", 'needs ray: pip install "clip-embeddings[ray]"'),
    ],
)
def test_an_adapter_without_its_host_names_the_extra_to_install(
    installed: Path, tmp_path: Path, adapter: str, host: str, message: str
) -> None:
    code = (
        f"sys.modules[{host!r}] = None\n"
        f"try:\n    import {adapter}\n"
        "except ImportError as error:\n    print(error)\n"
    )
    assert run_installed(installed, tmp_path, code) == f"{adapter} {message}"
