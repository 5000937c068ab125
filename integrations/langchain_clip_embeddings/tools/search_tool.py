"""A search for agents: by words, by a picture of the conversation or of a folder, by an earlier hit.

Imports langchain-core and the public core.
"""

from typing import Annotated, Any

from langchain_core.messages.content import ContentBlock
from langchain_core.runnables import run_in_executor
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, ToolException

from clip_embeddings import ClipEmbeddingsError, ImageDecodeError
from clip_embeddings.conditions import conditions_of
from clip_embeddings.context import AnyRoots, Budget, resolved_roots
from langchain_clip_embeddings.content import to_context
from langchain_clip_embeddings.retriever import MultimodalRetriever
from langchain_clip_embeddings.tools.answer import artifact_of, content_of
from langchain_clip_embeddings.tools.arguments import QUESTIONS, schema_without, what_is_wrong
from langchain_clip_embeddings.tools.asking import Asked, asked_of
from langchain_clip_embeddings.tools.narrowing import narrowing_of

DESCRIPTION = (
    "Search the user's own texts and pictures, in any language. Give exactly one of {}. Results are numbered "
    "anew in each search: cite them by number and name, as [1] cat.png."
)
Answer = tuple[list[ContentBlock], list[dict[str, Any]]]


def create_search_tool(
    retriever: MultimodalRetriever,
    *,
    roots: AnyRoots = (),
    budget: Budget | None = None,
    name: str = "search_files",
    description: str | None = None,
) -> BaseTool:
    """Make a tool of a retriever, with its store, filter, modality and thresholds, none of which it widens.

    An agent gives words (`query`), the id of an earlier result (`like`), a picture that the user sent
    (`picture`, in an agent of LangChain or a ToolNode of LangGraph) or, with roots, a picture's path
    (`image`); and how many results, of which modality (unless the retriever is of one), and in Chroma or
    LangChain's store in memory conditions on metadata (`where`, as in `clip_embeddings.search`).

    The answer's content is text and image blocks, each result with its number and id; its artifact is a list
    of plain dictionaries: number, id, modality, name, text, score, uri, metadata, and how it was shown. What
    an agent asks wrongly is answered with what is wrong, and raises nothing.

    Args:
        roots: folders that pictures are read from, those of results and those that an agent names, links
            followed first. Without any an agent names no path, and results show what their rows name.
        budget: of one answer; `Budget(images=4)` by default.
        name: as the model is told of it.
        description: as the model is told of it; a good place to name the fields of metadata.
    """
    search = _Search(retriever, roots, budget or Budget(images=4))
    tool: BaseTool = StructuredTool.from_function(
        search.answer,
        search.aanswer,
        name=name,
        description=description or DESCRIPTION.format(", ".join(search.questions)),
        args_schema=schema_without(search.missing),
        response_format="content_and_artifact",
        handle_tool_error=True,
        handle_validation_error=what_is_wrong,
    )
    return tool


class _Search:
    """What the tool does."""

    def __init__(self, retriever: MultimodalRetriever, roots: AnyRoots, budget: Budget) -> None:
        self.retriever, self.budget, self.roots = retriever, budget, resolved_roots(roots)
        self.narrowing = narrowing_of(retriever.vectorstore)
        works = {
            "image": bool(self.roots),
            "where": self.narrowing is not None,
            "modality": retriever.modality == "any",
        }
        self.missing = [argument for argument, there in works.items() if not there]
        self.questions = [each for each in QUESTIONS if each not in self.missing]

    def answer(
        self, query: str | None = None, *, runtime: Annotated[Any, InjectedToolArg] = None, **given: Any
    ) -> Answer:
        """Raises ToolException: what is wrong with the question."""
        asked = asked_of(
            {"query": query, **given},
            store=self.retriever.vectorstore,
            roots=self.roots,
            offered=self.questions,
            runtime=runtime,
        )
        try:
            found = self._find(asked, **given)
            context = to_context(found, self.budget, roots=self.roots or None)
        except ImageDecodeError as error:
            raise ToolException(f"{asked.name}: {error.reason}") from error
        except ClipEmbeddingsError as error:
            raise ToolException(str(error)) from error
        content = content_of(context, by=asked.name, narrowed=bool(given.get("where")))
        return content, artifact_of(context)

    async def aanswer(
        self, query: str | None = None, *, runtime: Annotated[Any, InjectedToolArg] = None, **given: Any
    ) -> Answer:
        """`answer`, with the event loop free meanwhile."""
        return await run_in_executor(None, lambda: self.answer(query, runtime=runtime, **given))

    def _find(
        self,
        asked: Asked,
        *,
        k: int | None = None,
        modality: str | None = None,
        where: str | None = None,
        **_: Any,
    ) -> Any:
        k = k or self.retriever.k
        options: dict[str, Any] = {"modality": modality or self.retriever.modality}
        if options["modality"] == "any":
            k = max(k, self.retriever.min_images + self.retriever.min_texts)
        if where and where.strip() and self.narrowing:
            options["filter"] = self.narrowing(self.retriever.filter, conditions_of(where))
        if asked.without is not None:
            options["without"] = asked.without
        return self.retriever.invoke(asked.question, k=k, **options)
