"""Stores by name: what an adapter answers (protocol), how it is found (lookup), what it gets (collection)."""
