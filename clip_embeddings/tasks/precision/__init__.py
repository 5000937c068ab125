"""What faster settings do to the vectors and the searches of a user's own items. compare.py measures it."""

from clip_embeddings.tasks.precision.compare import compare_precision
from clip_embeddings.tasks.precision.report import PrecisionReport

__all__ = ["PrecisionReport", "compare_precision"]
