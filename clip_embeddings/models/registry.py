"""Models known by name: one row each, and what else people call them. Imports errors."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.families import FAMILIES
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
"""Models by the name a user types. Any other model of a family loads by hub id or folder too."""

OPEN_CLIP_TWINS: dict[str, str] = {
    "ViT-B-32/openai": f"{_OPENAI}base-patch32",
    "ViT-B-32-quickgelu/openai": f"{_OPENAI}base-patch32",
    "ViT-B-16/openai": f"{_OPENAI}base-patch16",
    "ViT-B-16-quickgelu/openai": f"{_OPENAI}base-patch16",
    "ViT-L-14/openai": f"{_OPENAI}large-patch14",
    "ViT-L-14-quickgelu/openai": f"{_OPENAI}large-patch14",
    "ViT-L-14-336/openai": f"{_OPENAI}large-patch14-336",
    "ViT-B-32/laion2b_s34b_b79k": _LAION,
    "ViT-B-16/laion2b_s34b_b88k": "laion/CLIP-ViT-B-16-laion2B-s34B-b88K",
    "ViT-L-14/laion2b_s32b_b82k": "laion/CLIP-ViT-L-14-laion2B-s32B-b82K",
    "ViT-H-14/laion2b_s32b_b79k": "laion/CLIP-ViT-H-14-laion2B-s32B-b79K",
}
"""open_clip's "model/checkpoint" -> the same weights in the layout of transformers, on the hub."""

# What OpenAI's release calls its models, and sentence-transformers those that it hosts.
_OPENAI_NAMES = {
    "ViT-B/32": f"{_OPENAI}base-patch32",
    "ViT-B/16": f"{_OPENAI}base-patch16",
    "ViT-L/14": f"{_OPENAI}large-patch14",
    "ViT-L/14@336px": f"{_OPENAI}large-patch14-336",
}
_SENTENCE_TRANSFORMERS = ("clip-ViT-B-32", "clip-ViT-B-16", "clip-ViT-L-14", "clip-ViT-B-32-multilingual-v1")
_NICKNAMES = {
    name.lower(): repository
    for name, repository in {
        **_OPENAI_NAMES,
        **OPEN_CLIP_TWINS,
        **{name: f"sentence-transformers/{name}" for name in _SENTENCE_TRANSFORMERS},
    }.items()
}
_RESNETS = {name.lower(): name for name in ("RN50", "RN101", "RN50x4", "RN50x16", "RN50x64")}


def check_type(model: str, config: object) -> str:
    """The type of a model by its config.json.

    Raises:
        ModelLoadError: none that loads; before the weights are downloaded.
    """
    kind = config.get("model_type") if isinstance(config, dict) else None
    if not isinstance(kind, str) or kind not in FAMILIES:
        raise ModelLoadError(f"model {model!r} is of type {kind!r}; supported: {', '.join(FAMILIES)}")
    return kind


def meaning_of(model: str) -> str:
    """The hub's id for a nickname; any other name stays.

    Raises:
        ModelLoadError: a name of OpenAI's release that nothing here can load.
    """
    asked = model.lower()
    kind, _, tag = asked.partition("/")
    if kind in _RESNETS:
        raise ModelLoadError(
            f"model {model!r} is a ResNet of OpenAI's release, which transformers does not have; open_clip "
            f"does: 'open_clip:{_RESNETS[kind]}/{tag or 'openai'}', with "
            'pip install "clip-embeddings[open-clip]"'
        )
    return _NICKNAMES.get(asked, model)


def suggestion(model: str) -> str:
    """A sentence for the error about an unknown model."""
    short = {name.replace("/", "-"): repository for name, repository in _NICKNAMES.items()}
    short |= {name.rpartition("/")[2].lower(): name for name in MODELS}
    asked = model.lower()
    spellings = (asked.rpartition("/")[2], asked.replace("/", "-"))
    close = [name for spelling in spellings for name in get_close_matches(spelling, short, n=1, cutoff=0.6)]
    hint = f"did you mean {short[close[0]]!r}? " if close and short[close[0]] != model else ""
    return (
        f"{hint}Known names: clip-embeddings info --models. "
        "Works offline: 'tiny', or a folder with the model's files"
    )
