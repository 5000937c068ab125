"""What is enough, and whether it was reached. Imports the standard library."""

from collections.abc import Mapping

from benchmarks.shared.figures import Spread, number
from benchmarks.shared.results import table

AT_LEAST = {
    "short text: ours over chroma": 22,
    "short text: ours over langchain": 22,
    "short text: ours over sentence-transformers": 2.4,
    "small pictures: ours over chroma": 4,
    "small pictures: ours over langchain": 4,
    "small pictures: ours over sentence-transformers": 2.4,
    "phone photos: ours over the best of these three": 5,
    "short text: efficiency": 0.9,
    "small pictures: efficiency": 0.9,
    **{
        f"{case}: ours in float32 over sentence-transformers": 1.0
        for case in (
            "short text",
            "long text",
            "small pictures",
            "phone photos",
            "text query",
            "picture query",
        )
    },
    "small pictures: ours over onnx": 1.9,
    "phone photos: ours over onnx": 5,
    "text query: ours in float32 over onnx": 0.8,
    "callers: at once over in turn": 4,
}
AT_MOST = {
    "text query: whole over tower": 1.15,
    "growth: cost of an item among many over that among few, less 1": 0.05,
    "growth: peak memory with many over that with few, less 1": 0.1,
    "cold start: import clip_embeddings, ms": 80,
    "cold start: torch among the modules then": 0,
}


def targets_table(figures: Mapping[str, Spread], missing: Mapping[str, str]) -> str:
    """Every target: pass or miss by the median, or not measured and why; `missing` is that of Workers."""
    rows = []
    for name, bound in {**AT_LEAST, **AT_MOST}.items():
        wanted = f"{'at least' if name in AT_LEAST else 'at most'} {number(bound)}"
        if found := figures.get(name):
            good = found.median >= bound if name in AT_LEAST else found.median <= bound
            rows.append([name, wanted, found.text(), "pass" if good else "**miss**"])
        else:
            peer = name.rpartition(" over ")[2]
            why = next((f": {reason}" for key, reason in missing.items() if key.split(":")[0] == peer), "")
            rows.append([name, wanted, f"not measured{why}", ""])
    return table(["target", "wanted", "reached", "verdict"], rows)
