"""CLIP embeddings for LangChain: embeddings for any store, retriever, splitter, loader, and a Chroma store.

Only `MultimodalChroma` needs chromadb, so it is imported when it is asked for.
"""

from typing import TYPE_CHECKING, Any

try:
    import langchain_core as _langchain_core
except ImportError as error:
    from clip_embeddings import MissingExtraError

    raise MissingExtraError(
        'langchain_clip_embeddings needs langchain-core: pip install "clip-embeddings[langchain]"'
    ) from error
del _langchain_core

from langchain_clip_embeddings.adding import AddReport, add_media
from langchain_clip_embeddings.content import blocks_of, to_content_blocks, to_context
from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.loader import LoadFailure, MediaLoader
from langchain_clip_embeddings.media_store import MediaStore, document_id, document_uuid
from langchain_clip_embeddings.prefixed import PrefixedImageEmbeddings
from langchain_clip_embeddings.retriever import MultimodalRetriever
from langchain_clip_embeddings.splitter import CLIPTextSplitter
from langchain_clip_embeddings.tool import create_search_tool

if TYPE_CHECKING:
    from langchain_clip_embeddings.chroma.vectorstore import MultimodalChroma

__all__ = [
    "AddReport",
    "CLIPEmbeddings",
    "CLIPTextSplitter",
    "LoadFailure",
    "MediaLoader",
    "MediaStore",
    "MultimodalChroma",
    "MultimodalRetriever",
    "PrefixedImageEmbeddings",
    "add_media",
    "blocks_of",
    "create_search_tool",
    "document_id",
    "document_uuid",
    "to_content_blocks",
    "to_context",
]


def __getattr__(name: str) -> Any:
    if name != "MultimodalChroma":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from langchain_clip_embeddings.chroma.vectorstore import MultimodalChroma
    except ImportError as error:
        from clip_embeddings import MissingExtraError

        raise MissingExtraError(
            'MultimodalChroma needs chromadb and langchain-chroma: pip install "clip-embeddings[langchain]"'
        ) from error
    globals()[name] = MultimodalChroma
    return MultimodalChroma


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
