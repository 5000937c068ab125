"""What CLIP is used for beside retrieval; each task is a module. Imports nothing."""
