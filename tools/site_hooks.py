"""Texts that lie outside of docs/ become pages of the site: see `hooks` in mkdocs.yml. Imports mkdocs.

A guide stands once, where a reader of the repository looks for it. On the site it has another place, so links
between files of the repository become links between pages; one to a file that is no page is a warning, which
ends the build. The notebook's cells and what they show become a page too.
"""

import json
import logging
import posixpath
import re
from html import escape
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LOG = logging.getLogger("mkdocs.hooks.site")
# File of the repository -> page of the site.
TEXTS = {
    "README.md": "index.md",
    "README.ko.md": "index.ko.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "benchmarks/RESULTS.md": "results.md",
    **{f"benchmarks/{path.name}": path.name for path in sorted(ROOT.glob("benchmarks/speed-*.md"))},
    "clip_embeddings/models/tiny/weights/README.md": "bundled-model.md",
    **{
        f"integrations/{name}_clip_embeddings/README.md": f"adapters/{name}.md"
        for name in ("chroma", "lancedb", "langchain", "ray")
    },
}
PROGRAMS = [*ROOT.glob("examples/**/*.py"), ROOT / "benchmarks" / "mixed" / "hubs.py"]
CODE = {str(path.relative_to(ROOT)): f"code/{path.stem}.md" for path in sorted(PROGRAMS)}
NOTEBOOKS = {"examples/quickstart.ipynb": "quickstart.md"}
PAGES = TEXTS | CODE | NOTEBOOKS
HOMES = {page: home for home, page in PAGES.items()}
NESTED = re.compile(r"^  (?=- )", re.MULTILINE)  # a list in a list, which the site's Markdown indents by four
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that lie elsewhere; a program is a page that shows it."""
    for home, page in TEXTS.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / home)))
    for home, page in CODE.items():
        shown = f"# {home}\n\n```python\n{(ROOT / home).read_text(encoding='utf-8')}```\n"
        files.append(File.generated(config, page, content=shown))
    for home, page in NOTEBOOKS.items():
        files.append(File.generated(config, page, content=_page_of(ROOT / home)))
    return files


def _page_of(notebook: Path) -> str:
    """A notebook's cells and outputs as Markdown, with the HTML that they show."""
    parts: list[str] = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        parts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        parts += [_shown(output) for output in cell.get("outputs", [])]
    return "\n\n".join(parts) + "\n"


def _shown(output: dict[str, Any]) -> str:
    """One output, in the richest of its forms."""
    data: dict[str, str | list[str]] = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    if "image/png" in data:
        content = "".join(data["image/png"]).replace("\n", "")
        return f'<img src="data:image/png;base64,{content}" alt="">'
    return f"<pre>{escape(''.join(output.get('text') or data['text/plain']).rstrip())}</pre>"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links to files of the repository into links to pages."""
    here = page.file.src_uri
    folder = posixpath.dirname(HOMES.get(here, f"docs/{here}"))

    def turned(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[1]))
        if not (ROOT / target).exists():
            return link[0]  # code that looks like a link, or a broken one, which mkdocs names
        if target not in PAGES and not target.startswith("docs/"):
            LOG.warning("%s links to %s, which is no page of the site: see tools/site_hooks.py", here, target)
        to = PAGES.get(target, target.removeprefix("docs/"))
        return f"]({posixpath.relpath(to, posixpath.dirname(here) or '.')}"

    return LINK.sub(turned, NESTED.sub("    ", markdown))
