"""The page over HTTP: its files, and the desk's answers as JSON and pictures. Imports Starlette and anyio."""

import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

from anyio import get_cancelled_exc_class, to_thread
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clip_embeddings.errors import ClipEmbeddingsError, ImageDecodeError, InvalidInputError, StoreError
from clip_embeddings.search import AnyModality
from clip_embeddings_app.page.desk import Desk
from clip_embeddings_app.page.originals import response_of

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
_BODY = 100 * 2**20  # bytes of a picture that is sent
_FRESH = {"cache-control": "no-store"}
Answer = Callable[[Request], Any]


def application(desk: Desk) -> Starlette:
    """The page of a desk, unguarded."""
    routes = [
        _route("collections", lambda _: desk.collections()),
        _route(
            "browse", lambda asked: desk.browse(_name(asked), start=_number(asked, "start"), **_how(asked))
        ),
        _route("similar", lambda asked: desk.similar(_name(asked), _id(asked), **_how(asked))),
        _route("row", lambda asked: desk.row(_name(asked), _id(asked))),
        _route("fields", lambda asked: desk.fields(_name(asked))),
        _route("gap", lambda asked: desk.gap(_name(asked))),
        _route("thumbnail", lambda asked: _thumbnail(desk, asked)),
        _route("picture", lambda asked: _picture(desk, asked)),
        _route("original", lambda asked: response_of(desk.original(_name(asked), _id(asked)))),
        Route("/api/search", _sent(lambda asked, body: _search(desk, asked, body)), methods=["POST"]),
        Route("/api/classify", _sent(lambda asked, body: _classify(desk, asked, body)), methods=["POST"]),
        Route("/", lambda _: FileResponse(STATIC / "index.html")),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(routes=routes)


def _route(name: str, answer: Answer) -> Route:
    async def reply(asked: Request) -> Response:
        return await _apart(answer, asked)

    return Route(f"/api/{name}", reply)


def _sent(answer: Callable[[Request, bytes], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Of a request that has a body."""

    async def reply(asked: Request) -> Response:
        parts, size = [], 0
        try:
            async for chunk in asked.stream():
                parts.append(chunk)
                size += len(chunk)
                if size > _BODY:
                    return _said(413, f"the picture is larger than {_BODY // 2**20} MiB")
        except ClientDisconnect:
            return _said(400, "what was sent broke off")
        return await _apart(lambda each: answer(each, b"".join(parts)), asked)

    return reply


async def _apart(answer: Answer, asked: Request) -> Response:
    """An answer made in a thread, which is left to itself where the server ends."""
    try:
        return await to_thread.run_sync(_answered, answer, asked, abandon_on_cancel=True)
    except get_cancelled_exc_class():
        return _said(503, "the server ends")


def _answered(answer: Answer, asked: Request) -> Response:
    try:
        found = answer(asked)
        return found if isinstance(found, Response) else JSONResponse(found, headers=_FRESH)
    except ImageDecodeError as error:
        return _said(422, error.reason)
    except StoreError as error:
        return _said(503, str(error))
    except ClipEmbeddingsError as error:
        return _said(400, str(error))
    except Exception as error:
        logger.exception("the page's %s failed", asked.url.path)
        return _said(500, f"this failed ({type(error).__name__}); the terminal that serves the page says why")


def _said(status: int, message: str) -> JSONResponse:
    shown = message.encode("utf-8", "replace").decode()
    return JSONResponse({"error": shown}, status, headers=_FRESH)


def _search(desk: Desk, asked: Request, body: bytes) -> Any:
    """The body is the picture, if there is one."""
    text = asked.query_params.get("text", "").strip() or None
    return desk.search(_name(asked), text=text, image=body or None, **_how(asked))


def _classify(desk: Desk, asked: Request, body: bytes) -> Any:
    """The body is one line of JSON, the labels, and then the picture, if it is not a row's."""
    line, _, image = body.partition(b"\n")
    try:
        labels = json.loads(line)
    except ValueError:
        labels = None
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InvalidInputError("labels: expected a list of texts in JSON, as the first line of the body")
    return desk.classify(_name(asked), labels, image=image or None, id=asked.query_params.get("id"))


def _thumbnail(desk: Desk, asked: Request) -> Response:
    known = asked.headers.get("if-none-match", "").strip('"')
    made = desk.thumbnail(_name(asked), _id(asked), known)
    headers = {"cache-control": "private, no-cache", "etag": f'"{known if made is None else made.tag}"'}
    if made is None:
        return Response(status_code=304, headers=headers)
    return Response(made.content, media_type=made.media_type, headers=headers)


def _picture(desk: Desk, asked: Request) -> Response:
    picture, said = desk.picture(_name(asked), _id(asked))
    return Response(picture.content, media_type=picture.mime_type, headers={**_FRESH, "x-note": said})


def _name(asked: Request) -> str | None:
    return asked.query_params.get("collection") or None


def _id(asked: Request) -> str:
    if not (id := asked.query_params.get("id")):
        raise InvalidInputError("id: none was given")
    return id


def _how(asked: Request) -> dict[str, Any]:
    """What a search is narrowed by."""
    modality = asked.query_params.get("modality") or "any"
    if modality not in get_args(AnyModality):
        raise InvalidInputError(f"modality: got {modality!r:.100}; expected any, image or text")
    where = asked.query_params.get("where") or None
    return {"k": _number(asked, "k", 24), "modality": modality, "where": where}


def _number(asked: Request, name: str, default: int = 0) -> int:
    given = asked.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) <= 9):
        raise InvalidInputError(f"{name}: got {given!r:.100}; expected a whole number")
    return int(given)
