"""What several benchmarks use: pictures and models to measure with, and the file of results."""
