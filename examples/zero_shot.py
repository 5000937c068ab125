"""Pictures into classes named in words, in English and Korean; what is none of them is "other".

    python examples/zero_shot.py

It draws its own pictures, as the bundled model knows drawn scenes. For photographs name a model of
photographs, for example openai/clip-vit-base-patch32, and pass paths.
"""

from clip_embeddings import CLIPEmbedder, ZeroShotClassifier
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import sample_scene

pictures = [render(sample_scene(seed), 192) for seed in (15, 2, 17, 8)]  # a cat, a dog, a car, a boat
embedder = CLIPEmbedder("tiny")

classifier = ZeroShotClassifier(embedder, ["cat", "dog", "자동차", "tree"], min_cosine=0.3)
for label, best in zip(classifier.predict(pictures), classifier.top_k(pictures, k=2), strict=True):
    print(f"{label:6}", ", ".join(f"{name} {share:.1%}" for name, share in best))
