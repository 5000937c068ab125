"""A text model in place of a model's own text tower, for other languages: `text_model=` of CLIPEmbedder.

`files.py` is what was found of it, `tower.py` runs it, `pair.py` puts it beside a picture tower.
"""
