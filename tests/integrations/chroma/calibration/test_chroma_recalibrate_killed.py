"""`recalibrate` killed with SIGKILL: before each change of the store, and at random moments."""

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
from chroma_rows import all_but_vectors, everything, filled, names, reference_of

from chroma_clip_embeddings import connect, embedder_of, open_collection, recalibrate
from clip_embeddings import CLIPEmbedder
from clip_embeddings.types import Modality

ROOT = Path(__file__).parents[4]

# Copies of one store, each recalibrated by a process of its own that ends itself with SIGKILL before its
# n-th change of the store, or that is killed after a share of the time that a whole run takes. Forked, so
# that importing happens once.
KILLED = """
import json, os, signal, sys, time
import chromadb
from chromadb.api.client import Client
from chroma_clip_embeddings import connect, recalibrate
from chroma_clip_embeddings.collection import recalibration

recalibration._ROWS = 100

def end_before_change(limit):
    made = [0]
    def counted(method):
        def call(*arguments, **options):
            if made[0] == limit:
                os.kill(os.getpid(), signal.SIGKILL)
            made[0] += 1
            return method(*arguments, **options)
        return call
    for owner, name in ((chromadb.Collection, "add"), (chromadb.Collection, "modify"),
                        (Client, "create_collection"), (Client, "delete_collection")):
        setattr(owner, name, counted(getattr(owner, name)))

def started(folder, limit):
    child = os.fork()
    if child:
        return child
    if limit is not None:
        end_before_change(limit)
    recalibrate(connect(folder), "photos", "reference")
    os._exit(9 if "torch" in sys.modules else 0)

ends, whole = {}, 0
for folder, limit, share in json.loads(sys.argv[1]):
    start, child = time.monotonic(), started(folder, limit)
    if share is not None:
        time.sleep(share * whole)
        os.kill(child, signal.SIGKILL)
    ends[folder] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if limit is not None:
        whole = time.monotonic() - start  # of the last one: that which was not ended
print(json.dumps(ends))
"""


def test_a_run_that_is_killed_leaves_the_old_state_or_the_new_one(
    store_folder: Path, tmp_path: Path, tiny: CLIPEmbedder
) -> None:
    raw = everything(filled(connect(store_folder), tiny))
    modalities = np.array([metadata["modality"] for metadata in raw["metadatas"]])
    calibrated = np.empty_like(raw["embeddings"])
    for modality in get_args(Modality):
        here = modalities == modality
        calibrated[here] = reference_of(tiny).apply(raw["embeddings"][here], modality)
    shares = random.Random(0)
    # Changes: create, three batches, the mark, two renamings, delete, the mark's removal.
    runs: list[Any] = [[f"step-{limit}", limit, None] for limit in range(10)]
    runs += [[f"time-{number}", None, shares.uniform(0.5, 1.1)] for number in range(3)]
    for run in runs:
        run[0] = str(shutil.copytree(store_folder, tmp_path / run[0]))
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, json.dumps(runs)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ends = list(json.loads(done.stdout).values())
    assert ends[:9] == [-9] * 9
    assert ends[9] == 0  # nothing left to be killed before; and torch was not loaded
    states = []
    for folder, *_ in runs:
        client = connect(folder)
        opened = open_collection(client, "photos")
        rows = everything(opened)
        assert all_but_vectors(rows) == all_but_vectors(raw)
        is_new = embedder_of(opened).calibration is not None
        np.testing.assert_allclose(rows["embeddings"], calibrated if is_new else raw["embeddings"], atol=1e-5)
        states.append(is_new)
        again = recalibrate(client, "photos", "reference")
        np.testing.assert_allclose(everything(again)["embeddings"], calibrated, atol=1e-5)
        assert names(client) == ["photos"]
        assert again.metadata == {"clip_fingerprint": embedder_of(again).fingerprint}
    assert states[:10] == [False] * 6 + [True] * 4
