"""Drawn scenes with captions in English and Korean: pictures and texts for examples, the demo and tests.

They are what the bundled model "tiny" knows, so a user's own tests can search for something and find it
without a download:

    from clip_embeddings.scenes import caption, render, scenes

    scene = next(scenes(1, 1))
    picture = render(scene)                            # a PIL image
    words = caption(scene, "ko", random.Random(0)).text
"""

from clip_embeddings.scenes.captions import Caption, Language, caption, true_of
from clip_embeddings.scenes.draw import render
from clip_embeddings.scenes.scene import Scene, scenes

__all__ = ["Caption", "Language", "Scene", "caption", "render", "scenes", "true_of"]
