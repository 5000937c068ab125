"""The speed benchmark's own logic: engines that are missing, every call of a worker, names of the command."""

import os
import re
import sys
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks.speed import run, workers
from benchmarks.speed.cases import CASES
from benchmarks.speed.cases import items as item_cases
from benchmarks.speed.engines import PEERS, Setting, create
from benchmarks.speed.engines.ours import given_to
from benchmarks.speed.rounds import Bench
from benchmarks.speed.targets import AT_LEAST, AT_MOST
from benchmarks.speed.workers import Workers, answer
from benchmarks.speed.workload import QUICK, Counts, captions, pictures
from clip_embeddings.models import loaded
from clip_embeddings.models.running import layout
from clip_embeddings.models.running.packed import PackedLinear
from clip_embeddings.models.tiny import WEIGHTS

FEW = Counts(3, 2, 1)
SMALLEST = QUICK._replace(
    rounds=1,
    captions=FEW,
    passages=FEW,
    small=FEW,
    phone=Counts(1, 1, 1),
    queries=1,
    callers=3,
    few=4,
    many=8,
)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    """The bundled model, and a folder of peers that has none."""
    return Setting(str(WEIGHTS), tmp_path, Path("no-such-folder"))


@pytest.fixture
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that need not import what another process has imported for all of them."""
    context = get_context("forkserver")
    context.set_forkserver_preload(
        ["benchmarks.speed.engines.ours", "transformers.models.clip.modeling_clip"]
    )
    monkeypatch.setattr(workers, "CONTEXT", context)


@pytest.mark.slow
@pytest.mark.usefixtures("quick_workers")
def test_every_case_names_the_peers_that_are_missing_and_measures_what_targets_ask_of_ours(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_cases, "PHONE", (800, 600))  # a large one takes seconds to draw
    with Workers(setting) as found:
        found.missing = {name: "left out" for name in PEERS if name != "langchain"}
        found.start(["ours"])
        bench = Bench(found, setting, SMALLEST)
        bodies = {name: case(bench) for name, case in CASES.items()}
        run.show(bench, "growth", bodies["growth"], tmp_path)
        facts = found.there["ours"].facts
    (written,) = tmp_path.glob("*.md")
    assert written.name == f"speed-{facts['processor']}-{facts['dtype']}.md"
    assert written.read_text().startswith(f"# Speed: {facts['processor']}, {facts['dtype']}\n")
    assert f"cpu in {facts['dtype']}" in written.read_text()
    for name in ("short-text", "long-text", "small-pictures", "phone-photos", "query"):
        assert bodies[name].count("missing: left out") >= len(PEERS) - 1, name
        assert "missing: ModuleNotFoundError: No module named 'langchain_experimental'" in bodies[name], name
    assert {"draft=True", "draft=False"} == set(re.findall("draft=(?:True|False)", bodies["phone-photos"]))
    of_peers = "over (chroma|langchain|sentence-transformers|onnx|the best of)"
    assert {each for each in {**AT_LEAST, **AT_MOST} if not re.search(of_peers, each)} <= set(bench.figures)


@pytest.mark.usefixtures("quick_workers")
def test_an_engine_whose_call_fails_answers_others_and_one_that_ended_says_how(setting: Setting) -> None:
    with Workers(setting) as found:
        found.start(["ours", "no-such-engine"])
        assert found.missing["no-such-engine"] == "KeyError: 'no-such-engine'"
        assert found.ask("ours", "nothing", ["a"]) is None
        assert found.why("ours", "nothing") == "KeyError: 'nothing'"
        assert found.ask("ours", "texts", ["a"])
        found.there["ours"]._process.kill()
        assert found.ask("ours", "texts", ["a"]) is None
        assert found.why("ours", "pictures") == "its process ended with -9"


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


def test_faster_clip_finds_our_weights_in_its_cache_and_is_not_asked_for_texts(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    (setting.work / "model.safetensors").write_text("ours")
    monkeypatch.setenv("FASTER_CLIP_CACHE", "")  # put back at the end
    monkeypatch.setitem(sys.modules, "faster_clip", SimpleNamespace(ClipModel=object))
    engine = create("faster-clip", setting._replace(model=str(setting.work)))
    weights = "sentence-transformers__clip-ViT-B-32/0_CLIPModel/model.safetensors"
    assert Path(os.environ["FASTER_CLIP_CACHE"], weights).read_text() == "ours"
    with pytest.raises(NotImplementedError, match="DistilBERT"):
        engine.prepare("texts", ["a"])()


TEXT_CALLS = ("texts", "tokenise", "texts: model", "callers at once", "callers in turn")
PICTURE_CALLS = ("pictures", "decode", "preprocess", "pictures: model")


@pytest.mark.parametrize("call", [*TEXT_CALLS, *PICTURE_CALLS, "matrix product"])
def test_every_call_answers_with_its_seconds(setting: Setting, call: str) -> None:
    items = captions(3) if call in TEXT_CALLS else ["64"]
    if call in PICTURE_CALLS:
        items = pictures(setting.work, (60, 40), 3)
    options: dict[str, dict[str, Any]] = {"texts": {"long_text": "chunk"}, "pictures": {"draft": True}}
    found = answer(create("ours-float32", setting), call, items, 2, options.get(call))
    assert (len(found["seconds"]), min(found["seconds"]) > 0, found["peak"] > 10_000) == (2, True, True)


def test_the_names_of_the_command_are_cases_or_other_benchmarks(capsys: pytest.CaptureFixture[str]) -> None:
    assert not set(CASES) & set(command.OTHERS)
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
