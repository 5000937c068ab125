"""MultimodalRetriever: a question or a picture -> Documents, pictures among them.

Imports langchain-core and the public core.
"""

from functools import partial
from itertools import chain, zip_longest
from typing import Any, Literal, cast

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableConfig, run_in_executor
from langchain_core.vectorstores import VectorStore
from pydantic import ConfigDict

from clip_embeddings import InvalidInputError
from clip_embeddings.ingestion.rows.checks import check_count
from langchain_clip_embeddings.content import SCORE, source_of, with_pictures, without_score
from langchain_clip_embeddings.cosines import cosine_of
from langchain_clip_embeddings.media_store import MediaStore, is_of
from langchain_clip_embeddings.question import Question, vector_of
from langchain_clip_embeddings.rows import Modality

_MORE = 10  # rows of one picture, captions among them, that may have to be left out


class MultimodalRetriever(BaseRetriever):
    """Finds text and pictures for a question: a string, a picture (`{"image": path}`), or both.

    `{"text": "...", "image": path, "weights": (0.7, 0.3)}` asks for both; without weights half and half.

    For modality "any", a store with a calibration is searched once, and texts and pictures come in one order
    of score. In a raw store the modality gap puts every text nearer to a text than any picture, so there each
    modality is ranked on its own and the two lists are taken in turn, that of the question's own modality
    first.

    Documents bear their cosine, -1 to 1, as `metadata["relevance_score"]` where a store's scores are known:
    those of Chroma, FAISS, Qdrant and LangChain's store in memory. In a raw store they compare within a
    modality only.

    Attributes:
        vectorstore: where to look: a MultimodalChroma, or any store with CLIPEmbeddings behind it. One of
            another kind than those and LangChain's own in memory is asked for more and more rows until there
            are k of a modality, 10,000 at most.
        k: how many Documents in all.
        modality: "any", "image" or "text".
        filter: the store's own: Chroma's where, on metadata, for example.
        search_type: "mmr" takes, of the `fetch_k` nearest, k that are near and unlike each other.
        fetch_k, lambda_mult: for "mmr"; 1 for near alone, 0 for unlike alone.
        score_threshold: leaves out what has a smaller cosine.
        min_images, min_texts: at least so many of the k are pictures, or texts, if the store has them: the
            best ones take the place of the last of the other kind.
        with_pictures: bring along, after each passage and beside the k, the pictures that stand there in its
            document: those of a Markdown file or a web page, and of a PDF the page. They have no
            score but `brought_with`, the passage's id, and under a filter no id.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    vectorstore: VectorStore
    k: int = 4
    modality: Modality = "any"
    filter: Any = None
    search_type: Literal["similarity", "mmr"] = "similarity"
    fetch_k: int = 20
    lambda_mult: float = 0.5
    score_threshold: float | None = None
    min_images: int = 0
    min_texts: int = 0
    with_pictures: bool = False

    def model_post_init(self, context: Any, /) -> None:
        """Refuse what cannot be: pydantic makes a ValidationError of a ValueError."""
        media = self._media()
        for name, count in (("min_images", self.min_images), ("min_texts", self.min_texts)):
            check_count(name, count, least=0)
        if self.min_images + self.min_texts > self.k:
            raise InvalidInputError(
                f"min_images and min_texts: got {self.min_images} and {self.min_texts}; expected no more "
                f"than k={self.k} together"
            )
        if self.search_type == "mmr" and (
            self.score_threshold is not None or self.min_images or self.min_texts
        ):
            raise InvalidInputError(
                'search_type: got "mmr" with score_threshold, min_images or min_texts; expected "similarity" '
                "with those"
            )
        _check_threshold(self.score_threshold)
        if self.score_threshold is not None and isinstance(media, MediaStore) and not cosine_of(media.store):
            raise _unknown(media)
        if not 0 <= self.lambda_mult <= 1 or self.fetch_k < 1:
            raise InvalidInputError(
                f"lambda_mult and fetch_k: got {self.lambda_mult} and {self.fetch_k}; expected 0 to 1, and 1 "
                "or more"
            )

    def _media(self) -> Any:
        """The store, in any case one whose searches take `modality`."""
        own = getattr(self.vectorstore, "takes_modality", False)
        return self.vectorstore if own else MediaStore(self.vectorstore)

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> list[Document]:
        """Find Documents; `k`, `modality`, `filter`, `score_threshold` may be given for this call alone.

        `without`, the `key` of a `clip_embeddings.context.Source`, leaves out its rows.
        """
        return super().invoke(cast(str, input), config, **kwargs)

    async def ainvoke(
        self, input: Question, config: RunnableConfig | None = None, **kwargs: Any
    ) -> list[Document]:
        """`invoke`, with the event loop free meanwhile."""
        return await super().ainvoke(cast(str, input), config, **kwargs)

    def _get_relevant_documents(
        self, query: Question, *, run_manager: CallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return self._brought(query, **options)

    async def _aget_relevant_documents(
        self, query: Question, *, run_manager: AsyncCallbackManagerForRetrieverRun, **options: Any
    ) -> list[Document]:
        return await run_in_executor(None, partial(self._brought, query, **options))

    def _brought(self, question: Question, **options: Any) -> list[Document]:
        found = self._find(question, **options)
        if not self.with_pictures:
            return found
        # Rows that are looked up by their ids are not narrowed by a filter.
        narrowed = self.filter is not None or options.get("filter") is not None
        brought = with_pictures(found, None if narrowed else self.vectorstore)
        return [each for each in brought if _is_wanted(each, options.get("without"))]

    def _find(
        self,
        question: Question,
        *,
        k: int | None = None,
        modality: Modality | None = None,
        filter: Any = None,
        score_threshold: float | None = None,
        without: str | None = None,
    ) -> list[Document]:
        count, kind = self.k if k is None else k, self.modality if modality is None else modality
        check_count("k", count)
        if kind == "any" and count < self.min_images + self.min_texts:
            raise InvalidInputError(
                f"k: got {count}; expected at least min_images and min_texts, {self.min_images} and "
                f"{self.min_texts}"
            )
        condition = self.filter if filter is None else filter
        least = self.score_threshold if score_threshold is None else score_threshold
        _check_threshold(least)
        store = self._media()
        own, vector = vector_of(question, store.embeddings.embedder)
        if self.search_type == "mmr":
            if least is not None:
                raise InvalidInputError(f"score_threshold: got {least!r} for search_type mmr; leave it out")
            search = store.max_marginal_relevance_search_by_vector
            more = 0 if without is None else _MORE
            found: list[Document] = search(
                vector, count + more, self.fetch_k, self.lambda_mult, condition, modality=kind
            )
            return [without_score(each) for each in found if _is_wanted(each, without)][:count]
        search = partial(_scored, store, vector, condition, least, without)
        kinds: list[Modality] = [kind]
        if kind == "any" and not store.embeddings.embedder.calibration:
            kinds = ["image", "text"] if own == "image" else ["text", "image"]
        in_turn = chain.from_iterable(zip_longest(*(search(count, each) for each in kinds)))
        found = [document for document in in_turn if document is not None][:count]
        floors: list[tuple[Modality, int]] = [("image", self.min_images), ("text", self.min_texts)]
        for wanted, fewest in floors:
            if kind == "any" and sum(is_of(each, wanted) for each in found) < fewest:
                found = _with(found, search(fewest, wanted), count, wanted, fewest)
        return found[:count]


def _is_wanted(document: Document, without: str | None) -> bool:
    return without is None or source_of(document).key != without


def _scored(
    store: Any,
    vector: list[float],
    filter: Any,
    least: float | None,
    without: str | None,
    count: int,
    modality: Modality,
) -> list[Document]:
    """The nearest of a modality, each with its cosine, without what has less than `least`."""
    ask = count if without is None else count + _MORE
    found = store.similarity_search_with_cosine_by_vector(vector, ask, filter, modality=modality)
    found = [pair for pair in found if _is_wanted(pair[0], without)][:count]
    if least is not None and any(score is None for _, score in found):
        raise _unknown(store)
    return [
        document if score is None else _with_score(document, score)
        for document, score in found
        if least is None or (score is not None and score >= least)
    ]


def _unknown(store: Any) -> InvalidInputError:
    name = type(getattr(store, "store", store)).__name__
    return InvalidInputError(
        f"score_threshold: what the scores of {name} mean is not known; expected a store of Chroma, FAISS, "
        "Qdrant or LangChain's in memory"
    )


def _check_threshold(least: Any) -> None:
    if least is not None and (isinstance(least, str | bool) or not -1.01 <= least <= 1.01):
        raise InvalidInputError(f"score_threshold: got {least!r:.60}; expected a cosine from -1 to 1")


def _with_score(document: Document, score: float) -> Document:
    """A copy: a store in memory hands out what it holds."""
    return document.model_copy(update={"metadata": {**document.metadata, SCORE: score}})


def _with(
    found: list[Document], best: list[Document], count: int, wanted: Modality, fewest: int
) -> list[Document]:
    """What was found with the best ones of a kind in it, in place of the last ones of the other kind."""
    kept = [each for each in found if is_of(each, wanted)]
    there = [_key(each) for each in kept]
    more = [each for each in best if _key(each) not in there][: fewest - len(kept)]
    others = [each for each in found if not is_of(each, wanted)]
    room = set(map(_key, others[: max(0, count - len(kept) - len(more))]))
    return [each for each in found if is_of(each, wanted) or _key(each) in room] + more


def _key(document: Document) -> tuple[str, str, str]:
    return document.id or "", document.page_content, str(document.metadata.get("uri", ""))
