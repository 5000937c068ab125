"""The check of a GPU, on a CPU and tiny: every part is there, and what is wrong, missing or late is said."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from families.cases import CASES
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import gpu_check
from benchmarks.gpu import check as checking
from benchmarks.gpu import halving, lanes, parity, shapes
from benchmarks.gpu.check import TIME_UP, Check, Unlike, difference
from benchmarks.gpu.loads import InLanes
from benchmarks.gpu.pairs import Pair, pairs
from clip_embeddings.models import loaded
from clip_embeddings.models.running import device as running
from clip_embeddings.models.running.last_mlp import only_what_is_read

TINY = ["--device", "cpu", "--tiny"]
# Of what this library depends on, what a machine with torch and transformers may lack.
NOT_NEEDED = ("charset_normalizer", "markdown_it", "rich", "selectolax", "sentence_transformers", "open_clip")


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of a folder that is removed."""
    monkeypatch.setattr(loaded, "_LOADED", {})


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return Check(torch.device("cpu"), True, tmp_path, float("inf"))


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Leave out all parts but some, and all families but CLIP."""
    monkeypatch.setattr(gpu_check, "PARTS", [part for part in gpu_check.PARTS if part[1] in names])
    clip = {"clip": pairs()["clip"]}
    monkeypatch.setattr(parity, "pairs", lambda: clip)


def test_every_part_is_measured_and_every_family_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in NOT_NEEDED:
        monkeypatch.setitem(sys.modules, name, None)
    results = tmp_path / "RESULTS.md"
    assert gpu_check.run([*TINY, "--results", str(results)]) == 0
    shown, written = capsys.readouterr().out, results.read_text()
    assert shown.strip() in written
    parts = dict(zip(*[iter(re.split(r"^### (.*)$", shown, flags=re.MULTILINE)[1:])] * 2, strict=True))
    assert list(parts) == [title for title, *_ in gpu_check.PARTS]
    cosines, memory, two, batches, files = parts.values()
    assert TIME_UP not in shown
    assert "No GPU: on cpu" in shown
    assert f"torch {torch.__version__}" in shown

    for name in ("clip", *CASES):
        pictures, texts, *half = map(float, cells(cosines, name)[:4])
        assert min(pictures, texts) >= 0.99999, name
        assert min(half) >= 0.995, name
    for name in ("sentence-transformers", "text model of sentence-transformers", "open_clip"):
        assert cells(cosines, name)[0].startswith("missing: "), name
    assert "were not compared" not in cosines

    assert "Simulated on a CPU" in memory
    for what in ("pictures, 1 batch", "texts, 1 batch", "pictures, 2 batches", "texts, 2 batches"):
        halved, sizes, cosine = cells(memory, f"{what} under way")
        assert int(halved) >= 1
        assert int(sizes.split()[0]) > 2
        assert float(cosine) >= 0.99999
    for what in ("9 pictures, decoded", "9 captions"):
        assert float(cells(two, what)[3]) < 1e-5 < float(cells(two, what)[4])
    for name in shapes.SHAPES:
        assert f"{name}, pictures/s" in batches
        assert f"{name}, texts/s" in batches
    for rows in ("60x40 | off | 1", "60x40 | off | 2", "400x300 | off | 1", "400x300 | on | 2"):
        for model in ("CLIP ViT-B/32", "CLIP ViT-L/14"):
            assert cells(files, f"{model} | {rows}")[3] in ("decoding", "copying", "model")
    assert "draft leaves photos of this size whole" in files


def cells(body: str, first: str) -> list[str]:
    """The row that begins so, without that."""
    (row,) = (line for line in body.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in row.removeprefix(f"| {first} |").rstrip("|").split("|")]


def test_a_part_that_raises_is_reported_in_its_place_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(check: Check) -> Iterator[str]:
        yield "what was found before"
        raise RuntimeError("the card fell off")

    only(monkeypatch, "halving", "lanes")
    monkeypatch.setattr(halving, "halving", broken)
    assert gpu_check.run(TINY) == 1
    shown = capsys.readouterr().out
    told = "**Failed**: RuntimeError: the card fell off (test_gpu_check.py, line"
    expected = ("### Out of memory", "what was found before", told, "### Two batches", "9 captions")
    at = [shown.index(each) for each in expected]
    assert at == sorted(at)
    assert "**Not all parts passed.**" in shown


def test_a_cosine_below_the_bound_fails_after_all_families(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, "parity")
    monkeypatch.setitem(parity.BOUNDS, "bfloat16", 1.1)

    def broken(folder: Path) -> Pair:
        raise ValueError("a damaged\nfile")

    both = {"broken": broken, "clip": pairs()["clip"]}
    monkeypatch.setattr(parity, "pairs", lambda: both)
    assert gpu_check.run(TINY) == 1
    shown = capsys.readouterr().out
    assert cells(shown, "broken")[0] == "**failed**: ValueError: a damaged"
    assert float(cells(shown, "clip")[0]) >= 0.99999
    assert "**Failed**: Unlike: below the bound or failed: broken; clip, bfloat16, pictures; clip, b" in shown
    assert "not compared: align, altclip, chinese_clip" in shown


def test_what_there_is_no_time_for_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu_check.run([*TINY, "--seconds", "0"]) == 0
    assert capsys.readouterr().out.count("Not measured: time was up.") == len(gpu_check.PARTS)


def test_nothing_is_begun_that_would_not_end_in_time(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []
    assert len(check.rates(3, lambda: runs.append(1))) == checking.ROUNDS
    monkeypatch.setattr(checking, "time", SimpleNamespace(monotonic=lambda: 0.0))
    monkeypatch.setattr(Check, "seconds", lambda self, work, times=1: 10.0)
    soon = Check(check.device, True, check.home, 25.0)
    assert soon.rates(3, lambda: None) == []
    assert Check(check.device, True, check.home, 35.0).rates(3, lambda: None) == [0.3] * checking.ROUNDS
    assert checking.spread([]) == TIME_UP


def test_a_card_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        gpu_check.run(["--device", "cuda:99"])
    assert stopped.value.code == 2
    assert "'cuda:99' is not on this machine" in capsys.readouterr().err


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Check, list[float]]:
    """What is asked of CUDA, answered by hand, and the shares of memory that were set."""
    shares = [1.0]
    answers: dict[str, Any] = {
        "empty_cache": lambda: None,
        "get_device_properties": lambda device: SimpleNamespace(name="A card", total_memory=2**30),
        "max_memory_reserved": lambda device: 0.6 * 2**30,
        "memory_reserved": lambda device: 0.1 * 2**30,
        "reset_peak_memory_stats": lambda device: None,
        "set_per_process_memory_fraction": lambda share, device: shares.append(share),
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    return Check(torch.device("cuda", 0), True, tmp_path, float("inf")), shares


def test_on_a_card_memory_is_held_to_the_weights_and_a_share_of_the_rest(
    card: tuple[Check, list[float]],
) -> None:
    check, shares = card

    def features(items: Any) -> Any:
        if shares[-1] < 1 and len(items) > 3:
            raise torch.OutOfMemoryError("full")
        return np.eye(8, dtype=np.float32)[items]

    work = partial(running.with_halving, features, np.arange(8))
    cosine, halvings = halving._in_little(check, work, 0)
    assert (cosine, halvings) == (1, [8, 4, 4])
    assert shares == pytest.approx([1, 0.3, 1])


def test_the_card_is_named_even_if_its_driver_cannot_be(
    card: tuple[Check, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    head = gpu_check.about(card[0])
    assert head.startswith("A card, 1 GiB, driver unknown, CUDA ")
    assert f"torch {torch.__version__}" in head


def test_batches_that_are_not_halved_fail(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "_simulated", lambda made, room: nullcontext())
    with pytest.raises(Unlike, match=r"not halved, .*pictures, 1 batch under way; texts, 1 batch under way"):
        list(halving.halving(check))


def test_batches_in_another_order_fail(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    embed: Callable[..., Any] = InLanes.embed_images

    def turned(self: Any, *given: Any) -> Any:
        return embed(self, *given)[:: -1 if self.lanes == 2 else 1]

    monkeypatch.setattr(InLanes, "embed_images", turned)
    with pytest.raises(Unlike, match=r"9 pictures, decoded: .* from those of one lane"):
        list(lanes.lanes(check))


def test_a_difference_is_seen_beside_that_of_neighbours() -> None:
    rows = np.eye(3, dtype=np.float32)
    assert difference(rows, rows) == pytest.approx((0, 2**0.5))
    assert difference(rows, rows[[1, 0, 2]])[0] == pytest.approx(2**0.5)
    with pytest.raises(Unlike):
        difference(rows, rows[:2])


@pytest.mark.parametrize("name", ["CLIP ViT-B/32", "SigLIP 2 B/16"])
def test_a_towers_operations_are_those_that_torch_counts(check: Check, name: str) -> None:
    import transformers

    shape = shapes.sized(name, check)
    folder = shapes.write_shape(check.home / "model", shape)
    kind: Any = transformers.SiglipModel if shape.siglip else transformers.CLIPModel
    model = kind(kind.config_class.from_pretrained(folder, attn_implementation="eager")).eval()
    tokens = shape.text.tokens
    only_what_is_read(model.text_model if shape.siglip else model.vision_model, -1 if shape.siglip else 0)
    with FlopCounterMode(display=False) as counted:
        model.get_image_features(pixel_values=torch.zeros(1, 3, shape.edge, shape.edge))
    assert counted.get_total_flops() == shapes.picture_operations(shape)
    with FlopCounterMode(display=False) as counted:
        model.get_text_features(input_ids=torch.ones(1, tokens, dtype=torch.long))
    assert counted.get_total_flops() == shapes.text_operations(shape, tokens)


def test_the_shapes_are_those_of_the_papers() -> None:
    assert shapes.picture_operations(shapes.SHAPES["CLIP ViT-B/32"]) == pytest.approx(8.82e9, rel=0.06)
    assert shapes.picture_operations(shapes.SHAPES["CLIP ViT-L/14"]) == pytest.approx(162e9, rel=0.06)
