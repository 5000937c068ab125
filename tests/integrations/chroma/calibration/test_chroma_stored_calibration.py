"""A calibration comes back from a collection as it was stored, to the last digit of every number."""

import random
from dataclasses import replace

import numpy as np
from chromadb.api import ClientAPI

from chroma_clip_embeddings import embedder_of, open_collection
from clip_embeddings import CLIPEmbedder, ModalityCalibration


def test_levels_of_any_value_come_back_exactly(store: ClientAPI, unused: str, tiny: CLIPEmbedder) -> None:
    """Chroma's own reader of JSON changes the last digit of one float in three."""
    reference, rng = tiny.with_calibration("reference").calibration, random.Random(1)
    assert reference is not None
    for i in range(12):
        levels = {kind: rng.uniform(-0.7, 0.7) for kind in reference.levels}
        calibration = replace(reference, levels=levels)
        name = f"{unused}-{i}"
        open_collection(store, name, embedder=tiny.with_calibration(calibration))
        found = embedder_of(open_collection(store, name, create=False)).calibration
        assert found == calibration
        assert dict(found.levels) == levels
        assert all(np.array_equal(found.means[kind], mean) for kind, mean in calibration.means.items())


def test_a_record_with_levels_as_numbers_is_read_too(tiny: CLIPEmbedder) -> None:
    reference = tiny.with_calibration("reference").calibration
    assert reference is not None
    record = reference.to_record()
    record["levels"] = {name: float(level) for name, level in record["levels"].items()}
    assert ModalityCalibration.from_record(record) == reference
