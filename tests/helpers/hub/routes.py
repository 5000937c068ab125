"""Which answer a request gets: the hub's paths, who may read what, and pages of lists."""

from typing import Any
from urllib.parse import urlencode

from hub import api
from hub.files import resolve
from hub.replies import Refused, Reply, as_json, gated, missing_entry, missing_repository
from hub.repository import Commit, Repository
from hub.requested import Known, Request, found

PAGE = 1000


def reply(known: Known, request: Request) -> Reply:
    """The answer, an error included."""
    try:
        token = known.token(request)
        if token and token not in known.users:
            raise Refused(401, None, "Invalid credentials in Authorization header")
        if request.parts == ["api", "whoami-v2"]:
            return whoami(token)
        identity, rest = known.repository_of(request)
        repository = known.repositories.get(identity)
        granted = request.signed or (bool(token) and identity in known.users.get(token or "", set()))
        if repository is None or (repository.private and not granted):
            raise missing_repository(bool(token))
        if request.parts[0] != "api":
            return resolve(known, request, repository, rest, granted=granted, user=bool(token))
        return api_reply(known, request, repository, rest, granted=granted, user=bool(token))
    except Refused as refusal:
        return refusal.reply()


def whoami(token: str | None) -> Reply:
    if token is None:
        raise Refused(401, None, "Invalid username or password.")
    access = {"accessToken": {"displayName": "test", "role": "read"}}
    return as_json({"type": "user", "id": "1", "name": token, "fullname": token, "orgs": [], "auth": access})


def api_reply(
    known: Known, request: Request, repository: Repository, rest: list[str], *, granted: bool, user: bool
) -> Reply:
    match (request.method, rest):
        case ("GET", []):
            return info(request, repository, "main")
        case ("GET", ["revision", revision]):
            return info(request, repository, revision)
        case ("GET", ["tree", revision, *folder]):
            return tree(known, request, found(repository, revision), "/".join(folder))
        case ("GET", ["commits", revision]):
            history = found(repository, revision).history()
            return paged(known, request, [api.commit_entry(commit) for commit in history], "commits")
        case ("GET", ["refs"]):
            return as_json(api.refs(repository, requests=request.asks("include_prs")))
        case ("GET", ["discussions"]):
            return discussions(known, request, repository)
        case ("GET", ["discussions", number]):
            for discussion in repository.discussions:
                if str(discussion.num) == number:
                    return as_json(api.discussion_details(repository, discussion))
            raise Refused(404, None, "Discussion not found")
        case ("POST", ["paths-info", revision]):
            files = found(repository, revision).files
            wanted = [name for name in request.form.get("paths", []) if name in files]
            return as_json([api.entry_of(name, files[name]) for name in wanted])
        case ("GET", ["auth-check"]):
            if repository.gated and not granted:
                raise gated(repository.id, repository.main.sha, user)
            return as_json({})
    raise Refused(404, None, "Sorry, we can't find the page you are looking for.")


def info(request: Request, repository: Repository, revision: str) -> Reply:
    commit, expand = found(repository, revision), request.query.get("expand", [])
    return as_json(api.model_info(repository, commit, blobs=request.asks("blobs"), expand=expand))


def tree(known: Known, request: Request, commit: Commit, folder: str) -> Reply:
    entries = [*api.tree(commit, folder, recursive=request.asks("recursive"))]
    if folder and not entries:
        raise missing_entry(commit.sha)
    return paged(known, request, entries, "tree")


def paged(known: Known, request: Request, entries: list[Any], kind: str) -> Reply:
    """One page of a list; the next one is named in the Link header."""
    size, start = known.pages.get(kind, PAGE), request.number("cursor", 0)
    answer = as_json(entries[start : start + size], X_Total_Count=str(len(entries)))
    if start + size < len(entries):
        query = urlencode({**request.query, "cursor": str(start + size)}, doseq=True)
        answer.headers["Link"] = f'<{known.url}{request.path}?{query}>; rel="next"'
    return answer


def discussions(known: Known, request: Request, repository: Repository) -> Reply:
    """Newest first; the page is a number here, and the total says whether there is another."""
    kind, status = (request.query.get(name, ["all"])[0] for name in ("type", "status"))
    author = request.query.get("author", [None])[0]
    entries = [
        api.discussion_entry(repository, one)
        for one in sorted(repository.discussions, key=lambda one: -one.num)
        if (kind == "all" or (kind == "pull_request") == (one.head is not None))
        and (status == "all" or (status == "open") == (one.status == "open"))
        and author in {None, one.author}
    ]
    size = known.pages.get("discussions", 50)
    start = request.number("p", 0) * size
    page = entries[start : start + size]
    return as_json({"discussions": page, "count": len(entries), "start": start, "numClosedDiscussions": 0})
