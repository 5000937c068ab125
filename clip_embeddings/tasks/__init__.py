"""What CLIP is used for beside retrieval. Imports the embedder and what is below it."""
