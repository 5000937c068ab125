"""A model's tokenizer as transformers makes it, and what it is, apart from the files that it came in.

Imports transformers (inside functions, so that what is noted needs none of it), errors, files and digest.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from importlib.metadata import version
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.family import TokenizerRule
from clip_embeddings.models.hub.assets import key_of, read_note, write_note
from clip_embeddings.models.hub.layout import TOKENIZER_CONFIG
from clip_embeddings.models.identity.digest import file_digest, stamp
from clip_embeddings.models.identity.stored import StoredModel

if TYPE_CHECKING:
    from clip_embeddings.models.transformers.files import ModelFiles

_KIND = "tokenizers"
# Keys of tokenizer_config.json and its like that say where a file came from.
_VOLATILE = {"name_or_path", "tokenizer_file", "special_tokens_map_file", "processor_class", "is_local"}
# Where tokenizers differ: case, accents, spaces, digits, punctuation, scripts, emoji, what is split where.
PROBES = (
    "a photo of a cat",
    "A PHOTO of a Cat, Ünïcode naïve café ÅNGSTRÖM ﬁ ①",
    "  two  spaces\tand\na line  ",
    "it's 3.14159 dogs & 2,000 cats; (really?) #tag @user_name https://example.org/a-b_c?d=1%20",
    "don't I'VE we'll o'clock rock'n'roll state-of-the-art",
    "0123456789 10 100 1000 12345678901234567890",
    "해변에서 달리는 행복한 강아지, 노을지는 바다 사진",
    "海边奔跑的狗 日落 写真をとる猫 カタカナ",
    "صورة قطة على الشاطئ  תמונה של חתול  ภาพถ่ายของแมว  चित्र",
    "фотография кошки  φωτογραφία γάτας",
    "🐈 👩‍👩‍👧 🇰🇷 ❤️",
    "antidisestablishmentarianism supercalifragilisticexpialidocious",
    "",
    "<b>html</b> &amp; {json: [1, 2]} $x = \\frac{1}{2}$",
)


def load_tokenizer(files: "ModelFiles", rule: TokenizerRule | None = None) -> Any:
    """transformers' own fast tokenizer, with lower-casing and special tokens as the model was trained with.

    Args:
        rule: how it is made of its files; None is what the model's family says.
    Raises:
        ModelLoadError: its files cannot be used.
    """
    import transformers

    rule = rule or files.family.tokenizer
    saved = files.json(TOKENIZER_CONFIG)
    try:
        with quiet():
            kind: Any = attrgetter(rule.kind(saved) or "AutoTokenizer")(transformers)
            made = kind.from_pretrained(
                files.folder, local_files_only=True, use_fast=True, trust_remote_code=False
            )
            rule.prepare(made.backend_tokenizer, saved)
    except Exception as error:
        raise ModelLoadError(f"model {files.model!r}: cannot load its tokenizer ({error})") from error
    return made


@cache
def _releases() -> tuple[str, str]:
    """Of what reads a tokenizer; looked up once, as that walks through all that is installed."""
    return version("transformers"), version("tokenizers")


def tokenizer_identity(files: "ModelFiles", rule: TokenizerRule | None = None) -> dict[str, str]:
    """What its files say, and the ids of some texts, as transformers makes them of these files.

    The second is noted for the release of transformers, so it costs an import of it only once.
    """
    said = _said(files, tuple(stamp(path) for path in files.tokenizer()))
    model = files.json("config.json").get("model_type")
    key = key_of(said, model, *_releases())
    noted = read_note(_KIND, key)
    if not isinstance(noted.get("probe"), str):
        noted = {"probe": _probe(files, rule)}
        write_note(_KIND, key, noted)
    return {"files": said, "probe": noted["probe"]}


@lru_cache(maxsize=64)
def _said(files: "ModelFiles", stamps: tuple[tuple[object, ...], ...]) -> str:
    """What its files say, read once for as long as they are the same: a vocabulary is megabytes of JSON."""
    return key_of({path.name: stable_content(files, path) for path in files.tokenizer()})


def stable_content(files: StoredModel, path: Path) -> object:
    """JSON without what says how it was written; a digest of anything else."""
    if path.suffix != ".json":
        return file_digest(path)
    return {key: value for key, value in files.json(path.name).items() if key not in _VOLATILE}


def _probe(files: "ModelFiles", rule: TokenizerRule | None) -> str:
    backend = load_tokenizer(files, rule).backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    ids = [encoding.ids for encoding in backend.encode_batch(list(PROBES))]
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bar and no load report while a library loads; both are settings of the whole process."""
    from transformers.utils import logging as hf_logging

    settings: Any = hf_logging  # untyped functions
    bars, level = settings.is_progress_bar_enabled(), settings.get_verbosity()
    settings.disable_progress_bar()
    settings.set_verbosity_error()
    try:
        yield
    finally:
        settings.set_verbosity(level)
        if bars:
            settings.enable_progress_bar()
