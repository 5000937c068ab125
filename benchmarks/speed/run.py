"""The command line of the speed benchmark.

python -m benchmarks short-text small-pictures --quick
python -m benchmarks all --results benchmarks
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.shared.random_clip import write_random_clip
from benchmarks.shared.results import machine, replace_section
from benchmarks.shared.vocabulary import PEERS
from benchmarks.speed.cases import CASES
from benchmarks.speed.engines import Setting
from benchmarks.speed.rounds import Bench
from benchmarks.speed.targets import targets_table
from benchmarks.speed.workers import Workers
from benchmarks.speed.workload import FULL, QUICK
from clip_embeddings.models.hub.locate import locate

_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "clip-embeddings-benchmarks")


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse(arguments)
    names = list(CASES) if "all" in options.cases else options.cases
    options.work.mkdir(parents=True, exist_ok=True)
    if options.model:
        model = locate(options.model).folder
    else:
        model = write_random_clip(options.work / "ViT-B-32", peers=(options.peers, *PEERS))
    setting = Setting(str(model), options.work, options.peers)
    with Workers(setting) as workers:
        bench = Bench(workers, setting, QUICK if options.quick else FULL)
        workers.start(["ours"])
        for name in names:
            start = time.perf_counter()
            print(f"{name}:", file=sys.stderr)
            body = CASES[name](bench)
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
            show(bench, name.replace("-", " "), body, options.results)
        verdicts = (
            f"{targets_table(bench.figures, workers.missing)}\n\nWhy rows are missed: docs/performance.md."
        )
        show(bench, "targets", verdicts, options.results if "all" in options.cases else None)


def show(bench: Bench, title: str, body: str, results: Path | None) -> None:
    """Print a section, and write it at once: a run takes long and may be interrupted."""
    text = f"## Speed: {title}\n\n{facts(bench)}\n\n{body}"
    print(text, end="\n\n", flush=True)
    if results:
        ours = bench.workers.there["ours"].facts
        path = results / f"speed-{ours['processor']}-{ours['dtype']}.md"
        replace_section(path, f"speed: {title}", text, head=head(ours["processor"], ours["dtype"]))


def head(processor: str, dtype: str) -> str:
    """What a file of results begins with: machines of another kind have a file of their own."""
    return (
        f"# Speed: {processor}, {dtype}\n\nWritten by `make bench` on {processor} (a CPU's is torch's "
        f'`get_cpu_capability()`) where `dtype="auto"` is {dtype}; each section says what it was run on. '
        "Other kinds of machine have files of their own: [RESULTS.md](RESULTS.md).\n"
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="+", choices=["all", *CASES], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--quick", action="store_true", help="less of everything: in minutes")
    parser.add_argument(
        "--model", help="a hub id or folder; else one shaped like ViT-B/32, of random weights"
    )
    parser.add_argument("--work", type=Path, default=_CACHE, help="folder that keeps models and files")
    parser.add_argument("--peers", type=Path, default=PEERS[0], help="folder that the peers are installed in")
    parser.add_argument("--results", type=Path, help="folder of the file to write the sections of")
    return parser.parse_args(arguments)


def facts(bench: Bench) -> str:
    """What every section of a run begins with."""
    there, name = bench.workers.there, Path(bench.setting.model).name
    ours = there["ours"].facts
    threads = sorted({worker.facts["threads"] for worker in there.values()})
    versions = sorted({version for worker in there.values() for version in worker.facts["versions"]})
    small = " (a small one of bytes, as no open_clip was found)" if name.endswith("-bytes") else ""
    return (
        f"{machine(())}, {ours['processor']}; {', '.join(versions)}. Model {name}{small}; ours on "
        f'{ours["device"]} in {ours["dtype"]}, as "auto" chose; threads of each engine: '
        f"{', '.join(map(str, threads))}. In turn, {bench.sizes.rounds} rounds: median (least to most)."
    )
