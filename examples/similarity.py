"""Texts and a picture to a cosine matrix, as in the CLIP tutorials.

    python examples/similarity.py [PICTURE] [MODEL]

Without arguments it draws a picture itself and uses the bundled model, which knows drawn scenes. For a
photograph pass its path and a model of photographs, for example openai/clip-vit-base-patch32.
"""

import sys

from clip_embeddings import CLIPEmbedder, softmax
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

texts = ["a photo of a cat", "a photo of a dog", "a landscape with mountains"]
picture = sys.argv[1] if len(sys.argv) > 1 else render(sample_scene(3), 384)
embedder = CLIPEmbedder(sys.argv[2] if len(sys.argv) > 2 else "tiny")

cosines = embedder.similarity([picture], texts)  # (1, 3)
shares = softmax(embedder.logit_scale * cosines)

for text, cosine, share in zip(texts, cosines[0], shares[0], strict=True):
    print(f"{cosine:6.3f}  {share:6.1%}  {text}")
