"""`python -m benchmarks NAME`: a case of speed, several, `all`, or one of the other benchmarks."""

import sys
from importlib import import_module

OTHERS = {
    "ingest": "benchmarks.storing.ingest",
    "stores": "benchmarks.storing.stores",
    "filtered": "benchmarks.storing.filtered",
    "ray": "benchmarks.storing.ray_workers",
    "bundled-model": "benchmarks.quality.bundled_model",
    "mixed-retrieval": "benchmarks.mixed.retrieval",
    "zero-shot": "benchmarks.quality.zero_shot",
    "few-shot": "benchmarks.quality.few_shot",
    "caption-scores": "benchmarks.quality.caption_scores",
    "fine-tuning": "benchmarks.quality.finetuning",
    "draft": "benchmarks.quality.draft",
    "reference-calibration": "benchmarks.quality.reference_calibration",
    "families": "benchmarks.speed.families",
    "gpu-check": "benchmarks.gpu_check",
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
