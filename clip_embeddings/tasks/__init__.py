"""What an embedder is used for; each task is a module. Imports nothing."""
