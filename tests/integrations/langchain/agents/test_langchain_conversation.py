"""The search tool in a conversation: pictures that the user sent, in agents and in graphs of LangGraph."""

from pathlib import Path
from typing import Any

import pytest
from langchain_agents.asking import Scripted, ask, call, ids, sent, texts
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool

from langchain_clip_embeddings import MultimodalChroma, MultimodalRetriever, to_content_blocks

BASE64 = "aGk="  # "hi", no picture


def answers(tool: BaseTool, *messages: Any, **arguments: Any) -> list[ToolMessage]:
    """Of an agent whose model asks once."""
    from langchain.agents import create_agent

    script = [{"content": "", "tool_calls": [call("1", **arguments)]}, {"content": "That is all."}]
    made = create_agent(Scripted(script=script), [tool]).invoke({"messages": list(messages)})
    return [message for message in made["messages"] if isinstance(message, ToolMessage)]


def test_an_agent_searches_by_a_picture_of_the_conversation_the_last_one_first(
    tool: BaseTool, uris: list[str]
) -> None:
    spoken = [sent(uris[0]), AIMessage("A fine picture."), sent(uris[1], uris[2])]
    for number, picture, said in [
        (1, 2, "the last of 3 pictures that the user sent"),
        (2, 1, "number 2 from the last of 3 pictures"),
        (3, 0, "number 3 from the last of 3 pictures"),
    ]:
        (answer,) = answers(tool, *spoken, picture=number, modality="image", k=1)
        assert ids(answer) == [f"picture-{picture}"]
        assert said in texts(answer)[0]
    (answer,) = answers(tool, *spoken, picture=4)
    assert answer.content == "picture: got 4, but the user has sent 3; 1 is the last one"


def test_pictures_are_taken_in_the_forms_of_chat_apis(tool: BaseTool, uris: list[str]) -> None:
    content = sent(uris[3]).content_blocks[1]
    assert content["type"] == "image"
    uri = f"data:image/png;base64,{content['base64']}"
    source = {"type": "base64", "media_type": "image/png", "data": content["base64"]}
    forms: list[dict[Any, Any]] = [
        {"type": "image_url", "image_url": {"url": uri}},
        {"type": "image_url", "image_url": uri},
        {"type": "input_image", "image_url": uri},
        {"type": "image", "url": uri},
        {"type": "image", "source": source},
    ]
    for block in forms:
        (answer,) = answers(tool, HumanMessage([block]), picture=1, modality="image", k=1)
        assert ids(answer) == ["picture-3"], block


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "image", "url": "https://127.0.0.1/a.png"}, "nothing is fetched here"),
        ({"type": "image_url", "image_url": {"url": "http://127.0.0.1/a.png"}}, "nothing is fetched here"),
        ({"type": "image", "file_id": "file-1"}, "nothing is fetched here"),
        ({"type": "image", "url": __file__}, "nothing is fetched here"),
        ({"type": "image", "url": Path(__file__).as_uri()}, "nothing is fetched here"),
        ({"type": "image", "base64": BASE64, "mime_type": "image/png"}, "the user's picture: cannot decode"),
        ({"type": "image", "base64": "A" * 30_000_001, "mime_type": "image/png"}, "is too large"),
        ({"type": "text", "text": "no picture"}, "the user has sent no picture"),
    ],
)
def test_what_is_no_picture_in_the_message_itself_is_answered(
    tool: BaseTool, block: dict[str, Any], said: str
) -> None:
    (answer,) = answers(tool, HumanMessage([block]), picture=1)
    assert (answer.status, said in str(answer.content)) == ("error", True), answer.content


def test_outside_of_an_agent_there_is_no_conversation(tool: BaseTool) -> None:
    assert "does not run in an agent of LangChain or a ToolNode" in str(ask(tool, picture=1).content)


async def test_a_graph_with_a_tool_node_and_a_checkpointer_answers_parallel_calls(
    tool: BaseTool, uris: list[str]
) -> None:
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph import MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode

    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode([tool]))
    graph.set_entry_point("tools")
    app = graph.compile(checkpointer=InMemorySaver())
    calls = [call(str(i), picture=1 + i % 2, k=1, modality="image") for i in range(6)]
    said: Any = {"messages": [sent(uris[0], uris[1]), AIMessage("", tool_calls=calls)]}
    for thread in ("sync", "async"):
        config: Any = {"configurable": {"thread_id": thread}}
        await app.ainvoke(said, config) if thread == "async" else app.invoke(said, config)
        kept = app.get_state(config).values["messages"][2:]
        assert [ids(message) for message in kept] == [["picture-1"], ["picture-0"]] * 3


def test_a_graph_that_retrieves_and_then_answers_is_shown_texts_and_pictures(store: MultimodalChroma) -> None:
    from langgraph.graph import MessagesState, StateGraph

    retriever = MultimodalRetriever(vectorstore=store, k=4, min_images=1)
    model = Scripted(script=[{"content": "On Tuesday [1]."}])

    def retrieve(state: MessagesState) -> dict[str, Any]:
        found = retriever.invoke(str(state["messages"][-1].text))
        return {"messages": [HumanMessage(content_blocks=to_content_blocks(found))]}

    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    graph = StateGraph(MessagesState)
    graph.add_sequence([retrieve, answer])
    graph.set_entry_point("retrieve")
    asked: Any = {"messages": [HumanMessage("When does the cat see the vet?")]}
    said = graph.compile().invoke(asked)
    assert said["messages"][-1].text == "On Tuesday [1]."
    ((_, shown),) = model.shown
    assert texts(shown)[0] == "[1] vet\nThe cat sees the vet on Tuesday."
    assert "image" in [block["type"] for block in shown.content_blocks]
