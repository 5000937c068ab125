"""Models known by name: one row each. Imports the standard library and errors only."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from clip_embeddings.models.tiny import WEIGHTS


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What is known of a model before it is loaded.

    Attributes:
        name: what a user types.
        source: hub id, or the folder of a bundled model.
        dimension: length of its vectors.
        languages: what its text tower was trained on.
        license: SPDX name, or "see hub".
        notes: one sentence.
    """

    name: str
    source: str
    dimension: int
    languages: str
    license: str
    notes: str

    @property
    def bundled(self) -> bool:
        return Path(self.source).is_absolute()


_OPENAI = "openai/clip-vit-"
_LAION = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
_ROWS = (
    ModelSpec("tiny", str(WEIGHTS), 128, "en, ko", "Apache-2.0", "Bundled; drawn scenes, not photographs."),
    ModelSpec(f"{_OPENAI}base-patch32", f"{_OPENAI}base-patch32", 512, "en", "see hub", "The default; fast."),
    ModelSpec(f"{_OPENAI}base-patch16", f"{_OPENAI}base-patch16", 512, "en", "see hub", "Finer patches."),
    ModelSpec(
        f"{_OPENAI}large-patch14", f"{_OPENAI}large-patch14", 768, "en", "see hub", "Better and slower."
    ),
    ModelSpec(_LAION, _LAION, 512, "en", "MIT", "The default of Chroma's and LangChain's OpenCLIP classes."),
)
MODELS: dict[str, ModelSpec] = {row.name: row for row in _ROWS}
"""Models by the name a user types. Any other CLIPModel checkpoint loads by hub id or folder too."""

# What OpenAI's and open_clip's releases call them.
_NICKNAMES = {
    "vit-b-32": "openai/clip-vit-base-patch32",
    "vit-b-16": "openai/clip-vit-base-patch16",
    "vit-l-14": "openai/clip-vit-large-patch14",
}


def source_of(model: str) -> str:
    """Where a model's files are: a bundled name becomes its folder, anything else stays."""
    return MODELS[model].source if model in MODELS else model


def suggestion(model: str) -> str:
    """A sentence for the error about an unknown model."""
    short = _NICKNAMES | {name.rpartition("/")[2].lower(): name for name in MODELS}
    asked = model.lower()
    spellings = (asked.rpartition("/")[2], asked.replace("/", "-"))
    close = [name for spelling in spellings for name in get_close_matches(spelling, short, n=1, cutoff=0.6)]
    hint = f"did you mean {short[close[0]]!r}? " if close and short[close[0]] != model else ""
    return (
        f"{hint}Known names: clip-embeddings info --models. "
        "Works offline: 'tiny', or a folder with the model's files"
    )
