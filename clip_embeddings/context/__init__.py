"""What was found, as a language model is shown it: numbered texts and pictures within a budget."""

from clip_embeddings.context.assembling import Context, Part, context_of
from clip_embeddings.context.belonging import with_pictures
from clip_embeddings.context.budget import Budget, estimated_tokens
from clip_embeddings.context.encoding import EncodedPicture, encode_picture
from clip_embeddings.context.roots import AnyRoots, is_below, resolved_roots
from clip_embeddings.context.sources import Source

__all__ = [
    "AnyRoots",
    "Budget",
    "Context",
    "EncodedPicture",
    "Part",
    "Source",
    "context_of",
    "encode_picture",
    "estimated_tokens",
    "is_below",
    "resolved_roots",
    "with_pictures",
]
