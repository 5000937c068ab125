"""MultimodalChroma: what of this package needs chromadb."""
