"""Models of open_clip: ResNets, MobileCLIP, PE-Core, SigLIP and whatever else it builds.

`names.py` reads what a user types, `layout.py` finds the files, `files.py` is the model that was found,
`settings.py`, `pictures.py` and `tokenizer.py` read what it was trained with, `encoder.py` runs it.

open_clip itself is imported to look a name up in its table, once, and to run a model; everything else needs
only its list of merges. A name of its table leads to a repository, and what counts is that repository's own
config, which was written with the weights: of "RN50/openai", open_clip takes the config of its own "RN50",
whose activation is another, and warns.
"""
