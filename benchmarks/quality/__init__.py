"""How good the answers are: mostly of the bundled model, on scenes that its training never saw."""
