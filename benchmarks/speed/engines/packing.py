"""Ours with its weights laid out beforehand, and as torch has them, whichever of both is the default here."""

from typing import Any

from benchmarks.speed.engines import Setting
from benchmarks.speed.engines.ours import Ours
from clip_embeddings.models.running import layout


class Packed(Ours):
    """See clip_embeddings/models/running/packed.py."""

    packs = True

    def __init__(self, setting: Setting, dtype: str) -> None:
        asked: Any = layout  # at the first use of each tower; the process is ours
        asked.can_pack = lambda *place: self.packs
        super().__init__(setting, dtype)


class Unpacked(Packed):
    packs = False
