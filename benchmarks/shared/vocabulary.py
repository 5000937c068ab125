"""OpenAI CLIP's own vocabulary, 49,408 entries, from the list of merges that open_clip brings along.

Only the file is read: with its folder on the path, torchvision would break transformers beside a CPU build
of torch. Imports transformers.
"""

import gzip
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Folders that `make` installs into; each is outside the path.
PEERS = (Path(sys.prefix) / "bench-peers", Path(sys.prefix) / "peers")
_FILE = Path("open_clip", "bpe_simple_vocab_16e6.txt.gz")
_ENDS = ("<|startoftext|>", "<|endoftext|>")
_MERGES = 49_408 - 2 * 256 - len(_ENDS)


def find_merges(folders: Sequence[Path] = PEERS) -> Path | None:
    """The first of the folders' file of merges; None if none has one."""
    return next((folder / _FILE for folder in folders if (folder / _FILE).is_file()), None)


def clip_tokenizer(archive: Path) -> Any:
    """CLIP's tokenizer: "a photo of a cat" -> 49406 320 1125 539 320 2368 49407.

    Source: Radford et al. 2021, the repository's clip/simple_tokenizer.py.
    """
    from transformers import CLIPTokenizer

    lines = gzip.decompress(archive.read_bytes()).decode("utf-8").split("\n")
    merges: Any = [tuple(line.split()) for line in lines[1 : _MERGES + 1]]
    # Bytes in the order of OpenAI's tokenizer: printable ones first.
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    letters = [chr(byte) for byte in shown] + [chr(256 + i) for i in range(256 - len(shown))]
    words = [*letters, *(f"{letter}</w>" for letter in letters), *("".join(pair) for pair in merges), *_ENDS]
    return CLIPTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=merges, model_max_length=77)
