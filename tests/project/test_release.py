"""What a release needs: one place for the version, a page on PyPI without dead links, workflows that hold."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from readme_renderer.markdown import render

from clip_embeddings import __version__
from tools.pypi_page import page
from tools.release import faults, version

ROOT = Path(__file__).parents[2]
HOME = "https://example.org/owner/name"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def rendered(home: str) -> BeautifulSoup:
    shown = render(page(ROOT, home, "v1.2.3"))
    assert shown is not None
    return BeautifulSoup(shown, "html.parser")


@pytest.mark.parametrize("home", ["", HOME])
def test_every_link_of_the_page_on_pypi_leads_somewhere_from_there(home: str) -> None:
    shown = rendered(home)
    anchors = {f"#{each['id']}" for each in shown.select("[id]")}
    links = [str(each.get("href") or each["src"]) for each in shown.select("a[href], img")]
    assert [link for link in links if urlsplit(link).scheme != "https" and link not in anchors] == []
    assert len(shown.select("pre")) > 5


def test_with_an_address_the_page_links_to_the_files_of_its_tag_and_shows_the_picture() -> None:
    shown = rendered(HOME)
    files = {each["href"] for each in shown.select(f"a[href^='{HOME}']")}
    assert f"{HOME}/blob/v1.2.3/docs/getting-started.md" in files
    for file in files:
        assert (ROOT / str(file).removeprefix(f"{HOME}/blob/v1.2.3/")).exists()
    (picture,) = (str(each["src"]) for each in shown.select("img"))
    assert (ROOT / picture.removeprefix(f"{HOME}/raw/v1.2.3/")).is_file()


def test_a_link_to_no_file_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("[gone](docs/gone.md)", encoding="utf-8")
    with pytest.raises(ValueError, match=r"README\.md links to docs/gone\.md"):
        page(tmp_path, "", "v1")


def test_the_version_stands_in_one_place() -> None:
    assert version(ROOT) == __version__
    folders = ("clip_embeddings", "clip_embeddings_app", "integrations")
    found = [
        f"{path.relative_to(ROOT)}"
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == __version__
    ]
    assert found == ["clip_embeddings/__init__.py"]
    assert __version__ not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the check reads, ready for version 1.2.3."""
    (tmp_path / "clip_embeddings").mkdir()
    (tmp_path / "clip_embeddings" / "__init__.py").write_text('__version__ = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("## [Unreleased]\n\n## [1.2.3] - 2030-01-31\n", encoding="utf-8")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    settings = re.sub(r'^repository = ".*"$', f'repository = "{HOME}"', settings, flags=re.MULTILINE)
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    return tmp_path


def test_a_tag_that_is_the_version_can_be_released(tree: Path) -> None:
    assert list(faults(tree, "v1.2.3")) == []


def test_another_tag_no_changes_and_no_address_are_named(tree: Path) -> None:
    (tree / "CHANGELOG.md").write_text("## [Unreleased]\n", encoding="utf-8")
    settings = (tree / "pyproject.toml").read_text(encoding="utf-8").replace(HOME, "")
    (tree / "pyproject.toml").write_text(settings, encoding="utf-8")
    tag, changes, address = faults(tree, "v1.2.4")
    assert "'v1.2.4'; expected 'v1.2.3'" in tag
    assert "'## [1.2.3] - YYYY-MM-DD'" in changes
    assert "repository is ''; expected 'https://HOST/OWNER/NAME'" in address


def steps(workflow: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_read_only_hold_no_secret_and_name_majors_of_actions(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "secrets." not in text
    actions = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert [each for each in actions if not re.fullmatch(r"[\w-]+/[\w-]+@(release/)?v\d+", each)] == []
    granted = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert granted == ({"publish": {"id-token": "write"}} if path.name == "release.yml" else {})
    for command in (step["run"] for step in steps(workflow) if "run" in step):
        assert "${{" not in command  # what a tag or a branch is called is no shell
        for program in re.findall(r"(?:^|python )([.\w]+/[\w./]+)", command):
            assert (ROOT / program).is_file()


def test_ci_runs_every_python_that_is_promised() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    tried = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert tried == re.findall(r"Python :: (3\.\d+)", settings)
    assert shutil.which(str(ROOT / ".ci" / "run")) is not None  # it may be executed
