"""From a hub on loopback: only what makes up the model, once, and without the hub from then on."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hub import parity
from hub.hub_process import ask
from hub.loopback import Hub, running
from reference import row_cosines

from clip_embeddings import CLIPEmbedder

NAME = "someone/unified-embedder"
PROGRAM = "from hub.parity import main; main()"


def add(hub: Hub, folder: Path) -> None:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    spare = {
        "pytorch_model.bin": b"pickle",
        "onnx/model.onnx": b"other format",
        "custom.py": b"exit()",
    }
    hub.add(NAME, {**files, **spare})


@pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
def test_a_model_comes_once_and_is_there_when_the_hub_is_gone(
    folders: dict[str, Path], ours: Callable[..., CLIPEmbedder], tmp_path: Path
) -> None:
    asked = json.dumps([{"model": f"sentence_transformers:{NAME}", "settings": {"truncate_dim": 16}}])
    with running() as hub:
        add(hub, folders["chat"])
        first = ask(hub, tmp_path / "home", PROGRAM, asked)
        got = {one.path.rpartition("/")[2] for one in hub.asked(method="GET")}
        count = len(hub.log)
        again = ask(hub, tmp_path / "home", PROGRAM, asked)
        assert len(hub.log) == count  # a second start asks nothing
    gone = ask("http://127.0.0.1:9", tmp_path / "home", PROGRAM, asked, HF_HUB_OFFLINE="1")
    assert not got & {"pytorch_model.bin", "model.onnx", "custom.py", "README.md"}
    local = ours("chat", truncate_dim=16)
    for done in (first, again, gone):
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)["ours"]
        assert "error" not in found, found
        texts, images = (np.array(found[kind], np.float32) for kind in ("texts", "images"))
        assert row_cosines(texts, local.embed_texts(parity.TEXTS)).min() >= 0.99999
        assert row_cosines(images, local.embed_images(parity.pictures())).min() >= 0.99999
        assert (found["fingerprint"], found["dimension"]) == (local.fingerprint, 16)
        assert found["revision"]


def test_what_the_hub_does_not_have_is_said_before_anything_large(tmp_path: Path) -> None:
    names = ("nobody/nothing", "someone/pickles", "someone/code")
    modules = [{"idx": 0, "name": "0", "path": "", "type": "custom.Module"}]
    with running() as hub:
        hub.add("someone/pickles", {"config.json": b"{}", "pytorch_model.bin": b"x", "tokenizer.json": b"{}"})
        code = {"config.json": b"{}", "modules.json": json.dumps(modules).encode(), "model.safetensors": b"x"}
        hub.add("someone/code", code)
        asked = json.dumps([{"model": f"sentence_transformers:{name}"} for name in names])
        done = ask(hub, tmp_path / "home", PROGRAM, asked)
        assert not hub.asked("model.safetensors")
        assert not hub.asked("pytorch_model.bin")
    assert done.returncode == 0, done.stderr
    errors = [json.loads(line)["ours"]["error"] for line in done.stdout.splitlines()]
    assert "Unknown model 'sentence_transformers:nobody/nothing'" in errors[0]
    assert "is a pickle" in errors[1]
    assert "code of its own, which is never run here" in errors[2]
    away = ask(
        "http://127.0.0.1:9",
        tmp_path / "other",
        PROGRAM,
        json.dumps([{"model": f"sentence_transformers:{NAME}"}]),
    )
    assert "is not on this machine and the hub does not answer" in json.loads(away.stdout)["ours"]["error"]
