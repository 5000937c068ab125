"""From what a model takes to features, whatever the model's family."""
