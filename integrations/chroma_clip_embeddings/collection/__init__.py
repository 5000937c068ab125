"""A collection: opened with the model on record, taken over, moved to another calibration, sampled."""
