"""What a search found and what was compared, as cards with pictures; HTML is made where it is shown."""

from clip_embeddings.cards.matrix import Matrix, show_matrix
from clip_embeddings.cards.results import Hit, SearchResult

__all__ = ["Hit", "Matrix", "SearchResult", "show_matrix"]
