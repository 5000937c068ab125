"""CLIP embeddings for LangChain: embeddings for any store, retriever, splitter, loader, tool, Chroma store.

Only `MultimodalChroma` needs chromadb, and only `PicturesAfterTools` langchain: they are imported when they
are asked for.
"""

from importlib import import_module
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
from langchain_clip_embeddings.tools.pictures_after_tools import pictures_after_tools
from langchain_clip_embeddings.tools.search_tool import create_search_tool

if TYPE_CHECKING:
    from langchain_clip_embeddings.agents.middleware import PicturesAfterTools
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
    "PicturesAfterTools",
    "PrefixedImageEmbeddings",
    "add_media",
    "blocks_of",
    "create_search_tool",
    "document_id",
    "document_uuid",
    "pictures_after_tools",
    "to_content_blocks",
    "to_context",
]

_LAZY = {
    "MultimodalChroma": ("chroma.vectorstore", "chromadb and langchain-chroma", "langchain"),
    "PicturesAfterTools": ("agents.middleware", "langchain", "agents"),
}
"""Name -> its module, what that needs, and the extra that installs it."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, needed, extra = _LAZY[name]
    try:
        found = getattr(import_module(f"{__name__}.{module}"), name)
    except ImportError as error:
        from clip_embeddings import MissingExtraError

        raise MissingExtraError(f'{name} needs {needed}: pip install "clip-embeddings[{extra}]"') from error
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
