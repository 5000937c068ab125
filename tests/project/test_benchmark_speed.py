"""The speed benchmark's own logic: engines that are missing, every call of a worker, names of the command."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import warm

from benchmarks import __main__ as command
from benchmarks.speed import client, run, worker
from benchmarks.speed.cases import CASES, gpu
from benchmarks.speed.cases.common import record, record_best
from benchmarks.speed.client import EngineMissing, Worker, Workers
from benchmarks.speed.engines import ENGINES, PEERS, Setting, create
from benchmarks.speed.engines.ours import given_to
from benchmarks.speed.rounds import Bench, Line
from benchmarks.speed.targets import TARGETS
from benchmarks.speed.workload import QUICK, captions, pictures
from clip_embeddings.models import loaded
from clip_embeddings.models.running import layout
from clip_embeddings.models.running.packed import PackedLinear
from clip_embeddings.models.tiny import WEIGHTS

NOWHERE = Path("no-such-folder")
SMALLEST = QUICK._replace(
    captions=6, passages=2, passages_in_part=1, small=3, small_in_part=2, phone=1, phone_in_part=1, queries=1
)._replace(rounds=1, callers=3, rows=5, few=4, many=8)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """The bundled model, and a folder of peers that has none."""
    return Setting(str(WEIGHTS), tmp_path, NOWHERE)


def test_float32_counts_as_measured_where_it_is_the_default(setting: Setting) -> None:
    bench = Bench(Workers(setting), setting, SMALLEST)
    ours, peer = Line("ours", "texts", ["a"]), Line("sentence-transformers", "texts", ["a"])
    bench.workers.there["ours"] = _Loaded({"dtype": "float32"})
    rates = {ours.label: [30.0, 30.0], peer.label: [10.0, 20.0]}
    record(bench, "short text", [ours, peer], rates)
    assert bench.figures["short text: ours over sentence-transformers"] == (2.25, 1.5, 3.0)
    assert bench.figures["short text: ours-float32 over sentence-transformers"] == (2.25, 1.5, 3.0)


def test_the_best_of_some_peers_is_not_named_if_one_of_them_is_missing(setting: Setting) -> None:
    bench = Bench(Workers(setting), setting, SMALLEST)
    names = ("chroma", "langchain")
    rates = {
        ENGINES["ours"].label: [40.0],
        ENGINES["chroma"].label: [10.0],
        ENGINES["langchain"].label: [20.0],
    }
    record_best(bench, "phone photos", names, rates)
    assert bench.figures["phone photos: ours over the best"] == (2.0, 2.0, 2.0)
    bench.figures.clear()
    record_best(bench, "phone photos", names, {**rates, ENGINES["chroma"].label: []})
    assert not bench.figures


@pytest.fixture
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that need not import what the server of warm programs has."""

    def start(command: list[object], *, env: dict[str, str], text: bool, **pipes: Any) -> Any:
        del env["PYTHONWARNINGS"]  # which is for an interpreter of its own
        return warm.start([str(each) for each in command], env=env, **pipes)

    monkeypatch.setattr(client, "subprocess", SimpleNamespace(Popen=start, PIPE=subprocess.PIPE))


@pytest.mark.slow
@pytest.mark.usefixtures("quick_workers")
def test_every_case_names_the_peers_that_are_missing_and_measures_what_targets_ask_of_ours(
    setting: Setting,
) -> None:
    with Workers(setting) as workers:
        workers.missing = {name: "left out" for name in PEERS if name != "langchain"}
        workers.start(["ours"])
        bench = Bench(workers, setting, SMALLEST)
        bodies = {name: case(bench) for name, case in CASES.items() if name != "cold-start"}
        files = pictures(setting.work, (60, 40), 3)
        on_a_gpu = gpu._stages(bench, files, "gpu"), gpu._sizes(bench, files, (2,), 64)
        head, precision = run.facts(bench), workers.there["ours"].facts["dtype"]
    assert f"cpu in {precision}" in head
    assert bodies["gpu"] == gpu.NONE
    for name in ("short-text", "long-text", "small-pictures", "phone-photos", "query"):
        assert bodies[name].count("missing: left out") >= len(PEERS) - 1, name
        assert "missing: ModuleNotFoundError: No module named 'langchain_experimental'" in bodies[name], name
        assert "clip-embeddings" in bodies[name], name
    assert "efficiency" in on_a_gpu[0]
    assert "batch 2" in on_a_gpu[1]
    of_peers_or_starts = "over (chroma|langchain|sentence-transformers|onnx|the best)|cold start"
    ours = {each.figure for each in TARGETS if not re.search(of_peers_or_starts, each.figure)}
    assert ours <= set(bench.figures)


