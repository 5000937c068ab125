"""The file of a row as a browser gets it: shown where nothing in it can run, else saved. By Starlette."""

from pathlib import Path

from starlette.responses import FileResponse, PlainTextResponse, Response

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.read.local import UnusableFile, read_file
from clip_embeddings.ingestion.read.texts import NotText, other_text, unicode_text
from clip_embeddings_app.files import media_type_of

_SHOWN = {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf"}
_TEXTS = {"text/plain", "text/markdown", "text/csv"}
_ALONE = {"content-security-policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'"}
_LARGE = 10_000_000  # bytes of a text that is saved and not shown
_FRESH = {"cache-control": "no-store"}


def response_of(path: Path) -> Response:
    """The whole file. Text is in the encoding that ingestion reads it in, whatever a browser would guess.

    Raises:
        InvalidInputError: it cannot be read.
    """
    kind = media_type_of(path)
    if kind in _TEXTS and (text := _text(path)) is not None:
        return PlainTextResponse(text, headers={**_FRESH, **_ALONE})
    shown = kind in _SHOWN
    return FileResponse(
        path,
        media_type=kind if shown else "application/octet-stream",
        filename=path.name.encode("utf-8", "replace").decode(),
        content_disposition_type="inline" if shown else "attachment",
        # A browser's own reader of PDF does not start where nothing may.
        headers=_FRESH if kind == "application/pdf" else {**_FRESH, **_ALONE},
    )


def _text(path: Path) -> str | None:
    """None where it is no text after all, or more than a browser likes to show."""
    try:
        if path.stat().st_size > _LARGE:
            return None
        content = read_file(path)
        text = unicode_text(content)
        return other_text(content)[0] if text is None else text
    except NotText:
        return None
    except (OSError, UnusableFile) as error:
        raise InvalidInputError(f"{path.name}: {error}") from error
