"""Pictures into Parquet files of vectors, by two workers on a local Ray.

python examples/ray_ingest.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.dataset as ds
import ray

from clip_embeddings.models.tiny.draw import render
from clip_embeddings.models.tiny.scenes import scenes
from ray_clip_embeddings import ingest_dataset

with TemporaryDirectory() as name:
    pictures, vectors = Path(name) / "pictures", Path(name) / "vectors"
    pictures.mkdir()
    for number, scene in enumerate(scenes(0, 40)):
        render(scene, 256).save(pictures / f"scene-{number:02}.png")

    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False)  # a cluster: address="auto"
    dataset = ray.data.read_binary_files(str(pictures), include_paths=True)
    for _ in range(2):  # the second run finds everything there
        print(ingest_dataset(
            dataset, output=vectors, bytes_column="bytes", uri_column="path", model="tiny", workers=2
        ))  # fmt: skip
    print(ds.dataset(vectors).count_rows(), "rows of", ds.dataset(vectors).schema.field("embedding").type)
