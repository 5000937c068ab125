"""Pictures through Ray Data into a folder of Parquet files, then searched by words.

python examples/ray_ingest.py
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.dataset
import ray

from clip_embeddings import CLIPEmbedder, cosine_similarity
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import scenes
from ray_clip_embeddings import ingest_dataset

ray.init(num_cpus=2, include_dashboard=False)
with TemporaryDirectory() as name:
    for number, scene in enumerate(scenes(0, 40)):
        render(scene, 256).save(Path(name, f"scene-{number:02}.png"))
    dataset = ray.data.read_binary_files(name, include_paths=True)
    output = Path(name, "vectors")
    for _ in range(2):  # the second time everything is there already
        print(ingest_dataset(dataset, output=output, model="tiny", bytes_column="bytes", uri_column="path"))
    rows = pyarrow.dataset.dataset(output).to_table()

vectors = np.stack(rows["embedding"].to_pylist())
scores = cosine_similarity(CLIPEmbedder("tiny").embed_texts(["a photo of a cat"], role="query"), vectors)[0]
for place in np.argsort(-scores)[:3]:
    print(f"{scores[place]:.3f}  {rows['document'][int(place)]}")
