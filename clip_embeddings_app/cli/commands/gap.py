"""The commands about the modality gap: explain, calibrate and recalibrate; app.py adds them.

Imports typer and what is light, like app.py.
"""

from pathlib import Path
from typing import Annotated

import typer

from clip_embeddings_app.cli import gap_options as gap
from clip_embeddings_app.cli import options as opt
from clip_embeddings_app.cli.guard import guarded


@guarded
def explain(
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    queries: gap.Queries = None,
    calibration: gap.Shown = None,
    report: gap.Report = None,
    sample: Annotated[int, typer.Option(metavar="N", min=10, help="Rows of each modality.")] = 1000,
    seed: gap.Seed = 0,
    model: opt.Model = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Show how far apart a collection's pictures and texts lie, raw and calibrated; changes nothing."""
    from clip_embeddings_app.cli.actions.explain import run

    _check(report)
    run(
        opt.place(db, host, port, store),
        collection,
        model=model,
        queries=queries,
        calibration=calibration,
        size=sample,
        seed=seed,
        report=report,
        as_json=as_json,
    )


@guarded
def calibrate(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            metavar="CAL.json",
            callback=gap.json_name,
            help="The file to write.",
        ),
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, metavar="[PATH]...", help="Pictures, text files and folders of them."),
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs",
            metavar="FILE.csv",
            exists=True,
            dir_okay=False,
            help="Pictures and their texts: columns picture,text; a relative path starts from its folder.",
        ),
    ] = None,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    queries: gap.Queries = None,
    sample: Annotated[int, typer.Option(metavar="N", min=10, help="Measure on up to N of each.")] = 2000,
    seed: gap.Seed = 0,
    minimum: Annotated[int, typer.Option(metavar="N", min=10, help="Fewest of each that are enough.")] = 300,
    centre_only: Annotated[
        bool, typer.Option("--centre-only", help="Leave the spread of the scores as it is.")
    ] = False,
    report: gap.Report = None,
    model: opt.Model = None,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    device: opt.Device = None,
    dtype: opt.Dtype = None,
    batch_size: opt.BatchSize = None,
    max_pixels: opt.MaxPixels = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Measure the modality gap on PATHs, on --pairs, or on a collection (--db), and write a calibration."""
    from clip_embeddings_app.cli.actions.calibrate import run

    stored = bool(db or host or port or store)
    if sum((bool(paths), pairs is not None, stored)) != 1:
        raise typer.BadParameter("give exactly one of them", param_hint="PATH... / --pairs / --db")
    place = opt.place(db, host, port, store) if stored else None
    _check(report)
    run(
        paths or [],
        pairs,
        place,
        collection,
        output=output,
        model=model,
        deployment=opt.deployment(device=device, dtype=dtype, batch_size=batch_size, max_pixels=max_pixels),
        queries=queries,
        size=sample,
        seed=seed,
        minimum=minimum,
        centre_only=centre_only,
        report=report,
        as_json=as_json,
    )


@guarded
def recalibrate(
    calibration: gap.Calibration,
    db: opt.Db = None,
    collection: opt.Collection = opt.DEFAULT_COLLECTION,
    store: opt.Store = None,
    host: opt.Host = None,
    port: opt.Port = None,
    as_json: opt.Json = False,
    debug: opt.Debug = False,
) -> None:
    """Give a collection another calibration. Nothing is embedded again; do not write to it meanwhile."""
    from clip_embeddings_app.cli.actions.recalibrate import run

    run(opt.place(db, host, port, store), collection, calibration=calibration, as_json=as_json)


def _check(report: Path | None) -> None:
    """Before minutes of work are spent on a report that cannot be drawn."""
    if report:
        from clip_embeddings_app.figures.gap_figure import check_matplotlib

        check_matplotlib()
