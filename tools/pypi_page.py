"""The project's page on PyPI: README.md with whole addresses. A hook of hatchling, see pyproject.toml.

There, a link to a file of the repository would lead nowhere. It becomes one to the file at the tag of this
version; without an address of the repository the words stay, the link goes, and so do pictures.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?)\[([^]]*)\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")


class PyPIPage(MetadataHookInterface):
    """Fills in `readme` and `urls`."""

    def update(self, metadata: dict[str, Any]) -> None:
        home, tag = self.config["repository"].rstrip("/"), f"v{metadata['version']}"
        text = page(Path(self.root), home, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
        if home:
            metadata["urls"] = {
                "Repository": home,
                "Changelog": f"{home}/blob/{tag}/CHANGELOG.md",
                "Issues": f"{home}/issues",
            }


def page(root: Path, home: str, tag: str) -> str:
    """README.md as PyPI gets it.

    Args:
        home: the repository's address without a slash at its end, or "".
        tag: what the links lead to.
    Raises:
        ValueError: a link to a file that is not there.
    """

    def turned(link: re.Match[str]) -> str:
        picture, words, target, part = link.groups(default="")
        if not (root / target).exists():
            raise ValueError(f"README.md links to {target}, which is not there")
        if not home:
            return "" if picture else words
        return f"{picture}[{words}]({home}/{'raw' if picture else 'blob'}/{tag}/{target}{part})"

    return _LINK.sub(turned, (root / "README.md").read_text(encoding="utf-8"))
