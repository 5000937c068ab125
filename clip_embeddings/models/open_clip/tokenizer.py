"""Texts as open_clip reads them: the same ids, made by the tokenizers library.

A text is repaired (ftfy, HTML entities), cleaned and encoded, by CLIP's own vocabulary or by the
tokenizer.json beside the config. Imports errors, files and, inside functions, tokenizers and ftfy.
"""

import gzip
import hashlib
import html
import json
import string
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.assets import key_of, read_note, write_note
from clip_embeddings.models.hub.layout import TOKENIZER_CONFIG
from clip_embeddings.models.identity.digest import file_digest
from clip_embeddings.models.open_clip.extra import needed, releases, vocabulary_file
from clip_embeddings.models.open_clip.settings import SPECIAL_TOKENS, TOKENIZER_JSON
from clip_embeddings.models.transformers.tokenizer import PROBES, stable_content

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from clip_embeddings.inputs.tokens import TextTokenizer
    from clip_embeddings.models.open_clip.files import OpenClipFiles

_ENDS = ("<start_of_text>", "<end_of_text>")
_MERGES = 49_408 - 2 * 256 - len(_ENDS)
_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_KIND = "tokenizers"


def text_tokenizer(files: "OpenClipFiles") -> "TextTokenizer":
    """How text becomes the tower's ids.

    Raises:
        ModelLoadError: open_clip or ftfy is not installed, or the tokenizer's files cannot be used.
    """
    from clip_embeddings.inputs.tokens import TextTokenizer

    settings = files.settings
    made, pad, side, keep = _backend(files)
    tokenizer = TextTokenizer(
        made,
        context=settings.context,
        pad=pad,
        fill="pad",
        up_to="context" if settings.whole else "longest",
        side="left" if side == "left" else "right",
        keep="end" if keep == "left" else "start",
        clean=cleaning(files.model, settings.clean),
    )
    if tokenizer.room < 1:
        raise ModelLoadError(
            f"model {files.model!r}: a context_length of {settings.context} leaves no room for a text"
        )
    return tokenizer


def cleaning(model: str, kind: str) -> Callable[[str], str]:
    """What is done to a text before it is encoded: "lower", "whitespace" or "canonicalize".

    Source: open_clip, `get_clean_fn` of tokenizer.py.
    """
    with needed(model):
        from ftfy import fix_text

    def clean(text: str) -> str:
        text = html.unescape(html.unescape(fix_text(text))).strip()
        if kind == "canonicalize":
            text = text.replace("_", " ").translate(_NO_PUNCTUATION).lower()
        text = " ".join(text.split())
        return text.lower() if kind == "lower" else text

    return clean


def _backend(files: "OpenClipFiles") -> "tuple[Tokenizer, int, str, str]":
    """The tokenizer, its padding id, and the sides where texts are filled up and cut."""
    settings = files.settings
    if not settings.hf_tokenizer:
        made = clip_tokenizer(vocabulary_file(files.model), lower=settings.clean == "lower")
        return made, 0, "right", "right"
    said = files.json(TOKENIZER_CONFIG)
    try:
        made = _saved_tokenizer(files.folder / TOKENIZER_JSON, lower=settings.clean == "canonicalize")
        pad = _id_of(made, said.get("pad_token") or files.json(SPECIAL_TOKENS).get("pad_token"))
        _set_end(made, said.get("add_eos_token") and said.get("eos_token"), strip=settings.strip_sep)
    except Exception as error:  # damaged files surface as errors of many kinds
        raise ModelLoadError(f"model {files.model!r}: cannot load its tokenizer ({error})") from error
    return made, pad, str(said.get("padding_side")), str(said.get("truncation_side"))


