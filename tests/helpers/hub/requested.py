"""A request as it came, and what answers are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from hub.replies import missing_revision
from hub.repository import Commit, Repository


@dataclass(frozen=True)
class Request:
    """One request as it came. `parts` are the decoded segments of its path: a revision is one of them."""

    method: str
    target: str
    headers: Mapping[str, str]
    form: Mapping[str, list[str]]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def signed(self) -> bool:
        """It comes from a redirect to the storage, where no token is asked for."""
        return self.query.get("signed") == ["1"]

    @property
    def parts(self) -> list[str]:
        parts = [unquote(part) for part in self.path.strip("/").split("/")]
        for number, part in enumerate(parts):
            # A client may leave the slashes of a full reference as they are.
            if part == "refs" and number and parts[number - 1] in {"resolve", "revision", "tree", "commits"}:
                return [*parts[:number], "/".join(parts[number : number + 3]), *parts[number + 3 :]]
        return parts

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    def asks(self, name: str) -> bool:
        return self.query.get(name, ["false"])[0].lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        return int(self.query.get(name, [default])[0])


@dataclass(frozen=True)
class Known:
    """All that answers are made from. `users`: token -> ids of closed repositories that it opens.

    `storage`: URL of the host that large files are redirected to, as on the real hub; None: nowhere.
    """

    repositories: Mapping[str, Repository]
    users: Mapping[str, set[str]]
    url: str
    pages: Mapping[str, int]
    storage: str | None = None

    def token(self, request: Request) -> str | None:
        return request.headers.get("authorization", "").removeprefix("Bearer ") or None

    def repository_of(self, request: Request) -> tuple[str, list[str]]:
        """Id of the repository that a path names, and what comes after it."""
        parts = request.parts[2:] if request.parts[:2] == ["api", "models"] else request.parts
        one, two = "/".join(parts[:1]), "/".join(parts[:2])
        return (
            (one, parts[1:])
            if one in self.repositories and two not in self.repositories
            else (two, parts[2:])
        )


def found(repository: Repository, revision: str) -> Commit:
    commit = repository.find(revision)
    if commit is None:
        raise missing_revision(revision)
    return commit
