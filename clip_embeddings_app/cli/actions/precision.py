"""`clip-embeddings precision`: vectors and searches under faster settings, against those of float32."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from clip_embeddings import CLIPEmbedder, PrecisionReport, compare_precision
from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.errors import ClipEmbeddingsError, InvalidInputError
from clip_embeddings.ingestion.drawn import Drawn, DrawnItems, draw_items
from clip_embeddings.ingestion.report import IngestFailure
from clip_embeddings.ingestion.rows.row import Row
from clip_embeddings.tasks.precision.report import NAMES
from clip_embeddings.types import Modality
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.store import embedder_for

_REFERENCE: dict[str, Any] = {"dtype": "float32", "draft": False}
_CHOICES: dict[str, object] = {
    "--dtype bfloat16": "half the bits, the range of float32",
    "--dtype float16": "half the bits, nearer to float32, but some models overflow in it",
    "--draft on": "large JPEG files decoded at a part of their size",
}
_LETTERS = 40  # of a passage that is named
_SHOWN = 100  # failures that are printed; JSON has all


@dataclass(frozen=True, slots=True)
class _Seen:
    """All there is to say: the two embedders, what was drawn, what was measured, what cannot be read."""

    reference: CLIPEmbedder
    other: CLIPEmbedder
    items: DrawnItems
    report: PrecisionReport
    failures: Sequence[IngestFailure]

    def row(self, modality: Modality, place: int) -> Row:
        return (self.items.pictures if modality == "image" else self.items.passages).rows[place]


def run(
    paths: Sequence[Path],
    model: str | None,
    *,
    settings: dict[str, Any],
    deployment: dict[str, Any],
    most: int,
    seed: int,
    as_json: bool,
) -> None:
    """Embed a part of the files twice, compare and print; where both would be the same, say so instead."""
    other = embedder_for(model or DEFAULT_MODEL, {**deployment, **settings})
    if _settings(other) == _REFERENCE:
        _tell_same(other, settings, as_json=as_json)
        return
    reference = embedder_for(model or DEFAULT_MODEL, {**deployment, **_REFERENCE})
    items = draw_items(paths, reference, size=most, seed=seed)
    if not items.pictures.rows and not items.passages.rows:
        why = f" ({items.failures[0].path}: {items.failures[0].reason})" if items.failures else ""
        raise InvalidInputError(f"no pictures and no texts in {', '.join(map(str, paths))}{why}")
    report = _compared(reference, other, items, show_progress=sys.stdout.isatty() and not as_json)
    broken = [IngestFailure(_place(items.pictures.rows[each.index]), each.reason) for each in report.failures]
    seen = _Seen(reference, other, items, report, [*items.failures, *broken])
    if as_json:
        render.print_json(_record(seen, seed))
    else:
        _show(seen)


def _settings(embedder: CLIPEmbedder) -> dict[str, Any]:
    """Its precision, and whether it decodes large pictures smaller, as they come out on this machine."""
    return {"dtype": embedder.dtype, "draft": embedder._least_edge is not None}


def _compared(
    reference: CLIPEmbedder, other: CLIPEmbedder, items: DrawnItems, *, show_progress: bool
) -> PrecisionReport:
    try:
        return compare_precision(
            reference,
            other,
            texts=[row.document for row in items.passages.rows],
            images=[row.item for row in items.pictures.rows],
            show_progress=show_progress,
        )
    except InvalidInputError:
        raise
    except ClipEmbeddingsError as error:
        if other.dtype != "float16":
            raise
        raise ClipEmbeddingsError(
            f"this model cannot be computed in float16, whose numbers end at 65,504: {error}. Compare "
            "--dtype bfloat16, which has the range of float32"
        ) from error


def _tell_same(embedder: CLIPEmbedder, settings: dict[str, Any], *, as_json: bool) -> None:
    """Nothing to compare: what is asked for is the reference."""
    if as_json:
        render.print_json(
            {"model": embedder.config.model, "device": embedder.device, "identical": True}
            | {"reference": _REFERENCE, "settings": _settings(embedder)}
        )
        return
    chosen = (
        "That is the reference itself" if settings else f"The default on this machine ({embedder.device})"
    )
    out = render.console()
    out.print(
        f"{chosen}: float32, draft off. Nothing would differ, so nothing was embedded. To be compared are:\n"
    )
    out.print(render.facts(_CHOICES))


def _show(seen: _Seen) -> None:
    out = render.console()
    now, before = (_in_words(_settings(each)) for each in (seen.other, seen.reference))
    out.print(f"{seen.other.config.model} on {seen.other.device}: {now}", style="bold")
    out.print(f"compared with {before}; vectors without a calibration")
    drawn = {"picture": seen.items.pictures, "text": seen.items.passages}
    said = [each.of_how_many(noun) for noun, each in drawn.items() if each.rows]
    if broken := len(seen.report.failures):
        said[0] += f"; {broken:,} of them cannot be read"
    out.print("\n".join(f"- {each}" for each in said), "\n", sep="")
    _show_cosines(out, seen)
    if seen.report.nearest:
        _show_nearest(out, seen.report)
    for note in seen.report.notes():
        out.print(note, style="dim")
    if rates := seen.report.rates():
        out.print(f"\n{rates}")
    if seen.failures:
        _show_failures(out, seen.failures)


def _show_cosines(out: Console, seen: _Seen) -> None:
    made = render.table("cosine to float32", "mean", "least", "the least is of", right=(1, 2))
    for name, each in seen.report.cosines.items():
        least = "none moved" if each.is_same else _named(seen.row(name, each.least_at))
        numbers = f"{each.mean:.6f}", f"{each.least:.6f}"
        made.add_row(render.counted(each.count, NAMES[name]), *numbers, Text(least))
    out.print(made)
    pictures = seen.report.cosines.get("image")
    if _settings(seen.other)["draft"] and seen.other.dtype == "float32" and pictures and pictures.is_same:
        out.print(
            "draft changed nothing: it is for JPEG files of four times what the model takes, or more.",
            style="dim",
        )


def _show_nearest(out: Console, report: PrecisionReport) -> None:
    made = render.table("query -> found", "k", "k nearest kept", "first kept", "worse by", right=(1, 2, 3, 4))
    for (query, document), kept in report.nearest.items():
        shares = f"{kept.overlap:.1%}", f"{kept.first:.1%}"
        made.add_row(f"{NAMES[query]} -> {NAMES[document]}s", str(kept.k), *shares, f"{kept.worse:.6f}")
    out.print()
    out.print(made)


def _show_failures(out: Console, failures: Sequence[IngestFailure]) -> None:
    failed = render.table("file", "reason", title="Left out, as they cannot be read")
    for each in failures[:_SHOWN]:
        failed.add_row(render.short_path(each.path), render.clean(each.reason))
    out.print()
    out.print(failed)
    if more := failures[_SHOWN:]:
        out.print(f"and {len(more):,} more")


def _in_words(settings: dict[str, Any]) -> str:
    return f"{settings['dtype']}, draft {'on' if settings['draft'] else 'off'}"


def _place(row: Row) -> str:
    """Its file, with the page if it is one of a document."""
    return f"{row.uri}, page {page}" if (page := row.metadata.get("page")) else str(row.uri)


def _named(row: Row) -> str:
    """Its file as short as can be, and of a passage how it begins."""
    name = render.short_path(_place(row))
    return name if row.is_picture else f"{name}: {render.brief(row.document, _LETTERS)}"


def _record(seen: _Seen, seed: int) -> dict[str, Any]:
    record = seen.report.to_record()
    del record["dtypes"]
    for name, each in seen.report.cosines.items():
        row = seen.row(name, each.least_at)
        del record["cosines"][name]["least_at"]
        item: dict[str, Any] = {"path": str(row.uri)}
        item |= {key: row.metadata[key] for key in ("page", "start", "end") if key in row.metadata}
        item |= {} if row.is_picture else {"text": row.document}
        record["cosines"][name]["least_item"] = None if each.is_same else item
    drawn: dict[Modality, Drawn] = {"image": seen.items.pictures, "text": seen.items.passages}
    return {
        "model": seen.other.config.model,
        "device": seen.other.device,
        "identical": False,
        "reference": _settings(seen.reference),
        "settings": _settings(seen.other),
        "drawn": {
            name: {"items": len(each.rows), "seen": each.seen, "files_unread": each.unread}
            for name, each in drawn.items()
        },
        "seed": seed,
        **record,
        "failures": [{"path": each.path, "reason": each.reason} for each in seen.failures],
    }