@lru_cache(maxsize=2)
def clip_tokenizer(archive: Path, *, lower: bool = True) -> "Tokenizer":
    """CLIP's own tokenizer, made once: "a photo of a cat" -> 49406 320 1125 539 320 2368 49407.

    Args:
        archive: open_clip's list of merges.
        lower: whether it lower-cases. Cleaned texts are so already; passages are found in uncleaned ones.
    Letters are told from other marks by the Unicode of the tokenizers library; those that a newer one has
    may be parted otherwise.

    Source: open_clip, `SimpleTokenizer` of tokenizer.py.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    ids, merges = _vocabulary(archive)
    made: Any = Tokenizer(models.BPE(ids, merges, end_of_word_suffix="</w>", continuing_subword_prefix=""))
    if lower:
        made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.add_special_tokens(list(_ENDS))
    ends = [(token, ids[token]) for token in _ENDS]
    made.post_processor = processors.TemplateProcessing(f"{_ENDS[0]} $A {_ENDS[1]}", special_tokens=ends)
    return made  # type: ignore[no-any-return]


def _vocabulary(archive: Path) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Ids of the words that CLIP knows, and its merges in their order."""
    lines = gzip.decompress(archive.read_bytes()).decode("utf-8").split("\n")
    merges = [(first, second) for first, second in (line.split() for line in lines[1 : _MERGES + 1])]
    # Bytes in the order of OpenAI's tokenizer: printable ones first.
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)]
    letters = [chr(byte) for byte in shown] + [chr(256 + i) for i in range(256 - len(shown))]
    ends = [f"{letter}</w>" for letter in letters]
    words = [*letters, *ends, *("".join(pair) for pair in merges), *_ENDS]
    return {word: number for number, word in enumerate(words)}, merges


def _saved_tokenizer(path: Path, *, lower: bool) -> Any:
    from tokenizers import Tokenizer, normalizers

    made: Any = Tokenizer.from_file(str(path))
    if lower:  # cleaned texts are so already; passages are found in texts as they are
        there = [made.normalizer] if made.normalizer is not None else []
        made.normalizer = normalizers.Sequence([normalizers.Lowercase(), *there])
    return made


def _id_of(tokenizer: Any, token: Any) -> int:
    """The id of a token as tokenizer_config.json writes it; a tokenizer that pads says it itself."""
    name = token.get("content") if isinstance(token, dict) else token
    number = tokenizer.token_to_id(name) if isinstance(name, str) else (tokenizer.padding or {}).get("pad_id")
    if number is None:
        raise ValueError(f"its padding token is {name!r}, which it does not know")
    return int(number)


def _set_end(tokenizer: Any, wanted: Any, *, strip: bool) -> None:
    """Put another token at the end of every text where the settings ask for it.

    Args:
        wanted: the end token of tokenizer_config.json if `add_eos_token` is set there, else nothing.
        strip: put id 0 in its place, as `strip_sep_token` does it.
    """
    from tokenizers import processors

    ids = tokenizer.encode("").ids
    end = _id_of(tokenizer, wanted) if wanted else None
    if strip and ids:
        frame = [*ids[:-1], None, 0]
    elif end is not None and ids[-1:] != [end]:
        frame = [*ids, None, end]
    else:
        return
    names = ["$A" if id is None else tokenizer.id_to_token(id) for id in frame]
    special = [(name, id) for name, id in zip(names, frame, strict=True) if id is not None]
    tokenizer.post_processor = processors.TemplateProcessing(" ".join(names), special_tokens=special)


def tokenizer_identity(files: "OpenClipFiles") -> dict[str, str]:
    """What its files say, and the ids of some texts, noted for the releases of what makes them."""
    settings = files.settings
    said = {path.name: stable_content(files, path) for path in files.tokenizer()}
    if not settings.hf_tokenizer:
        said = {"vocabulary": file_digest(vocabulary_file(files.model))}
    named = key_of(said, settings.clean, settings.strip_sep)
    key = key_of("open_clip", named, *releases())
    noted = read_note(_KIND, key)
    if not isinstance(noted.get("probe"), str):
        noted = {"probe": _probe(files)}
        write_note(_KIND, key, noted)
    return {"files": named, "probe": noted["probe"]}


def _probe(files: "OpenClipFiles") -> str:
    made = _backend(files)[0]
    made.no_truncation()
    made.no_padding()
    clean = cleaning(files.model, files.settings.clean)
    ids = [encoding.ids for encoding in made.encode_batch([clean(text) for text in PROBES])]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()
