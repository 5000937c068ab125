"""Which of the files that a folder or a repository holds make up a model. Imports errors and listing.

The one place that knows how checkpoints lie: OpenAI's and transformers' own, in shards or not, pickled or
not, or in the subfolder that sentence-transformers makes. It asks for names and for the content of small
JSON files, so a local folder, the hub's cache and the hub itself are read alike.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.listing import Listing

CONFIG = "config.json"
PREPROCESSING = ("processor_config.json", "preprocessor_config.json")  # in the order transformers asks them
TOKENIZER_CONFIG = "tokenizer_config.json"
TOKENIZER = (
    TOKENIZER_CONFIG, "tokenizer.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
CALIBRATION = "calibration.json"
SMALL = (CONFIG, *PREPROCESSING, *TOKENIZER, CALIBRATION)
# Each of these holds a vocabulary that a tokenizer can be made of.
_VOCABULARIES = ({"tokenizer.json"}, {"vocab.json", "merges.txt"}, {"vocab.txt"}, {"spiece.model"},
                 {"sentencepiece.bpe.model"})  # fmt: skip
SAFETENSORS, PICKLE = "model.safetensors", "pytorch_model.bin"
_INDEX = ".index.json"
# What is looked for, in this order, as transformers does.
_WEIGHTS = (SAFETENSORS, SAFETENSORS + _INDEX, PICKLE, PICKLE + _INDEX)
ADAPTER = "adapter_config.json"  # of peft
MODULES, LENGTHS = "modules.json", "sentence_bert_config.json"  # of sentence-transformers
_MAKE_NO_DIFFERENCE = {"Normalize"}  # modules after a CLIPModel that leave the direction of a vector alone


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of a model, by their names in the listing.

    Attributes:
        prefix: the subfolder that it lies in, with a "/" at the end, or "".
        small: everything but the weights.
        weights: the weights, their index first if they have one.
        pickled: whether the weights are pickles.
        missing: what a model cannot do without and the listing does not have.
    """

    prefix: str
    small: tuple[str, ...]
    weights: tuple[str, ...]
    pickled: bool
    missing: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.small, *self.weights)

    def has(self, *names: str) -> bool:
        """Whether one of these small files is there."""
        return any(self.prefix + name in self.small for name in names)


def layout_of(listing: Listing) -> Layout:
    """Find the files of a model.

    Raises:
        ModelLoadError: a file that lists others is damaged, or they make a model that is not a CLIP alone.
    """
    prefix = _prefix(listing)
    if prefix + ADAPTER in listing.names:
        raise ModelLoadError(
            f"model {listing.model!r} has an adapter beside its weights ({ADAPTER}), which would change "
            "them. Merge it into them (peft: merge_and_unload), or take it out of the folder"
        )
    small = tuple(prefix + name for name in SMALL if prefix + name in listing.names) + _of_modules(listing)
    weights = weights_under(listing, prefix)
    missing = [] if prefix + CONFIG in listing.names else [CONFIG]
    if not weights:
        missing.append(SAFETENSORS)
    missing += [name for name in weights if name not in listing.names]
    present = {name.removeprefix(prefix) for name in small}
    if not any(vocabulary <= present for vocabulary in _VOCABULARIES):
        missing.append("tokenizer.json")
    pickled = bool(weights) and weights[0].removeprefix(prefix).startswith(PICKLE)
    return Layout(prefix, small, weights, pickled, tuple(missing))


def weights_under(listing: Listing, prefix: str) -> tuple[str, ...]:
    """The first kind of weights that is there: one file, or an index and the shards that it names."""
    name = next((name for name in _WEIGHTS if prefix + name in listing.names), None)
    if name is None or not name.endswith(_INDEX):
        return () if name is None else (prefix + name,)
    index = listing.read(prefix + name)
    shards = index.get("weight_map") if isinstance(index, dict) else None
    names = set(shards.values()) if isinstance(shards, dict) and _all_strings(shards.values()) else set()
    if not names or any(each.endswith(".json") for each in names):
        raise ModelLoadError(
            f"model {listing.model!r}: {name} names no weights; expected a weight_map of them"
        )
    return (prefix + name, *(prefix + plain(each, name, listing.model) for each in sorted(names)))


def _of_modules(listing: Listing) -> tuple[str, ...]:
    """What a text model of sentence-transformers has beside its transformer: pooling and dense layers."""
    if not {CONFIG, MODULES} <= listing.names:
        return ()
    modules = listing.read(MODULES)
    if not isinstance(modules, list) or not all(isinstance(each, dict) for each in modules):
        return ()
    folders = [plain(each["path"], MODULES, listing.model) for each in modules if each.get("path")]
    names = [MODULES, LENGTHS, *(f"{folder}/{CONFIG}" for folder in folders)]
    for folder in folders:
        layers = (f"{folder}/{name}" for name in (SAFETENSORS, PICKLE))
        names += [name for name in layers if name in listing.names][:1]
    return tuple(name for name in names if name in listing.names)


def _all_strings(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _prefix(listing: Listing) -> str:
    """The subfolder of the CLIP in a repository of sentence-transformers, "" in any other."""
    if CONFIG in listing.names or MODULES not in listing.names:
        return ""
    modules = listing.read(MODULES)
    try:
        kinds = {str(module["type"]).rpartition(".")[2]: str(module["path"]) for module in modules}
    except (TypeError, KeyError) as error:
        raise ModelLoadError(f"model {listing.model!r}: cannot use its {MODULES} ({error!r})") from error
    if "CLIPModel" not in kinds or kinds.keys() - {"CLIPModel"} - _MAKE_NO_DIFFERENCE:
        raise ModelLoadError(
            f"model {listing.model!r} is one of sentence-transformers, made of "
            f"{', '.join(kinds) or 'nothing'}; expected a CLIPModel alone"
        )
    path = kinds["CLIPModel"]
    return f"{plain(path, MODULES, listing.model)}/" if path else ""


def plain(name: object, where: str, model: str) -> str:
    """A name that stays in its folder: a file that lists others may come from anybody."""
    path = PurePosixPath(str(name))
    if path.is_absolute() or ".." in path.parts or "\\" in str(name) or ":" in str(name) or not path.parts:
        raise ModelLoadError(f"model {model!r}: {where} names {name!r}, which is outside of its folder")
    return str(path)
