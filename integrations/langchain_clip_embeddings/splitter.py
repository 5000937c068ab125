"""CLIPTextSplitter: passages that fit the model's context to the token.

Imports langchain-text-splitters, langchain-core and the public core.
"""

from copy import deepcopy
from typing import Any

from langchain_core.documents import Document
from langchain_text_splitters import TextSplitter

from langchain_clip_embeddings.embeddings import CLIPEmbeddings
from langchain_clip_embeddings.handover import PictureText


class CLIPTextSplitter(TextSplitter):
    """Splits text into consecutive passages that the model reads whole, at sentences and words if possible.

    The pictures of a `MediaLoader` are left as they are.

    Args:
        embeddings: the model whose tokenizer counts.
        add_start_index: whether `create_documents` puts the passage's place in its source, in characters,
            into the metadata as "start_index".
    """

    def __init__(self, embeddings: CLIPEmbeddings, *, add_start_index: bool = False) -> None:
        super().__init__(chunk_overlap=0, add_start_index=add_start_index)
        self._embedder = embeddings.embedder

    def split_text(self, text: str) -> list[str]:
        """The passages of a text; one of white space gives none."""
        return [passage.text for passage in self._embedder.split_text(text)]

    def create_documents(
        self, texts: list[str], metadatas: list[dict[Any, Any]] | None = None
    ) -> list[Document]:
        """The passages of several texts as Documents; a passage's start is known, not searched for."""
        documents = []
        for text, metadata in zip(texts, metadatas or [{} for _ in texts], strict=True):
            if isinstance(text, PictureText):  # stands for its picture, and is short
                document = Document(text, metadata=deepcopy(metadata))
                document.page_content = text
                documents.append(document)
                continue
            for passage in self._embedder.split_text(text):
                start = {"start_index": passage.start} if self._add_start_index else {}
                documents.append(
                    Document(page_content=passage.text, metadata={**deepcopy(metadata), **start})
                )
        return documents
