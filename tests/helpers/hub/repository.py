"""Model repositories as a hub holds them: files, commits, branches, tags, pull requests. Knows no server."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

Content = bytes | str | Path
Files = Mapping[str, Content] | Path
LARGE = (".safetensors", ".bin", ".h5", ".msgpack", ".ot", ".pt")
LARGE_SIZE = 10_000_000
BEGINNING = datetime(2022, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class File:
    """One version of a file: bytes, or a path that is read when it is asked for. `large`: it lies in LFS."""

    content: bytes | Path
    large: bool

    @cached_property
    def size(self) -> int:
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.read()).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """What git keeps of a file that lies in LFS."""
        version = "https://git-lfs.github.com/spec/v1"
        return f"version {version}\noid sha256:{self.sha256}\nsize {self.size}\n".encode()

    @cached_property
    def blob(self) -> str:
        """git's name of the blob: of the pointer, for a file in LFS."""
        content = self.pointer if self.large else self.read()
        return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    @property
    def etag(self) -> str:
        return self.sha256 if self.large else self.blob

    def read(self, start: int = 0, end: int | None = None) -> bytes:
        if isinstance(self.content, bytes):
            return self.content[start:end]
        with self.content.open("rb") as stream:
            stream.seek(start)
            return stream.read() if end is None else stream.read(end - start)


def file_of(name: str, content: Content) -> File:
    """Files of certain names, and any that are very large, go to LFS, as the hub's .gitattributes has it."""
    kept = content.encode() if isinstance(content, str) else content
    size = kept.stat().st_size if isinstance(kept, Path) else len(kept)
    return File(kept, name.endswith(LARGE) or size > LARGE_SIZE)


def files_of(files: Files) -> dict[str, File]:
    """Name of each file in the repository -> file; a folder gives all files below it."""
    if isinstance(files, Path):
        found = (path for path in sorted(files.rglob("*")) if path.is_file())
        files = {path.relative_to(files).as_posix(): path for path in found}
    return {name: file_of(name, content) for name, content in files.items()}


@dataclass(frozen=True)
class Commit:
    """A state of all files, and the commit it was made from."""

    sha: str
    title: str
    author: str
    date: datetime
    parent: "Commit | None"
    files: Mapping[str, File]

    def history(self) -> Iterator["Commit"]:
        """This commit, its parent, and so on to the first one."""
        commit: Commit | None = self
        while commit:
            yield commit
            commit = commit.parent


@dataclass
class Discussion:
    """A discussion, or a pull request: then `head` is its newest commit, `refs/pr/{num}`."""

    num: int
    title: str
    author: str
    status: str
    date: datetime
    base: Commit | None = None
    head: Commit | None = None
    merged: Commit | None = None

    @property
    def reference(self) -> str:
        return f"refs/pr/{self.num}"


@dataclass
class Repository:
    """A model repository. Whoever may not read it: everybody if `private`, its files if `gated`."""

    id: str
    private: bool = False
    gated: bool = False
    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, Commit] = field(default_factory=dict)
    discussions: list[Discussion] = field(default_factory=list)

    @property
    def main(self) -> Commit:
        return self.branches["main"]

    def commit(
        self,
        files: Files,
        *,
        message: str = "Upload model",
        author: str = "someone",
        branch: str = "main",
        remove: Iterable[str] = (),
    ) -> Commit:
        """Add and replace files on a branch, remove others."""
        made = self._made(self.branches.get(branch), files, message, author, remove)
        self.branches[branch] = made
        return made

    def branch(self, name: str, commit: Commit | None = None) -> Commit:
        self.branches[name] = commit or self.main
        return self.branches[name]

    def tag(self, name: str, commit: Commit | None = None) -> Commit:
        self.tags[name] = commit or self.main
        return self.tags[name]

    def pull_request(
        self,
        *,
        title: str,
        files: Files,
        author: str = "someone",
        base: Commit | None = None,
        status: str = "open",
        num: int | None = None,
    ) -> Discussion:
        """A pull request of one commit on top of `base`, main's newest commit if none is given."""
        base = base or self.main
        head = self._made(base, files, title, author, ())
        return self.discussion(title=title, author=author, status=status, num=num, base=base, head=head)

    def discussion(
        self,
        *,
        title: str,
        author: str = "someone",
        status: str = "open",
        num: int | None = None,
        base: Commit | None = None,
        head: Commit | None = None,
    ) -> Discussion:
        num = num or max((known.num for known in self.discussions), default=0) + 1
        made = Discussion(num, title, author, status, BEGINNING + timedelta(days=num), base, head)
        self.discussions.append(made)
        return made

    def merge(self, request: Discussion) -> Commit:
        """Put the files of a pull request onto main."""
        if request.head is None:
            raise ValueError(f"discussion {request.num} is no pull request")
        changed = {name: file.content for name, file in request.head.files.items()}
        request.merged = self.commit(changed, message=f"{request.title} (#{request.num})")
        request.status = "merged"
        return request.merged

    def find(self, revision: str) -> Commit | None:
        """The commit that a branch, a tag, a full reference or a hash (7 digits and more) means."""
        requests = {known.reference: known.head for known in self.discussions if known.head}
        named = {f"refs/heads/{name}": commit for name, commit in self.branches.items()}
        named |= {f"refs/tags/{name}": commit for name, commit in self.tags.items()}
        known = named | requests | self.tags | self.branches
        if revision in known:
            return known[revision]
        hashes = [sha for sha in self.commits if len(revision) >= 7 and sha.startswith(revision.lower())]
        return self.commits[hashes[0]] if len(hashes) == 1 else None

    def _made(
        self, parent: Commit | None, files: Files, message: str, author: str, remove: Iterable[str]
    ) -> Commit:
        added, number = files_of(files), len(self.commits)
        kept = {
            name: file for name, file in (parent.files if parent else {}).items() if name not in {*remove}
        }
        listing = [f"{name} {file.blob}" for name, file in (kept | added).items()]
        sha = hashlib.sha1("\n".join([self.id, str(number), message, *listing]).encode()).hexdigest()
        made = Commit(sha, message, author, BEGINNING + timedelta(hours=number), parent, kept | added)
        self.commits[sha] = made
        return made
