"""The page over HTTP: its files, and the desk's answers as JSON and pictures. Imports Starlette."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from clip_embeddings.errors import ClipEmbeddingsError, ImageDecodeError, InvalidInputError, StoreError
from clip_embeddings.search import AnyModality
from clip_embeddings_app.files import media_type_of
from clip_embeddings_app.page.desk import Desk

logger = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
_BODY = 100 * 2**20  # bytes of a picture that is sent
_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf", "text/plain"}
"""Kinds of files that a browser opens; any other is saved, as nothing of it may run."""
_ASIDE = "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"
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
        _route("original", lambda asked: _original(desk, asked)),
        Route("/api/search", _sent(lambda asked, image: _search(desk, asked, image)), methods=["POST"]),
        Route("/api/classify", _sent(lambda asked, image: _classify(desk, asked, image)), methods=["POST"]),
        Route("/", lambda _: FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    return Starlette(routes=routes)


def _route(name: str, answer: Answer) -> Route:
    async def reply(asked: Request) -> Response:
        return await run_in_threadpool(_answered, answer, asked)

    return Route(f"/api/{name}", reply)


def _sent(answer: Callable[[Request, bytes | None], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Of a request whose body is a picture, or nothing."""

    async def reply(asked: Request) -> Response:
        body = bytearray()
        async for chunk in asked.stream():
            body += chunk
            if len(body) > _BODY:
                return _said(413, f"the picture is larger than {_BODY // 2**20} MiB")
        image = bytes(body) or None
        return await run_in_threadpool(_answered, lambda each: answer(each, image), asked)

    return reply


def _answered(answer: Answer, asked: Request) -> Response:
    try:
        found = answer(asked)
    except ImageDecodeError as error:
        return _said(422, error.reason)
    except StoreError as error:
        return _said(503, str(error))
    except ClipEmbeddingsError as error:
        return _said(400, str(error))
    except Exception as error:
        logger.exception("the page's %s failed", asked.url.path)
        return _said(500, f"this failed ({type(error).__name__}); the terminal that serves the page says why")
    return (
        found if isinstance(found, Response) else JSONResponse(found, headers={"cache-control": "no-store"})
    )


def _said(status: int, message: str) -> JSONResponse:
    shown = message.encode("utf-8", "replace").decode()
    return JSONResponse({"error": shown}, status, headers={"cache-control": "no-store"})


def _search(desk: Desk, asked: Request, image: bytes | None) -> Any:
    text = asked.query_params.get("text", "").strip() or None
    return desk.search(_name(asked), text=text, image=image, **_how(asked))


def _classify(desk: Desk, asked: Request, image: bytes | None) -> Any:
    labels = [label for label in asked.query_params.getlist("label") if label.strip()]
    return desk.classify(_name(asked), labels, image=image, id=asked.query_params.get("id"))


def _thumbnail(desk: Desk, asked: Request) -> Response:
    known = asked.headers.get("if-none-match", "").strip('"')
    made = desk.thumbnail(_name(asked), _id(asked), known)
    headers = {"cache-control": "private, no-cache", "etag": f'"{known if made is None else made.tag}"'}
    if made is None:
        return Response(status_code=304, headers=headers)
    return Response(made.content, media_type=made.media_type, headers=headers)


def _picture(desk: Desk, asked: Request) -> Response:
    picture, said = desk.picture(_name(asked), _id(asked))
    headers = {"cache-control": "no-store", "x-note": said}
    return Response(picture.content, media_type=picture.mime_type, headers=headers)


def _original(desk: Desk, asked: Request) -> Response:
    path = desk.original(_name(asked), _id(asked))
    kind = media_type_of(path)
    kind = "text/plain" if kind == "text/markdown" else kind
    shown = kind in _SHOWN
    return FileResponse(
        path,
        media_type=kind if shown else "application/octet-stream",
        filename=path.name.encode("utf-8", "replace").decode(),
        content_disposition_type="inline" if shown else "attachment",
        headers={"cache-control": "no-store"}
        | ({} if kind == "application/pdf" else {"content-security-policy": _ASIDE}),
    )


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
