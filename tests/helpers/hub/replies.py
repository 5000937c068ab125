"""What a hub answers: a status, headers and a body; and the errors in the form that its clients know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.repository import File


@dataclass
class Reply:
    """One answer. `body` is sent from `start`; a `file` is read only when the answer is not to a HEAD."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    file: File | None = None
    span: tuple[int, int] = (0, 0)

    @property
    def length(self) -> int:
        return self.span[1] - self.span[0] if self.file else len(self.body)

    def content(self) -> bytes:
        return self.file.read(*self.span) if self.file else self.body


class Refused(Exception):
    """Ends the making of an answer: the hub answers with an error."""

    def __init__(self, status: int, code: str | None, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    def reply(self) -> Reply:
        answer = as_json({"error": self.message}, status=self.status)
        answer.headers |= {"X-Error-Message": self.message, **self.headers}
        if self.code:
            answer.headers["X-Error-Code"] = self.code
        return answer


def as_json(value: Any, *, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    kind = {"Content-Type": "application/json; charset=utf-8"}
    return Reply(status, kind | named, json.dumps(value).encode())


def missing_repository(known_user: bool) -> Refused:
    """Whoever sends no token is not told whether there is such a repository."""
    if known_user:
        return Refused(404, "RepoNotFound", "Repository not found")
    return Refused(401, "RepoNotFound", "Invalid username or password.")


def missing_revision(revision: str) -> Refused:
    return Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")


def missing_entry(sha: str) -> Refused:
    """Names the commit, so that a client can note that the file does not exist there."""
    return Refused(404, "EntryNotFound", "Entry not found", {"X-Repo-Commit": sha})


def gated(identity: str, sha: str, known_user: bool) -> Refused:
    message = f"Access to model {identity} is restricted and you are not in the authorized list."
    return Refused(403 if known_user else 401, "GatedRepo", message, {"X-Repo-Commit": sha})
