"""`clip-embeddings download`: a model into the hub's cache on this machine, or into a folder."""

from pathlib import Path

from clip_embeddings.errors import ModelLoadError
from clip_embeddings_app.cli import render


def run(model: str, to: Path | None, revision: str | None, *, as_json: bool) -> None:
    """Fetch what is not here yet, check that it is whole, and say where it is.

    Raises:
        ModelLoadError: it cannot be had, or the folder that was written is another model.
    """
    from clip_embeddings import CLIPEmbedder
    from clip_embeddings.models.hub.export import export
    from clip_embeddings.models.hub.locate import locate

    files = locate(model, revision)
    embedder = CLIPEmbedder(model, revision=revision)
    folder = files.folder
    if to is not None:
        folder = export(files, to)
        if CLIPEmbedder(str(folder)).fingerprint != embedder.fingerprint:
            raise ModelLoadError(f"the copy in {folder} is not what was copied; is the disk sound? Try again")
    record: dict[str, object] = {
        "model": model,
        "folder": str(folder),
        "revision": files.revision,
        "weights": files.origin,
        "fingerprint": embedder.fingerprint,
    }
    if as_json:
        render.print_json(record)
        return
    out = render.console()
    out.print(render.facts(record))
    if to is not None:
        out.print(f"\nOn any machine, without a network: CLIPEmbedder({str(folder)!r}), or --model {folder}")
