"""The JSON that a hub's API says about a repository, field by field as its clients read it."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from hub.repository import Commit, Discussion, File, Repository


def moment(date: datetime) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def model_info(repository: Repository, commit: Commit, *, blobs: bool, expand: list[str]) -> dict[str, Any]:
    """`blobs`: sizes and hashes of the files as well; `expand`: these fields and no others."""
    info: dict[str, Any] = {
        "_id": commit.sha[:24],
        "id": repository.id,
        "modelId": repository.id,
        "author": repository.id.split("/", maxsplit=1)[0],
        "sha": commit.sha,
        "createdAt": moment([*commit.history()][-1].date),
        "lastModified": moment(commit.date),
        "private": repository.private,
        "gated": "auto" if repository.gated else False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": ["transformers", "clip", "zero-shot-image-classification"],
        "pipeline_tag": "zero-shot-image-classification",
        "library_name": "transformers",
        "siblings": [sibling(name, commit.files[name], blobs) for name in sorted(commit.files)],
        "spaces": [],
        "usedStorage": sum(file.size for file in commit.files.values()),
    }
    return {key: info[key] for key in ["_id", "id", *expand] if key in info} if expand else info


def sibling(name: str, file: File, blobs: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {"rfilename": name}
    if blobs:
        entry |= {"blobId": file.blob, "size": file.size}
        if file.large:
            entry["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def tree(commit: Commit, folder: str, *, recursive: bool) -> Iterator[dict[str, Any]]:
    """Files and folders below a folder ("" is the root), as the tree listing names them."""
    below = {name: file for name, file in commit.files.items() if not folder or name.startswith(folder + "/")}
    seen: set[str] = set()
    for name, file in sorted(below.items()):
        parents = [part.as_posix() for part in reversed(PurePosixPath(name).parents)][1:]
        inner = [parent for parent in parents if len(parent) > len(folder)]
        for parent in inner if recursive else inner[:1]:
            if parent not in seen:
                seen.add(parent)
                yield {"type": "directory", "oid": commit.sha, "size": 0, "path": parent}
        if recursive or not inner:
            yield entry_of(name, file)


def entry_of(name: str, file: File) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "oid": file.blob, "size": file.size, "path": name}
    if file.large:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": len(file.pointer)}
    return entry


def commit_entry(commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "title": commit.title,
        "message": "",
        "authors": [{"user": commit.author}],
        "date": moment(commit.date),
    }


def refs(repository: Repository, *, requests: bool) -> dict[str, Any]:
    def named(kind: str, known: dict[str, Commit]) -> list[dict[str, str]]:
        return [
            {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit.sha}
            for name, commit in known.items()
        ]

    found = {
        "branches": named("heads", repository.branches),
        "tags": named("tags", repository.tags),
        "converts": [],
    }
    if requests:
        heads = {str(known.num): known.head for known in repository.discussions if known.head}
        found["pullRequests"] = named("pr", heads)
    return found


def discussion_entry(repository: Repository, discussion: Discussion) -> dict[str, Any]:
    return {
        "num": discussion.num,
        "author": {"name": discussion.author, "type": "user"},
        "repo": {"name": repository.id, "type": "model"},
        "title": discussion.title,
        "status": discussion.status,
        "createdAt": moment(discussion.date),
        "isPullRequest": discussion.head is not None,
        "numComments": 1,
        "pinned": False,
    }


def discussion_details(repository: Repository, discussion: Discussion) -> dict[str, Any]:
    event = {"author": {"name": discussion.author}, "createdAt": moment(discussion.date)}
    latest = {"raw": discussion.title, "html": discussion.title, "updatedAt": moment(discussion.date)}
    comment = {"edited": False, "hidden": False, "latest": latest, "history": []}
    events: list[dict[str, Any]] = [{**event, "id": "0", "type": "comment", "data": comment}]
    details: dict[str, Any] = {**discussion_entry(repository, discussion), "events": events}
    if discussion.head:
        data = {"subject": discussion.head.title, "oid": discussion.head.sha}
        events.append({**event, "id": "1", "type": "commit", "data": data})
        merged = discussion.merged.sha if discussion.merged else None
        details["changes"] = {"base": "refs/heads/main", "mergeCommitId": merged}
        details |= {"filesWithConflicts": [], "diff": ""}
    if discussion.status != "open":
        status = {"status": discussion.status}
        events.append({**event, "id": "2", "type": "status-change", "data": status})
    return details
