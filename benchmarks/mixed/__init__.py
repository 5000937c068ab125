"""The parts of `benchmarks.mixed_retrieval`.

data, folder: what is searched. methods: what is compared. metrics: what counts. protocol: the collections.
verdict, cost: what is decided by it. report, plot: how it is shown.
"""
