"""How the bundled model was trained: its data, and `python -m tools.tiny_model.train`."""
