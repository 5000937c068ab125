"""What people call models, and which kinds of model load. Imports errors, families and the catalog."""

from difflib import get_close_matches

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.catalog import LAION, MODELS
from clip_embeddings.models.families import FAMILIES

_OPENAI = "openai/clip-vit-"

OPEN_CLIP_TWINS: dict[str, str] = {
    "ViT-B-32/openai": f"{_OPENAI}base-patch32",
    "ViT-B-32-quickgelu/openai": f"{_OPENAI}base-patch32",
    "ViT-B-16/openai": f"{_OPENAI}base-patch16",
    "ViT-B-16-quickgelu/openai": f"{_OPENAI}base-patch16",
    "ViT-L-14/openai": f"{_OPENAI}large-patch14",
    "ViT-L-14-quickgelu/openai": f"{_OPENAI}large-patch14",
    "ViT-L-14-336/openai": f"{_OPENAI}large-patch14-336",
    "ViT-B-32/laion2b_s34b_b79k": LAION,
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
    if kind in _TEXT_TYPES:
        raise ModelLoadError(
            f"model {model!r} is of type {kind!r}: a text model alone. Name it beside the model of the "
            f"pictures that it was trained for, as CLIPEmbedder(..., text_model={model!r})"
        )
    if not isinstance(kind, str) or kind not in FAMILIES:
        raise ModelLoadError(f"model {model!r} is of type {kind!r}; supported: {', '.join(FAMILIES)}")
    return kind


_TEXT_TYPES = ("M-CLIP", "bert", "distilbert", "mpnet", "roberta", "xlm-roberta")


def check_text_type(model: str, config: object) -> None:
    """Refuse a model of text and pictures where one of texts alone was asked for.

    Raises:
        ModelLoadError: it has two towers; before the weights are downloaded.
    """
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind is None or kind in FAMILIES:
        raise ModelLoadError(
            f"text_model {model!r} is of type {kind!r}; expected a text model, like "
            "sentence-transformers/clip-ViT-B-32-multilingual-v1"
        )


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
