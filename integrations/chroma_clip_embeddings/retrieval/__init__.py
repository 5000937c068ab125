"""What a collection answers: hits of both kinds in one ranking, near-duplicates, its modality gap."""
