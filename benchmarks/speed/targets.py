"""What is enough, and whether it was reached. Imports the standard library."""

from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.shared.results import table
from benchmarks.speed.figures import Spread, number


class Target(NamedTuple):
    """A bound on the median of a figure: at least it, or at most it."""

    text: str
    figure: str
    bound: float
    at_most: bool = False

    def verdict(self, found: Spread) -> str:
        good = found.median <= self.bound if self.at_most else found.median >= self.bound
        return "pass" if good else "**miss**"


_SAME_DTYPE = "in float32 over sentence-transformers"
TARGETS = (
    Target("short text over Chroma's OpenCLIP", "short text: ours over chroma", 25),
    Target("short text over LangChain's OpenCLIP", "short text: ours over langchain", 25),
    Target("short text over sentence-transformers", "short text: ours over sentence-transformers", 3.5),
    Target("small pictures over Chroma's OpenCLIP", "small pictures: ours over chroma", 15),
    Target("small pictures over LangChain's OpenCLIP", "small pictures: ours over langchain", 4),
    Target(
        "small pictures over sentence-transformers", "small pictures: ours over sentence-transformers", 2.5
    ),
    Target("phone photos over the best of these three", "phone photos: ours over the best", 5),
    Target("efficiency, short text", "short text: efficiency", 0.9),
    Target("efficiency, small pictures", "small pictures: efficiency", 0.9),
    *(
        Target(f"{case}, {_SAME_DTYPE}", f"{case}: ours-float32 over sentence-transformers", 1.0)
        for case in (
            "short text",
            "long text",
            "small pictures",
            "phone photos",
            "text query",
            "picture query",
        )
    ),
    Target("small pictures over ONNX Runtime float32", "small pictures: ours over onnx", 2.5),
    Target("phone photos over ONNX Runtime float32", "phone photos: ours over onnx", 2.5),
    Target("one warm text query over the tower alone", "text query: over the tower", 1.15, at_most=True),
    Target("64 queries at once over one after another", "callers: at once over in turn", 4),
    Target("cost of an item, many texts over few: more by", "growth: cost", 0.05, at_most=True),
    Target("peak memory, many texts over few: more by", "growth: memory", 0.1, at_most=True),
    Target("import clip_embeddings, ms", "cold start: import", 80, at_most=True),
    Target("torch among the modules after that import", "cold start: torch", 0, at_most=True),
    Target("GPU: efficiency from JPEG files, small pictures", "gpu: efficiency", 0.9),
    Target("GPU: B/32 picture tower over the bf16 matrix product", "gpu: share of matrix product", 0.5),
)


def targets_table(figures: Mapping[str, Spread], missing: Mapping[str, str]) -> str:
    """Every target: pass, miss, or not measured and why; `missing` is by engine or by case."""
    rows = []
    for target in TARGETS:
        wanted = f"{'at most' if target.at_most else 'at least'} {number(target.bound)}"
        found = figures.get(target.figure)
        if found is None:
            parts = (target.figure.partition(":")[0], target.figure.rpartition(" over ")[2])
            why = next((f": {missing[part]}" for part in parts if part in missing), "")
            rows.append([target.text, wanted, f"not measured{why}", ""])
        else:
            rows.append([target.text, wanted, found.text(), target.verdict(found)])
    return table(["target", "wanted", "reached", "verdict"], rows)
