"""What was found, as a language model is shown it: numbered texts and pictures within a budget."""

from clip_embeddings.context.assembling import Context, Part, context_of
from clip_embeddings.context.belonging import with_pictures
from clip_embeddings.context.budget import Budget, estimated_tokens
from clip_embeddings.context.encoding import EncodedPicture, encode_picture
from clip_embeddings.context.plain import plain
from clip_embeddings.context.roots import AnyRoots, is_below, path_below, resolved_roots
from clip_embeddings.context.sources import Source, encodable, one_line, path_of
from clip_embeddings.context.words import DATA, ids_of, left_out, words_of
from clip_embeddings.showing.notes import NOTHING

__all__ = [
    "DATA",
    "NOTHING",
    "AnyRoots",
    "Budget",
    "Context",
    "EncodedPicture",
    "Part",
    "Source",
    "context_of",
    "encodable",
    "encode_picture",
    "estimated_tokens",
    "ids_of",
    "is_below",
    "left_out",
    "one_line",
    "path_below",
    "path_of",
    "plain",
    "resolved_roots",
    "with_pictures",
    "words_of",
]
