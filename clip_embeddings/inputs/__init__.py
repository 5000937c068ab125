"""From what a caller has to what a model takes."""
