"""`clip-embeddings classify`: pictures and folders into classes named in words."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import typer

from clip_embeddings.config import DEFAULT_MODEL
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.pipeline import progress
from clip_embeddings.tasks.zero_shot import ZeroShotClassifier
from clip_embeddings_app.cli import render
from clip_embeddings_app.cli.answers import Answer, Counts, CsvTable, Sheet
from clip_embeddings_app.cli.pictures import pictures_in
from clip_embeddings_app.cli.store import embedder_for


def run(
    paths: Sequence[Path],
    labels: Sequence[str],
    labels_file: Path | None,
    *,
    templates: Sequence[str] | None,
    k: int,
    min_probability: float | None,
    min_cosine: float | None,
    csv_file: Path | None,
    sheet: Path | None,
    model: str | None,
    deployment: dict[str, Any],
    strict: bool,
    as_json: bool,
) -> None:
    """Classify and report; exit with 1 if no picture can be read, or if `strict` and one cannot."""
    if next(pictures_in(paths), None) is None:
        raise InvalidInputError(f"no pictures in {', '.join(map(str, paths))}")
    classifier = ZeroShotClassifier(
        embedder_for(model or DEFAULT_MODEL, deployment),
        read_labels(labels, labels_file),
        # One may be the name of a set; several are sentences.
        templates=templates[0] if templates and len(templates) == 1 else templates,
        min_probability=min_probability,
        min_cosine=min_cosine,
    )
    classifier.probabilities_of(classifier.class_vectors)  # labels that cannot be used leave no half file
    drawn = Sheet(sheet) if sheet else None
    found = answers(classifier, paths, k, show_progress=sys.stdout.isatty() and not as_json)
    counts, kept = _collect(found, csv_file, k, drawn)
    if drawn:
        drawn.write(counts)
    if as_json:
        _print_json(classifier, kept, counts, csv_file)
    else:
        _print_tables(kept, counts, csv_file, sheet, k)
    if counts.failed and (strict or counts.failed == counts.pictures):
        raise typer.Exit(1)


def _collect(
    found: Iterable[Answer], csv_file: Path | None, k: int, drawn: Sheet | None
) -> tuple[Counts, list[Answer]]:
    """The counts, and the answers themselves where no file takes them."""
    counts, kept = Counts(), list[Answer]()
    with CsvTable(csv_file, k) if csv_file else nullcontext() as table:
        for answer in found:
            counts.add(answer)
            if table:
                table.add(answer)
            elif not answer.error:
                kept.append(answer)
            if drawn:
                drawn.add(answer)
    return counts, kept


def read_labels(given: Sequence[str], file: Path | None) -> list[str]:
    """Labels between commas, then those of a file, one a line.

    Raises:
        InvalidInputError: the file is not text.
    """
    labels = [label for several in given for label in several.split(",")]
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"labels {str(file)!r}: is not text in UTF-8") from error
    return labels + [line for line in lines if line.strip()]


def answers(
    classifier: ZeroShotClassifier, paths: Sequence[Path], k: int, *, show_progress: bool
) -> Iterator[Answer]:
    """An answer or a failure for each picture; those of one batch are held at a time."""
    waiting: dict[int, Path] = {}

    def opened() -> Iterator[Path]:
        for place, path in enumerate(pictures_in(paths)):
            waiting[place] = path
            yield path

    pictures: Iterable[Path] = opened()
    if show_progress:
        total = sum(1 for _ in pictures_in(paths))
        pictures = progress(pictures, "Classifying pictures", total, True)
    for part in classifier.iter_predictions(pictures):
        best = classifier.best(part.probabilities, k)
        rows = zip(part.indices.tolist(), part.labels, best, strict=True)
        found = {place: Answer(waiting.pop(place), label, top) for place, label, top in rows}
        for failure in part.failures:
            found[failure.index] = Answer(waiting.pop(failure.index), "", [], failure.reason)
        yield from (found[place] for place in sorted(found))


def _print_json(
    classifier: ZeroShotClassifier, kept: Sequence[Answer], counts: Counts, csv_file: Path | None
) -> None:
    render.print_json(
        {
            "model": classifier.embedder.config.model,
            "fingerprint": classifier.embedder.fingerprint,
            "score": classifier.embedder.scoring.kind,
            "labels": list(classifier.labels),
            "counts": counts.labels,
            "csv": str(csv_file) if csv_file else None,
            "pictures": [answer.record() for answer in kept],
            "failures": [{"path": str(path), "reason": reason} for path, reason in counts.failures],
            "failed": counts.failed,
        }
    )


def _print_tables(
    kept: Sequence[Answer], counts: Counts, csv_file: Path | None, sheet: Path | None, k: int
) -> None:
    """The pictures, or how many there are of each class where a file has the rest; then what failed."""
    out = render.console()
    if csv_file:
        rows: dict[str, object] = {label: f"{count:,}" for label, count in counts.ranked()}
        out.print(render.facts({**rows, "files failed": f"{counts.failed:,}"}, right=True))
    elif kept:
        table = render.table("picture", "class", "probability", *(["next"] if k > 1 else []), right=(2,))
        for answer in kept:
            table.add_row(*answer.cells(k))
        out.print(table)
    if counts.failures:
        failed = render.table("file", "reason", title="Failed")
        for path, reason in counts.failures:
            failed.add_row(render.short_path(path), render.clean(reason))
        out.print()
        out.print(failed)
        if more := counts.failed - len(counts.failures):
            out.print(f"and {more:,} more")
    for name, file in (("Table", csv_file), ("Contact sheet", sheet)):
        if file:
            out.print(f"\n{name}: {file}", soft_wrap=True)
