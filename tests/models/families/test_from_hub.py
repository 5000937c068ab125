"""Every family loads from the hub as its real models lie there, and again when the hub is gone."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from families.cases import CASES, Reference, write_model
from families.text_models import m_clip, sentence_transformer
from hub import layouts, parity
from hub import small_models as small
from hub.hub_process import ask
from hub.loopback import Hub, running
from reference import DIMENSION, row_cosines

from clip_embeddings import CLIPEmbedder

TEXT_MODELS = ("sentence-transformers/clip-ViT-B-32-multilingual-v1", "M-CLIP/XLM-Roberta-Large-Vit-B-32")
PROGRAM = "from hub.parity import main; main()"


def add(hub: Hub, folder: Path, name: str) -> None:
    case = CASES[name]
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    if case.pickled:
        files["pytorch_model.bin"] = small.pickled(small.tensors(files))
        del files["model.safetensors"]
    hub.add(case.repository, files)


class Families:
    """All of them in one process from the hub, and in one without it."""

    def __init__(self, hub: Hub, folder: Path) -> None:
        self.home = folder
        self.folders = {name: write_model(folder / name, case) for name, case in CASES.items()}
        for name, path in self.folders.items():
            add(hub, path, name)
        asked = json.dumps(
            [*({"model": case.repository} for case in CASES.values()), *self._pairs(hub, folder)]
        )
        self.online = self._answers(ask(hub, folder / "home", PROGRAM, asked))
        offline = ask("http://127.0.0.1:9", folder / "home", PROGRAM, asked, HF_HUB_OFFLINE="1")
        self.offline = self._answers(offline)

    @staticmethod
    def _pairs(hub: Hub, folder: Path) -> list[dict[str, Any]]:
        """The default model's picture tower beside text models in both layouts."""
        sentence_transformer(folder / TEXT_MODELS[0], DIMENSION)
        m_clip(folder / TEXT_MODELS[1], DIMENSION)
        picture_model = layouts.safetensors(hub).id
        for name in TEXT_MODELS:
            files = (path for path in (folder / name).rglob("*") if path.is_file())
            hub.add(name, {path.relative_to(folder / name).as_posix(): path.read_bytes() for path in files})
        return [{"model": picture_model, "settings": {"text_model": name}} for name in TEXT_MODELS]

    @staticmethod
    def _answers(done: Any) -> dict[str, Any]:
        assert done.returncode == 0, done.stderr
        lines = [json.loads(line)["ours"] for line in done.stdout.splitlines()]
        return dict(zip((*CASES, *TEXT_MODELS), lines, strict=True))


@pytest.fixture(scope="module")
def families(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Families]:
    with running() as hub:
        yield Families(hub, tmp_path_factory.mktemp("families"))


@pytest.mark.parametrize("name", CASES)
def test_a_family_from_the_hub_has_the_features_of_the_reference(families: Families, name: str) -> None:
    case, folder = CASES[name], families.folders[name]
    reference = Reference(folder, case)
    kept = [place for place, text in enumerate(parity.TEXTS) if text or case.empty]
    texts = reference.texts([parity.TEXTS[place] for place in kept])
    images = reference.images(parity.pictures())
    for found in (families.online[name], families.offline[name]):
        assert "error" not in found, found
        assert row_cosines(np.array(found["texts"], np.float32)[kept], texts).min() >= 0.99999
        assert row_cosines(np.array(found["images"], np.float32), images).min() >= 0.99999


@pytest.mark.filterwarnings("ignore::clip_embeddings.errors.TruncationWarning")
@pytest.mark.parametrize("name", TEXT_MODELS)
def test_a_text_model_from_the_hub_gives_what_it_gives_from_a_folder(
    families: Families, checkpoint: Path, name: str
) -> None:
    local = CLIPEmbedder(checkpoint, text_model=families.home / name, device="cpu", dtype="float32")
    expected = local.embed_texts(parity.TEXTS)
    for found in (families.online[name], families.offline[name]):
        assert "error" not in found, found
        assert row_cosines(np.array(found["texts"], np.float32), expected).min() > 0.99999


def test_each_has_a_fingerprint_of_its_own_and_keeps_it(families: Families) -> None:
    fingerprints = [found["fingerprint"] for found in families.online.values()]
    assert len(set(fingerprints)) == len(CASES) + len(TEXT_MODELS)
    assert fingerprints == [found["fingerprint"] for found in families.offline.values()]
