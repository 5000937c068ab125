"""MultimodalRetriever: a question or a picture -> Documents, pictures among them.

Imports langchain-core and the public core.
"""

from itertools import chain, zip_longest
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig, run_in_executor
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

from clip_embeddings import CLIPEmbedder, InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_count
from langchain_clip_embeddings.media_store import MediaStore
from langchain_clip_embeddings.rows import Modality

Question = str | dict[str, Any]


class MultimodalRetriever(BaseRetriever):
    """Finds text and pictures for a question (a string) or a picture (`{"image": path}`).

    For modality "any", a store with a calibration is searched once, and texts and pictures come in one order
    of score. In a raw store the modality gap puts every text nearer to a text than any picture, so there each
    modality is ranked on its own and the two lists are taken in turn, that of the question's own modality
    first.

    Attributes:
        vectorstore: where to look: a MultimodalChroma, or any store with CLIPEmbeddings behind it. One of
            another kind than those and LangChain's own in memory is asked for more and more rows until there
            are k of a modality, 10,000 at most.
        k: how many Documents in all.
        modality: "any", "image" or "text".
        filter: the store's own: Chroma's where, on metadata, for example.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    vectorstore: VectorStore
    k: int = 4
    modality: Modality = "any"
    filter: Any = None

    def model_post_init(self, context: Any, /) -> None:
        """Refuse a store whose embeddings are not CLIPEmbeddings; pydantic raises a ValidationError then."""
        self._media()

    def _media(self) -> Any:
        """The store, in any case one whose searches take `modality`."""
        own = getattr(self.vectorstore, "takes_modality", False)
        return self.vectorstore if own else MediaStore(self.vectorstore)

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find Documents; `k`, `modality` and `filter` may be given for this call alone."""
        return super().invoke(cast(str, input), config, **kwargs)

    async def ainvoke(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """`invoke`, with the event loop free meanwhile."""
        return await super().ainvoke(cast(str, input), config, **kwargs)

    def _get_relevant_documents(
        self, query: Question, *, run_manager: CallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return self._find(query, **options)

    async def _aget_relevant_documents(
        self, query: Question, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return await run_in_executor(None, self._find, query, **options)

    def _find(
        self,
        question: Question,
        *,
        k: int | None = None,
        modality: Modality | None = None,
        filter: Any = None,
    ) -> list[Document]:
        count, kind = self.k if k is None else k, self.modality if modality is None else modality
        check_count("k", count)
        condition = self.filter if filter is None else filter
        store = self._media()
        own, vector = _vector(question, store.embeddings.embedder)
        kinds: list[Modality] = [kind]
        if kind == "any" and not store.embeddings.embedder.calibration:
            kinds = ["image", "text"] if own == "image" else ["text", "image"]
        search = store.similarity_search_by_vector
        lists = [search(vector, count, condition, modality=each) for each in kinds]
        in_turn = chain.from_iterable(zip_longest(*lists))
        return [document for document in in_turn if document is not None][:count]


def _vector(question: Question, embedder: CLIPEmbedder) -> tuple[str, list[float]]:
    """The question's modality and its vector."""
    if isinstance(question, str):
        question = {"text": question}
    if not isinstance(question, dict) or len(question) != 1 or not {"text", "image"} & question.keys():
        raise InvalidInputError(
            f'question: got {question!r:.200}; expected a string, {{"text": ...}} or {{"image": path}}'
        )
    ((kind, value),) = question.items()
    if kind == "image":
        rows = embedder.embed_images([value], role="query")
    else:
        rows = embedder.embed_texts([value], role="query")
    vector: list[float] = rows[0].tolist()
    return kind, vector
