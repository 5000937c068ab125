"""Measurements: `python -m benchmarks NAME` prints a table, see __main__.py."""
