"""Answers that are files: a revision's version of one, whole or a range of it."""

import re
from urllib.parse import quote

from hub.replies import Refused, Reply, gated, missing_entry
from hub.repository import Repository
from hub.requested import Known, Request, found


def resolve(
    known: Known, request: Request, repository: Repository, rest: list[str], *, granted: bool, user: bool
) -> Reply:
    """A file of a revision or a range of it, or the way to the storage."""
    if len(rest) < 3 or rest[0] not in {"resolve", "raw"} or request.method not in {"GET", "HEAD"}:
        raise Refused(404, None, "Sorry, we can't find the page you are looking for.")
    commit, name = found(repository, rest[1]), "/".join(rest[2:])
    if repository.gated and not granted:
        raise gated(repository.id, commit.sha, user)
    if name not in commit.files:
        raise missing_entry(commit.sha)
    file = commit.files[name]
    headers = {
        "X-Repo-Commit": commit.sha,
        "ETag": f'"{file.etag}"',
        "Accept-Ranges": "bytes",
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(name.rsplit('/', 1)[-1])}",
    }
    if file.large:
        headers |= {"X-Linked-ETag": f'"{file.etag}"', "X-Linked-Size": str(file.size)}
    if file.large and known.storage and not request.signed:
        place = f"{known.storage}/{repository.id}/resolve/{commit.sha}/{quote(name)}?signed=1"
        return Reply(302, {**headers, "Location": place, "Content-Type": "text/plain"}, b"Found")
    return ranged(request, Reply(headers=headers, file=file, span=(0, file.size)))


def ranged(request: Request, answer: Reply) -> Reply:
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if asked is None or asked.group() == "bytes=-":
        return answer
    (first, last), size = asked.groups(), answer.span[1]
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last) + 1, size) if first and last else size
    if start >= size or start >= end:
        raise Refused(416, None, "Range not satisfiable", {"Content-Range": f"bytes */{size}"})
    answer.status, answer.span = 206, (start, end)
    answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return answer
