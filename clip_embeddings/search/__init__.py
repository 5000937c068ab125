"""Search across modalities, in one ranking where the vectors allow it: the same for every store.

A query is words, a picture, or both: then its vector is the unit vector of their sum.

In a calibrated collection one request without a filter is right. In a raw one the modality gap puts every
text nearer to a text than any picture: there each modality is asked for apart, which a filter makes slower,
and what comes back is merged by calibrated scores if a calibration is given, else left in turn.
"""

from clip_embeddings.cards.results import Hit, SearchResult
from clip_embeddings.search.query import AnyModality, Calibration, Method, Query, joined, percentile_of
from clip_embeddings.search.request import Found, Like, Request

__all__ = [
    "AnyModality",
    "Calibration",
    "Found",
    "Hit",
    "Like",
    "Method",
    "Query",
    "Request",
    "SearchResult",
    "joined",
    "percentile_of",
]
