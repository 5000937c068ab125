"""What the hub's cache on this machine has of a repository; asks nobody. Imports huggingface_hub (inside).

The cache keeps `refs/<revision>` with a commit in it, and `snapshots/<commit>/` with links to the files. A
snapshot holds what somebody asked for so far, so it is used only where it is known to be whole: it has what
we noted when we filled it, or it has every kind of file that a model can have.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from clip_embeddings.models.hub.assets import key_of, read_note, write_note, write_whole
from clip_embeddings.models.hub.layout import Layout
from clip_embeddings.models.hub.library import TRANSFORMERS, Library

MAIN = "main"
_COMMIT = re.compile(r"[0-9a-f]{40}")
_KIND = "repositories"


@dataclass(frozen=True, slots=True)
class CachedRepository:
    """A repository in the cache, or the place where it would be, and whose models are looked for in it."""

    name: str
    library: Library = TRANSFORMERS

    @property
    def folder(self) -> Path:
        from huggingface_hub import constants
        from huggingface_hub.file_download import repo_folder_name

        return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=self.name, repo_type="model")

    def snapshot(self, commit: str) -> Path:
        return self.folder / "snapshots" / commit

    def commits(self, revision: str | None) -> Iterator[tuple[str, str | None]]:
        """What a revision may mean here, best first: commits that have a snapshot.

        Yields:
            A commit, and the pull request that it is of if the conversion bot's stands for the main branch.
        """
        name = revision or MAIN
        if _COMMIT.fullmatch(name):
            known: str | None = name
        else:
            known = self._ref(name)
        note = self._note(MAIN) if name == MAIN else {}
        # Somebody else may have moved the cache's main branch on since; then what we noted is of the past.
        if note and known in (None, note.get("main")) and self.snapshot(str(note["commit"])).is_dir():
            yield str(note["commit"]), str(note["revision"])
        if known and self.snapshot(known).is_dir():
            yield known, None

    def _ref(self, name: str) -> str | None:
        try:
            commit = (self.folder / "refs" / name).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        return commit if _COMMIT.fullmatch(commit) else None

    def point(self, revision: str, commit: str) -> None:
        """Let the cache know which commit a branch or a tag is, as the hub's client does it."""
        if _COMMIT.fullmatch(revision):
            return
        refs = self.folder / "refs"
        path = refs / revision
        if refs not in path.parents or ".." in path.parts:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, commit)

    def note_files(self, commit: str, names: tuple[str, ...]) -> None:
        """Note which files of a commit we need, as the hub lists them: the snapshot is whole with these."""
        write_note(
            _KIND, self._key(commit), {"repository": self.name, "commit": commit, "files": list(names)}
        )

    def note_pull_request(self, main: str, revision: str, commit: str) -> None:
        """Note that the commit of a pull request stands for the main branch while that is at `main`."""
        content = {"repository": self.name, "main": main, "revision": revision, "commit": commit}
        write_note(_KIND, self._key(MAIN), content)

    def unknown(self, commit: str, layout: Layout) -> list[str]:
        """What may be missing from a snapshot: files that the hub may have and that nobody has asked for."""
        noted = read_note(_KIND, self._key(commit)).get("files")
        if isinstance(noted, list):
            return [name for name in noted if not (self.snapshot(commit) / str(name)).is_file()]
        without = self.folder / ".no_exist" / commit  # where the client marks what the hub does not have
        names = [layout.prefix + name for name in self.library.optional if not layout.has(name)]
        return [name for name in names if not (without / name).exists()]

    def _note(self, revision: str) -> dict[str, object]:
        note = read_note(_KIND, self._key(revision))
        return note if {"main", "revision", "commit"} <= note.keys() else {}

    def _key(self, what: str) -> str:
        return key_of(self.name, what, *filter(None, [self.library.name]))
