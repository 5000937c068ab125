"""Embedding ten thousand texts of mixed length takes no more memory than embedding a few hundred."""

import sys

import pytest
import warm

resource = pytest.importorskip("resource", reason="peak memory is read through it")

# Measured: 7 to 12 MB, the ids and vectors of 10,000 texts; allocators differ by tens. Keeping the
# tokenizer's encodings of all texts, or all activations, the two mistakes this test is for, takes hundreds.
ALLOWED_MB = 150

CODE = """
import random, resource, sys, warnings
from clip_embeddings import CLIPEmbedder
warnings.simplefilter("ignore")

def peak():
    value = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return value / 2**20 if sys.platform == "darwin" else value / 2**10

random.seed(0)
words = "the quick brown fox jumps over a lazy dog 고양이가 해변에 있다".split()
lengths = [random.choice((1, 5, 12, 30, 60, 200)) for _ in range(10_000)]
texts = [" ".join(random.choices(words, k=length)) for length in lengths]
for long_text in ("chunk", "truncate"):
    embedder = CLIPEmbedder(sys.argv[1], device="cpu", dtype="float32", long_text=long_text)
    embedder.embed_texts(texts[:500])
    warm = peak()
    assert embedder.embed_texts(texts).shape == (10_000, embedder.dimension)
    print(peak() - warm)
"""


@pytest.mark.slow
def test_ten_thousand_texts_of_mixed_length_stay_in_bounded_memory(checkpoint: object) -> None:
    """Cut into parts, then cut off: hundreds of MB show above the few that the first one took."""
    command = [sys.executable, "-c", CODE, str(checkpoint)]
    result = warm.run(command)
    assert result.returncode == 0, result.stderr
    grown = [float(line) for line in result.stdout.split()]
    assert len(grown) == 2
    assert max(grown) < ALLOWED_MB, f"the peak grew by {grown} MB"
