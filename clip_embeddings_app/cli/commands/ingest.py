"""The command `ingest`."""

import typer

from clip_embeddings_app.cli import gap_options as gap
from clip_embeddings_app.cli import ingest_options as source
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def ingest(
    paths: source.Paths = None,
    manifest: source.Manifest = None,
    embed_captions: source.EmbedCaptions = False,
    allow_scheme: source.AllowScheme = None,
    prune: source.Prune = False,
    prune_empty: source.PruneEmpty = None,
    yes: source.Yes = False,
    cache: source.Cache = None,
    failures: source.Failures = None,
    max_bytes: source.MaxBytes = source.DEFAULT_MAX_BYTES,
    encoding: source.Encoding = None,
    exclude: source.Exclude = None,
    include: source.Include = None,
    only: source.Only = None,
    pdf: source.Pdf = source.OfPdf.both,
    exif: source.Exif = False,
    exif_place: source.ExifPlace = False,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    model: opt.Model = None,
    calibrate: gap.Calibrate = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    strict: source.Strict = False,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Put pictures and texts into a collection. Running it again adds what is new and updates what moved."""
    from clip_embeddings_app.cli.actions.ingest import run

    if not paths and not manifest:
        raise typer.BadParameter("give at least one of them", param_hint="PATH / --manifest")
    place = opt.place(db, host, port, store)
    run(
        paths or [],
        place,
        collection,
        model=model,
        calibrate=calibrate,
        deployment=opt.deployment(device=device, dtype=dtype, batch_size=batch_size, max_pixels=max_pixels),
        sources={
            "manifests": manifest or [],
            "embed_captions": embed_captions,
            "allow_schemes": allow_scheme or [],
            "prune": prune,
            "prune_empty": prune_empty or [],
            "prune_most": yes,
            "cache": cache,
            "failures": failures,
            "max_bytes": max_bytes,
            "encoding": encoding,
            "exclude": exclude or [],
            "include": include or [],
            "only": only.value if only else None,
            "pdf": pdf.value,
            "exif": exif,
            "exif_place": exif_place,
        },
        strict=strict,
        as_json=as_json,
    )
