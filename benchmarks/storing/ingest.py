"""Ingestion measured: rate over the model's own, memory over the number of files, and a second run.

    python -m benchmarks ingest --results benchmarks/RESULTS.md

Ratios are of things measured alternately in one run. Imports the adapter and benchmarks.shared.results.
"""

import argparse
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import chromadb
from PIL import Image

from benchmarks.shared.figures import Spread, ratios
from benchmarks.shared.memory import peak_memory
from benchmarks.shared.photos import write_photos
from benchmarks.shared.random_clip import write_random_clip
from benchmarks.shared.results import machine, replace_section, table
from chroma_clip_embeddings import connect, ingest, open_collection
from clip_embeddings import CLIPEmbedder, StoreError


class Rates(NamedTuple):
    """Pictures in a second of each round, measured in turn."""

    model: list[float]
    ingest: list[float]

    @property
    def share(self) -> Spread:
        return ratios(self.ingest, self.model)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=512, help="500x375 JPEG files of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--files", type=int, default=100_000, help="small files, for memory")
    parser.add_argument("--few", type=int, default=5_000, help="files that memory is compared at")
    parser.add_argument("--stored", type=int, default=20_000, help="rows before the second run")
    parser.add_argument("--work", type=Path, help="folder to keep models and files in; else a temporary one")
    parser.add_argument("--results", type=Path, help="file to write the section `ingest` of")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work: Path = given.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        parts = [machine(("torch", "chromadb"))]
        for measure, *numbers in (
            (rates_table, given.pictures, given.rounds),
            (memory_table, given.few, given.files),
            (again_table, given.stored),
        ):
            # Each in a process of its own: peak memory is that of a process.
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                parts.append(pool.submit(measure, work, *numbers).result())
            print(parts[-1], end="\n\n", flush=True)
    if given.results:
        replace_section(given.results, "ingest", "## Ingestion\n\n" + "\n\n".join(parts))


def rates_table(work: Path, pictures: int, rounds: int) -> str:
    files = write_photos(work / f"photos-{pictures}", pictures)
    models = {"ViT-B/32-shaped": str(write_random_clip(work / "random-clip")), "tiny": "tiny"}
    rows = []
    for name, model in models.items():
        rates = measure_rates(CLIPEmbedder(model), files, work, rounds)
        rows.append([name, *(Spread.of(each).text() for each in rates), rates.share.text()])
    header = ["500x375 JPEG, pictures/s", "model alone", "ingest, store included", "share"]
    return table(header, rows) + "\n\nTarget for ViT-B/32: 0.85."


def measure_rates(embedder: CLIPEmbedder, files: Path, work: Path, rounds: int) -> Rates:
    """Model alone on ready pixels, then the whole ingestion, in turn."""
    rates, size = Rates([], []), embedder.batch_size
    encoder = embedder._encoder
    with Image.open(next(files.iterdir())) as picture:
        pixels = [encoder.preprocessing.to_pixels(picture.convert("RGB"))] * size
    encoder.encode_image(pixels)
    batches = max(1, len(list(files.iterdir())) // size)
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(batches):
            encoder.encode_image(pixels)
        rates.model.append(batches * size / (time.perf_counter() - start))
        with empty_collection(work, embedder) as collection:
            rates.ingest.append(ingest([files], collection).images_per_second)
    return rates


def memory_table(work: Path, few: int, files: int) -> str:
    """Peak memory of this process at `few` rows and at the end; the store is another process."""
    folder = write_notes(work / f"notes-{files}", files)
    embedder = CLIPEmbedder("tiny")
    with server(work / "server") as port:
        client = connect(host="127.0.0.1", port=port)
        ingest([folder / "00000"], open_collection(client, "warm-up", embedder=embedder))
        collection = open_collection(client, "notes", embedder=embedder)
        done, at_few = threading.Event(), list[int]()

        def watch() -> None:
            while not done.wait(0.2):
                if collection.count() >= few:
                    at_few.append(peak_memory())
                    return

        watching = threading.Thread(target=watch)
        watching.start()
        report = ingest([folder], collection)
        done.set()
        watching.join()
        peak = peak_memory()
    early = at_few[0] if at_few else peak
    header = ["small files", f"peak after {few:,}", f"peak after {files:,}", "growth", "seconds"]
    row = [
        "MB",
        f"{early / 1e3:.0f}",
        f"{peak / 1e3:.0f}",
        f"{peak / early - 1:+.1%}",
        f"{report.seconds:.0f}",
    ]
    return table(header, [row]) + "\n\nTarget: within 10 %."


def again_table(work: Path, rows: int) -> str:
    """A second run over rows that are stored, over the first one's time."""
    folder = write_thumbnails(work / f"thumbnails-{rows}", rows)
    with empty_collection(work, CLIPEmbedder("tiny")) as collection:
        first = ingest([folder], collection)
        second = ingest([folder], collection)
    share = second.seconds / first.seconds
    header = ["128x96 JPEG, model tiny", "first run, s", "second run, s", "share", "second run, ms a file"]
    row = [f"{rows:,} rows", f"{first.seconds:.1f}", f"{second.seconds:.1f}", f"{share:.1%}"]
    return table(header, [[*row, f"{1000 * second.seconds / rows:.2f}"]]) + "\n\nTarget: under 5 %."


@contextmanager
def empty_collection(work: Path, embedder: CLIPEmbedder) -> Iterator[chromadb.Collection]:
    """In a store of its own; Chroma keeps what it knows of a folder, so none is used twice."""
    with tempfile.TemporaryDirectory(dir=work) as store:
        yield open_collection(connect(store), "photos", embedder=embedder)


@contextmanager
def server(folder: Path) -> Iterator[int]:
    """The port of a Chroma server of our own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    program = str(Path(sys.executable).with_name("chroma"))
    command = [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            for _ in range(300):
                try:
                    connect(host="127.0.0.1", port=port)
                    break
                except StoreError:
                    time.sleep(0.2)
            yield port
        finally:
            process.terminate()
    shutil.rmtree(folder, ignore_errors=True)


def write_thumbnails(folder: Path, number: int) -> Path:
    return write_photos(folder, number, (128, 96))


def write_notes(folder: Path, number: int) -> Path:
    """Texts of one passage, 1,000 in a folder."""
    if not folder.exists():
        for i in range(number):
            path = folder / f"{i // 1000:05}" / f"{i:06}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"Note {i}: the cat ran on the beach.", encoding="utf-8")
    return folder


if __name__ == "__main__":
    main()
