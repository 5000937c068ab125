"""Reaching a Chroma store: one writer at a time, no call without end, its errors under one name."""
