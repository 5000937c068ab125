"""The demonstration: scenes that are drawn, notes, and what is found among them."""
