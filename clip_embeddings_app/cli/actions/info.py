"""`clip-embeddings info`: versions, the device in use, facts of a model, collections of a store."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from clip_embeddings import __version__
from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.models.catalog import MODELS
from clip_embeddings.models.families import FAMILIES
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.chroma import client_of
from clip_embeddings_app.cli.options import Place

_PACKAGES = ("torch", "transformers", "Pillow", "chromadb")


def run_models(*, as_json: bool) -> None:
    """List the models known by name."""
    rows = [
        {
            "name": spec.name,
            "dimension": spec.dimension,
            "pixels": spec.edge,
            "context": spec.context,
            "languages": spec.languages,
            "license": spec.license,
            "megabytes": spec.megabytes,
            "bundled": spec.bundled,
            "beside": spec.beside,
            "notes": spec.notes,
        }
        for spec in MODELS.values()
    ]
    if as_json:
        render.print_json(rows)
        return
    made = render.table(
        "model", "dimension", "pixels", "tokens", "languages", "licence", "MB", "for", right=(1, 2, 3, 6)
    )
    made.columns[0].no_wrap = True
    shown = ("name", "dimension", "pixels", "context", "languages", "license", "megabytes", "notes")
    for row in rows:
        made.add_row(*("" if row[key] is None else str(row[key]) for key in shown))
    out = render.console()
    out.print(made)
    out.print(
        f"Default: {DEFAULT_MODEL}. Empty: not known. Any other model of type {', '.join(FAMILIES)} loads by "
        "hub id or folder too.",
        style="dim",
    )


def run(model: str, place: Place | None, *, as_json: bool) -> None:
    """Describe this installation, a model, and the collections of a store if one is named."""
    record: dict[str, Any] = {"versions": _versions(), "model": _model(model)}
    if place:
        record["collections"] = _collections(place)
    if as_json:
        render.print_json(record)
        return
    out = render.console()
    out.print(render.facts(record["versions"]))
    out.print()
    out.print(render.facts(record["model"]))
    if place:
        made = render.table(
            "collection", "rows", "model", "fingerprint", "calibration", title=f"Store {place}", right=(1,)
        )
        for row in record["collections"]:
            made.add_row(*(render.clean(str(value)) for value in row.values()))
        out.print()
        out.print(made if record["collections"] else f"The store {place} has no collections.")


def _versions() -> dict[str, str]:
    found = {"clip-embeddings": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name.lower()] = version(name)
        except PackageNotFoundError:
            found[name.lower()] = "not installed"
    return found


def _model(model: str) -> dict[str, object]:
    from clip_embeddings import CLIPEmbedder
    from clip_embeddings.models.hub.locate import locate

    files, embedder = locate(model), CLIPEmbedder(model)
    apart = {"weights folder": str(files.weights_folder)} if files.weights_folder != files.folder else {}
    return {
        "model": model,
        "folder": str(files.folder),
        **apart,
        "revision": files.revision,
        "weights": files.origin,
        "family": embedder.family,
        "dimension": embedder.dimension,
        "context": embedder.context,
        "pictures": str(files.preprocessing),
        "score": embedder.scoring.kind,
        "logit scale": round(embedder.logit_scale, 3),
        "fingerprint": embedder.fingerprint,
        "device": embedder.device,
        "dtype": embedder.dtype,
    }


def _collections(place: Place) -> list[dict[str, Any]]:
    collections = client_of(place, "info").list_collections()
    from chroma_clip_embeddings.collection.identity import FINGERPRINT

    rows = []
    for each in collections:
        function = each.configuration_json.get("embedding_function") or {}
        config = function.get("config") or {}
        rows.append(
            {
                "name": each.name,
                "rows": each.count(),
                "model": config.get("model_name") or function.get("name", ""),
                "fingerprint": (each.metadata or {}).get(FINGERPRINT, ""),
                "calibration": (config.get("calibration") or {}).get("id", "raw"),
            }
        )
    return sorted(rows, key=lambda row: str(row["name"]))
