"""Drawn scenes as pictures and notes, with Korean names and words, and one picture that is broken."""

import random
from pathlib import Path

import pytest

from clip_embeddings.scenes import caption, render, scenes


@pytest.fixture(scope="session")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """13 pictures, some of them large JPEG files, and 12 notes; not to be written to."""
    made = tmp_path_factory.mktemp("precision") / "내 자료"
    (made / "사진").mkdir(parents=True)
    (made / "notes").mkdir()
    for number, scene in enumerate(scenes(810_000, 13)):
        picture = render(scene, 96)
        if number % 3:
            picture.save(made / "사진" / f"장면 {number:02}.png")
        else:
            picture.resize((640, 640)).save(made / "사진" / f"장면 {number:02}.jpg")
        if number:
            words = caption(scene, "ko" if number % 2 else "en", random.Random(number)).text
            (made / "notes" / f"메모 {number:02}.txt").write_text(words, encoding="utf-8")
    (made / "사진" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    return made
