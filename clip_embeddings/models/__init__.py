"""From what a model takes to features, whatever the model's family.

Read it in this order: registry.py and catalog.py (what people call models), hub/ (where the files are),
model.py and encoder.py (what the embedder asks of a model that was found, and of one that is loaded),
loaded.py (each is loaded once). A library that runs models has a folder: transformers/ with its families/,
open_clip/, sentence_transformers/; text_model/ puts another model in place of a text tower. identity/ says
what changes vectors, running/ where and how torch computes, tiny/ is the bundled model.
"""
