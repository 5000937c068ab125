"""`clip-embeddings ui`: a store as a page in a browser."""

import webbrowser
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from clip_embeddings.errors import ClipEmbeddingsError
from clip_embeddings_app.cli.guard import say
from clip_embeddings_app.cli.options import Place
from clip_embeddings_app.cli.store import existing_store, library_of

if TYPE_CHECKING:
    from clip_embeddings_app.library import Library
    from clip_embeddings_app.page.thumbnails import Thumbnails


def run(
    place: Place,
    default: str | None,
    *,
    model: str | None,
    roots: list[Path] | None,
    port: int,
    host: str,
    also: list[str],
    browser: bool,
) -> None:
    """Serve until the user ends it.

    Args:
        also: names that the page may be asked by, beside this machine's own.
    """
    from clip_embeddings.context import resolved_roots
    from clip_embeddings_app.listening import LOCAL, serve
    from clip_embeddings_app.page.desk import Desk
    from clip_embeddings_app.page.guard import Guarded, names_of_machine
    from clip_embeddings_app.page.routes import application
    from clip_embeddings_app.page.thumbnails import Thumbnails

    if default is None:  # the first, which is shown at once
        default = next(iter(existing_store(place).names()), None)
    library = library_of(place, default, model)
    allowed = resolved_roots(roots) if roots else None
    thumbnails = Thumbnails(allowed)
    local = host in LOCAL
    desk = Desk(library, roots=allowed, thumbnails=thumbnails, originals=local or bool(roots))
    Thread(target=_prepare, args=(library, thumbnails), daemon=True).start()

    def ready(address: str) -> None:
        say("serving", f"{address} (Ctrl-C ends it)")
        if not local:
            say("note", "whoever reaches this address sees the pictures and texts; there is no password")
        if browser:
            webbrowser.open(address)

    names = LOCAL if local else [*names_of_machine(), host, *also]
    try:
        serve(Guarded(application(desk), names, any_address=not local), port, ready, host=host)
    finally:
        desk.end()


def _prepare(library: "Library", thumbnails: "Thumbnails") -> None:
    """What the first search would wait for: the model of the first collection."""
    with suppress(ClipEmbeddingsError):  # the page says what is wrong with it
        if library.default:
            library.ask(library.default, lambda found: found.embedder.embed_texts(["a"], role="query"))
    thumbnails.trim()
