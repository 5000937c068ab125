"""Models that the library sentence-transformers runs: text and pictures by one model, with its own prompts.

`names.py` reads "sentence_transformers:NAME", `find.py` finds or downloads its files, `layout.py` knows which
they are, `files.py` is the model that the embedder asks, `texts.py` counts and splits, `encoder.py` runs it.
`loading.py` alone imports the library.
"""
