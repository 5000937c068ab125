"""Which library's files are looked for where a model lies: transformers' own, or another's that has a row.

Imports errors, files, layout and registry.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from clip_embeddings.models.hub.layout import CONFIG, PREPROCESSING, TOKENIZER_CONFIG, Layout, layout_of
from clip_embeddings.models.hub.listing import Listing
from clip_embeddings.models.model import Model
from clip_embeddings.models.registry import check_type
from clip_embeddings.models.transformers.files import ModelFiles


class MakeModel(Protocol):
    """What a layout becomes once everything of it is on this machine."""

    def __call__(
        self, model: str, layout: Layout, home: Path, weights: Path, revision: str | None, origin: str
    ) -> Model: ...


@dataclass(frozen=True, slots=True)
class Library:
    """How a library's models lie, in a folder, in the hub's cache and on the hub alike.

    Attributes:
        name: part of the notes about what the cache has of a repository; "" for transformers.
        repository, folder: what one of each should have been, for messages.
        layout_of: finds the files of a model.
        check: refuses what cannot load, from small files, before anything large is downloaded.
        make: the model of files that are all here.
        optional: what changes vectors and need not be there; each program asks for what it knows of.
        usual: groups of files of which nearly all models have one.
        converted: whether the hub's conversion bot makes safetensors of its pickles.
    """

    name: str
    repository: str
    folder: str
    layout_of: Callable[[Listing], Layout]
    check: Callable[[Listing, Layout], None]
    make: MakeModel
    optional: tuple[str, ...] = ()
    usual: tuple[tuple[str, ...], ...] = field(default=())
    converted: bool = False

    def plausible(self, layout: Layout) -> bool:
        """Whether it has every kind of file that nearly all models have, if not surely every file."""
        return not layout.missing and all(layout.has(*group) for group in self.usual)


def _check(listing: Listing, layout: Layout) -> None:
    check_type(listing.model, listing.read(layout.prefix + CONFIG))


def _make(
    model: str, layout: Layout, home: Path, weights: Path, revision: str | None, origin: str
) -> ModelFiles:
    return ModelFiles(model, home, weights, revision, origin)


TRANSFORMERS = Library(
    name="",
    repository="a model of transformers with its tokenizer",
    folder="a folder written by save_pretrained, with its weights and its tokenizer",
    layout_of=layout_of,
    check=_check,
    make=_make,
    optional=(
        *PREPROCESSING,
        TOKENIZER_CONFIG,
        "tokenizer.json",
        "special_tokens_map.json",
        "added_tokens.json",
    ),
    usual=(PREPROCESSING, (TOKENIZER_CONFIG,)),
    converted=True,
)
