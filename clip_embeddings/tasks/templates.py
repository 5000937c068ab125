"""Prompt templates: what a label is put into before it is embedded. Imports errors."""

import re
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.tasks import published_templates as published

SLOT = "{}"
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class TemplateSet:
    """Sentences with a `{}` for the label, used together: a class is the mean of their vectors.

    Attributes:
        templates: at least one.
        language: "en" or "ko".
        source: where the words are from.
    """

    templates: tuple[str, ...]
    language: str
    source: str


_NOTEBOOK = "openai/CLIP, notebooks/Prompt_Engineering_for_ImageNet.ipynb"
_PROMPTS = "openai/CLIP, data/prompts.md, {}"
_FORWARD_SELECTED = (
    "itap of a {}.",
    "a bad photo of the {}.",
    "a origami {}.",
    "a photo of the large {}.",
    "a {} in a video game.",
    "art of the {}.",
    "a photo of the small {}.",
)
_DATA_SETS = {
    "cifar": ("CIFAR10 and CIFAR100", published.CIFAR),
    "caltech101": ("Caltech101", published.CALTECH101),
    "textures": ("DescribableTextures", published.TEXTURES),
    "eurosat": ("EuroSAT", published.EUROSAT),
    "resisc45": ("RESISC45", published.RESISC45),
    "cars": ("StanfordCars", published.CARS),
    "aircraft": ("FGVCAircraft", published.AIRCRAFT),
    "birds": ("Birdsnap", published.BIRDS),
    "flowers": ("Flowers102", published.FLOWERS),
    "food": ("Food101", published.FOOD),
    "pets": ("OxfordPets", published.PETS),
    "sun397": ("SUN397", published.SUN397),
    "traffic-signs": ("GTSRB", published.TRAFFIC_SIGNS),
}
_KOREAN = ("{} 사진", "{}의 사진", "{} 이미지", "{} 그림", "{}이(가) 있는 사진", "{}을(를) 찍은 사진")

TEMPLATES: dict[str, TemplateSet] = {
    "photo": TemplateSet(("a photo of a {}.",), "en", "Radford et al. 2021, section 3.1.4"),
    "imagenet": TemplateSet(tuple(published.IMAGENET), "en", _NOTEBOOK),
    "imagenet-7": TemplateSet(_FORWARD_SELECTED, "en", _NOTEBOOK),
    **{
        name: TemplateSet(tuple(lines), "en", _PROMPTS.format(section))
        for name, (section, lines) in _DATA_SETS.items()
    },
    "korean-photo": TemplateSet(("{} 사진",), "ko", "this library"),
    "korean": TemplateSet(_KOREAN, "ko", "this library"),
}
"""The named sets. "imagenet" is the 80 of the paper; "imagenet-7" the 7 of them that its authors found to do
a bit better together than all 80."""

Templates = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
"""The name of a set, one template, several, or any of these for each label; None: by the label's language."""


def templates_of(given: Templates, labels: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The templates of each label.

    None gives "korean-photo" to a label with Hangul in it and "photo" to any other, so a list may mix both.

    Raises:
        InvalidInputError: no such set, no template, or one without a `{}`; a mapping that misses a label.
    Warns:
        UserWarning: a label with Hangul in English templates, or one without in Korean ones.
    """
    if given is None:
        return {
            label: TEMPLATES["korean-photo" if is_korean(label) else "photo"].templates for label in labels
        }
    if isinstance(given, Mapping):
        _check_keys(given, labels)
        return {label: _resolved(given[label]) for label in labels}
    templates = _resolved(given)
    _warn_of_mixture(templates, labels)
    return dict.fromkeys(labels, templates)


def fill(template: str, label: str) -> str:
    """The prompt; every `{}` becomes the label, braces inside the label stay."""
    return template.replace(SLOT, label)


def is_korean(text: str) -> bool:
    """Whether there is Hangul in it."""
    return bool(_HANGUL.search(unicodedata.normalize("NFC", text)))


def _resolved(given: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        if given in TEMPLATES:
            return TEMPLATES[given].templates
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, bytes):
        raise InvalidInputError(
            f"templates: got {type(given).__name__}; expected a sentence with {SLOT}, several of them, or "
            f"the name of a set: {', '.join(TEMPLATES)}"
        )
    if not given:
        raise InvalidInputError('templates: got none; expected at least one, such as "a photo of a {}."')
    for template in given:
        if not isinstance(template, str) or SLOT not in template:
            raise InvalidInputError(
                f"template {template!r} has no {SLOT} for the label; write one, such as "
                f'"a photo of a {{}}.", or name a set: {", ".join(TEMPLATES)}'
            )
    return tuple(given)


def _check_keys(given: Mapping[str, object], labels: Sequence[str]) -> None:
    if missing := [label for label in labels if label not in given]:
        raise InvalidInputError(f"templates: none for the label {missing[0]!r}; give each label its own")
    if unknown := [name for name in given if name not in labels]:
        raise InvalidInputError(f"templates: {unknown[0]!r} is not a label; the labels: {', '.join(labels)}")


def _warn_of_mixture(templates: Sequence[str], labels: Sequence[str]) -> None:
    words = "".join(templates).replace(SLOT, "").strip()
    if not words:  # "{}": the labels are the prompts
        return
    korean = is_korean(words)
    others = [label for label in labels if is_korean(label) != korean]
    if others:
        warnings.warn(
            f"label {others[0]!r}{f' and {len(others) - 1} more' if len(others) > 1 else ''} in templates of "
            f"another language ({templates[0]!r}): the model may never have seen such a sentence. Give each "
            "label templates of its language, or leave templates out",
            UserWarning,
            stacklevel=4,
        )