def test_the_tower_alone_gets_the_embedders_own_batches_and_works_on_afterwards(setting: Setting) -> None:
    ours: Any = create("ours-float32", setting)
    texts = captions(40)
    before = ours._embedder.embed_texts(texts)
    given = given_to(ours._encoder, "encode_text", ours._texts(texts))
    assert sum(len(batch) for batch in given) == 40
    of_two = ours._pictures(pictures(setting.work, (60, 40), 3), batch_size=2)
    crops = given_to(ours._encoder, "encode_image", of_two)
    assert [len(batch) for batch in crops] == [2, 1]
    assert np.array_equal(ours._embedder.embed_texts(texts), before)


@pytest.mark.parametrize(("name", "packs"), [("ours-packed", True), ("ours-unpacked", False)])
def test_packed_and_not_packed_are_what_they_say(
    setting: Setting, monkeypatch: pytest.MonkeyPatch, name: str, packs: bool
) -> None:
    monkeypatch.setattr(layout, "can_pack", None)  # put back at the end
    monkeypatch.setattr(loaded, "_LOADED", {})
    ours: Any = create(name, setting)
    ours._embedder.embed_texts(["a cat"])
    (tower,) = ours._encoder._towers.values()
    assert any(isinstance(module, PackedLinear) for module in tower.modules()) is packs


def test_a_worker_that_ends_says_its_last_words(setting: Setting) -> None:
    worker = Worker("no-such-engine", setting)
    try:
        with pytest.raises(EngineMissing, match="no-such-engine"):
            worker.ask("load")
    finally:
        worker.close()


@pytest.mark.parametrize(
    ("call", "options"),
    [
        ("texts", {"long_text": "chunk", "role": "query"}),
        ("tokenise", {}),
        ("texts: model", {"tokens": 32}),
        ("callers at once", {}),
        ("callers in turn", {}),
        ("store", {}),
    ],
)
def test_every_call_on_texts_answers_with_its_seconds(
    setting: Setting, call: str, options: dict[str, Any]
) -> None:
    request = {"call": call, "items": captions(3), "times": 2, "options": options}
    answer = worker.answer(create("ours-float32", setting), request)
    assert len(answer["seconds"]) == 2
    assert min(answer["seconds"]) > 0
    assert answer["peak"] > 10_000


@pytest.mark.parametrize(
    "call", ["pictures", "decode", "preprocess", "pictures: model", "copy", "matrix product"]
)
def test_every_call_on_pictures_answers_with_its_seconds(setting: Setting, call: str) -> None:
    items = ["64"] if call == "matrix product" else pictures(setting.work, (60, 40), 3)
    answer = worker.answer(create("ours-float32", setting), {"call": call, "items": items})
    assert min(answer["seconds"]) > 0


def test_the_service_answers_each_line_and_goes_on_after_an_error(setting: Setting) -> None:
    lines = [
        {"call": "load", "items": []},
        {"call": "nothing", "items": []},
        {"call": "texts", "items": ["a"]},
    ]
    answers = io.StringIO()
    worker.serve(io.StringIO("\n".join(map(json.dumps, lines))), answers, "ours-float32", setting)
    loaded, failed, done = map(json.loads, answers.getvalue().splitlines())
    assert (loaded["dtype"], loaded["device"]) == ("float32", "cpu")
    assert failed == {"error": "KeyError: 'nothing'"}
    assert len(done["seconds"]) == 1


def test_the_names_of_the_command_are_cases_or_other_benchmarks(capsys: pytest.CaptureFixture[str]) -> None:
    assert not set(CASES) & set(command.OTHERS)
    assert run.parse(["all", "--quick"]).quick
    with pytest.raises(SystemExit):
        run.parse(["short-txt"])
    assert "'short-txt'" in capsys.readouterr().err


def test_another_benchmark_gets_the_rest_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "bundled-model", "--help"])
    with pytest.raises(SystemExit):
        command.main()
    assert "--card" in capsys.readouterr().out


class _Loaded(Worker):
    """Facts without a process."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def close(self) -> None:
        return
