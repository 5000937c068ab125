"""CLIP embeddings for LangChain: embeddings, a store of text and pictures, retriever, splitter, loader."""

try:
    import langchain_core as _langchain_core
except ImportError as error:
    from clip_embeddings import MissingExtraError

    raise MissingExtraError(
        'langchain_clip_embeddings needs langchain-core: pip install "clip-embeddings[langchain]"'
    ) from error
del _langchain_core

from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.loader import LoadFailure, MediaLoader
from langchain_clip_embeddings.prefixed import PrefixedImageEmbeddings
from langchain_clip_embeddings.retriever import MultimodalRetriever
from langchain_clip_embeddings.splitter import CLIPTextSplitter
from langchain_clip_embeddings.vectorstore import MultimodalChroma

__all__ = [
    "CLIPEmbeddings",
    "CLIPTextSplitter",
    "LoadFailure",
    "MediaLoader",
    "MultimodalChroma",
    "MultimodalRetriever",
    "PrefixedImageEmbeddings",
]
