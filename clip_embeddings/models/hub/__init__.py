"""Where a model's files are and how they got here; nothing here loads a model.

Read it in this order: layout.py (which files make a model), locate.py (folder, cache, hub), cache.py and
download.py (what is on this machine, what is fetched), conversion.py and pickled.py (weights that are no
safetensors), assets.py (what is kept between two starts).
"""
