"""`python -m benchmarks NAME`: a case of speed, several, `all`, or one of the other benchmarks."""

import sys
from importlib import import_module

OTHERS = {
    "ingest": "benchmarks.ingest",
    "ray": "benchmarks.ray_workers",
    "bundled-model": "benchmarks.bundled_model",
    "mixed-retrieval": "benchmarks.mixed_retrieval",
    "zero-shot": "benchmarks.zero_shot",
    "few-shot": "benchmarks.few_shot",
    "caption-scores": "benchmarks.caption_scores",
    "fine-tuning": "benchmarks.finetuning",
    "draft": "benchmarks.draft",
    "families": "benchmarks.families",
}


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in OTHERS:
        import_module("benchmarks.speed.run").main()
        return
    del sys.argv[1]  # the rest is its own
    import_module(OTHERS[name]).main()


if __name__ == "__main__":
    main()
