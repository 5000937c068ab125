"""Which files of a folder or a repository make up a model of sentence-transformers. Imports errors and hub.

All small files count, because which of them a processor reads is the library's affair; weights are
safetensors, and a model that has only pickles, or code of its own, is refused before anything is read.
"""

from dataclasses import dataclass
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.layout import ADAPTER, CONFIG, MODULES, PICKLE, plain, weights_under
from clip_embeddings.models.hub.listing import Listing

_SMALL = (".json", ".txt", ".model", ".jinja")
_INDEX = ".index.json"  # says how weights are split up, not what they are
_OURS = "sentence_transformers."
DEEP = 4
"""How deep a module's own files lie at most, in folders below the model's."""


@dataclass(frozen=True, slots=True)
class Module:
    """One step of a model: `kind` is its class, `path` its folder, "" for the model's own."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Parts:
    """A model's files, by their names in the listing.

    Attributes:
        small: everything but the weights.
        weights: safetensors, in order of name.
        indices: what says which weights there are.
    """

    small: tuple[str, ...]
    weights: tuple[str, ...]
    indices: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.small, *self.indices, *self.weights)


def parts_of(listing: Listing) -> Parts:
    """Find the files of a model.

    Raises:
        ModelLoadError: it is none, has pickled weights only, needs code of its own, or has an adapter.
    """
    folders = _folders(listing)
    small, weights, indices = list[str](), list[str](), list[str]()
    for folder in folders:
        here = [name for name in listing.names if name.rpartition("/")[0] == folder.rstrip("/")]
        small += [name for name in here if name.endswith(_SMALL) and not name.endswith(_INDEX)]
        found = weights_under(listing, folder)
        _refuse_pickles(listing, folder, found)
        indices += [name for name in found if name.endswith(_INDEX)]
        weights += [name for name in found if not name.endswith(_INDEX)]
    lacks = [name for name in weights if name not in listing.names]
    if lacks or not weights:
        missing = ", ".join(lacks) or "weights (model.safetensors)"
        raise ModelLoadError(f"model {listing.model!r}: {missing} not among its files")
    return Parts(tuple(sorted(small)), tuple(sorted(weights)), tuple(indices))


def _folders(listing: Listing) -> list[str]:
    """The folders that its files lie in, "" first, the others with a "/" at the end."""
    names = listing.names
    if any(name.rpartition("/")[2] == ADAPTER for name in names):
        raise ModelLoadError(
            f"model {listing.model!r} has an adapter beside its weights ({ADAPTER}), which would change "
            "them. Merge it into them (peft: merge_and_unload), or take it out of the folder"
        )
    if MODULES not in names:
        if CONFIG not in names:
            raise ModelLoadError(
                f"model {listing.model!r}: neither {MODULES} nor {CONFIG} among its files. Expected a folder "
                "or a repository written by save_pretrained of sentence-transformers or transformers"
            )
        return [""]
    tops = {module.path for module in modules_of(listing.model, listing.read(MODULES)) if module.path}
    below = {
        f"{name.rpartition('/')[0]}/" for name in names if any(name.startswith(f"{top}/") for top in tops)
    }
    return ["", *sorted(below)]


def modules_of(model: str, content: Any) -> list[Module]:
    """The modules that modules.json names, in order.

    Raises:
        ModelLoadError: it is damaged, or names a class of somebody else's, whose code is never run here.
    """
    try:
        found = [(str(each["type"]), str(each["path"] or "")) for each in content]
    except (TypeError, KeyError) as error:
        raise ModelLoadError(f"model {model!r}: cannot use its {MODULES} ({error!r})") from error
    if foreign := [kind for kind, _ in found if not kind.startswith(_OURS)]:
        raise ModelLoadError(
            f"model {model!r} is made of {foreign[0]!r:.200}, code of its own, which is never run here; "
            "expected modules of sentence-transformers alone"
        )
    if not found:
        raise ModelLoadError(f"model {model!r}: its {MODULES} names no module")
    made = [
        Module(kind.rpartition(".")[2], plain(path, MODULES, model) if path else "") for kind, path in found
    ]
    if any(module.kind == "Router" for module in made):
        raise ModelLoadError(
            f"model {model!r} is made of a Router, which is not served; expected one model for both"
        )
    return made


def _refuse_pickles(listing: Listing, folder: str, weights: tuple[str, ...]) -> None:
    if weights and weights[0].removeprefix(folder).startswith(PICKLE):
        raise ModelLoadError(
            f"model {listing.model!r}: {weights[0]} is a pickle, and there are no safetensors beside it. "
            "Where you trust it, load it once and write it anew: "
            "SentenceTransformer(...).save_pretrained(FOLDER)"
        )
