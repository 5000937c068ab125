"""What it costs to store: ingestion, workers on Ray, and embedded stores beside each other."""
