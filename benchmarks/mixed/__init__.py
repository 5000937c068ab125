"""One search for texts and pictures, by every way to close the modality gap: retrieval.py and its parts.

data, folder: what is searched. methods: what is compared. metrics: what counts. protocol: the collections.
verdict, cost: what is decided by it. report, plot: how it is shown.
"""
