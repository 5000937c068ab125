"""A text model that stands in for a model's own text tower: its files, and what it is.

Two layouts have such models: sentence-transformers' modules (transformer, pooling, dense layers) and
M-CLIP's own. Both were trained to give the vectors of some CLIP's text tower in other languages.

Imports errors and what reads a model's files.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.family import TokenizerRule
from clip_embeddings.models.hub.layout import LENGTHS, MODULES, PICKLE, SAFETENSORS, TOKENIZER_CONFIG, plain
from clip_embeddings.models.hub.listing import read_json
from clip_embeddings.models.identity.digest import stamp, tensors_digest
from clip_embeddings.models.transformers.files import ModelFiles
from clip_embeddings.models.transformers.identity import read_weights, shape_of, stable
from clip_embeddings.models.transformers.tokenizer import tokenizer_identity

M_CLIP = "M-CLIP"
_LINEAR = "LinearTransformation"  # what M-CLIP calls its dense layer
_MODES = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
ACTIVATIONS = ("Identity", "Tanh", "GELU", "ReLU")
# An unknown model_type keeps AutoTokenizer from loading what lies beside it.
_PLAIN = TokenizerRule(kind=lambda config: "PreTrainedTokenizerFast")


@dataclass(frozen=True)
class Dense:
    """One dense layer behind the pooling.

    Attributes:
        weights: its file.
        prefix: what stands before "weight" and "bias" in it.
        activation: class of torch.nn.
    """

    weights: Path
    prefix: str = "linear."
    activation: str = "Identity"


@dataclass(frozen=True)
class TextFiles:
    """A complete text model.

    Attributes:
        files: the transformer with its tokenizer.
        pooling: how a text's token states become one.
        dense: what follows, in order.
        longest: tokens that it reads at most, special tokens included; None is what the transformer takes.
    """

    files: ModelFiles
    pooling: Literal["mean", "cls"]
    dense: tuple[Dense, ...]
    longest: int | None = None

    @property
    def is_m_clip(self) -> bool:
        return bool(self.files.json("config.json").get("model_type") == M_CLIP)

    @property
    def tokenizer_rule(self) -> TokenizerRule:
        return _PLAIN if self.is_m_clip else TokenizerRule()

    @property
    def stamps(self) -> tuple[object, ...]:
        return (self.files.stamps, *(stamp(layer.weights) for layer in self.dense))

    @cached_property
    def dimension(self) -> int:
        """Length of its vectors."""
        if self.dense:
            layer = self.dense[-1]
            shape = shape_of(self.files, layer.weights, f"{layer.prefix}weight")
            if len(shape) != 2:
                raise ModelLoadError(
                    f"text model {self.files.model!r}: {layer.weights.name} has no {layer.prefix}weight"
                )
            return shape[0]
        config = self.files.json("config.json")
        width = config.get("hidden_size", config.get("dim"))
        if type(width) is not int:
            raise ModelLoadError(f"text model {self.files.model!r}: config.json does not say its width")
        return width

    def identity(self) -> dict[str, object]:
        """Everything of it that changes vectors, as JSON."""
        layers = [[layer.prefix, layer.activation] for layer in self.dense]
        paths = [layer.weights for layer in self.dense if not self.is_m_clip]
        return {
            "tensors": read_weights(self.files, tensors_digest, self.files.weights()),
            "dense": [[read_weights(self.files, tensors_digest, [path]) for path in paths], layers],
            "config": stable(self.files.json("config.json")),
            "tokenizer": tokenizer_identity(self.files, self.tokenizer_rule),
            "pooling": self.pooling,
            "longest": self.longest,
        }


def text_files_of(files: ModelFiles, dense_weights: dict[str, Path]) -> TextFiles:
    """Read what the modules are.

    Args:
        dense_weights: safetensors of each dense layer, by the layer's folder.
    Raises:
        ModelLoadError: modules of a kind that is not known here, or in an order that is not.
    """
    if files.json("config.json").get("model_type") == M_CLIP:
        return TextFiles(files, "mean", (Dense(files.weights()[0], f"{_LINEAR}."),))
    pooling: Literal["mean", "cls"] | None = None
    dense = list[Dense]()
    for kind, path in modules_of(files.model, read_json(files.model, files.folder / MODULES)):
        if kind == "Pooling":
            pooling = _mode(files, read_json(files.model, files.folder / path / "config.json"))
        elif kind == "Dense":
            dense.append(_dense(files, path, dense_weights[path]))
    if pooling is None:
        raise ModelLoadError(f"text model {files.model!r}: its {MODULES} names no Pooling")
    return TextFiles(files, pooling, tuple(dense), _longest(files))


def modules_of(model: str, content: Any) -> list[tuple[str, str]]:
    """Kind and folder of each module of sentence-transformers: a transformer, a pooling, then dense layers.

    Raises:
        ModelLoadError: they are of other kinds, or in another order.
    """
    try:
        found = [(str(each["type"]).rpartition(".")[2], _folder(each["path"], model)) for each in content]
    except (TypeError, KeyError) as error:
        raise ModelLoadError(f"text model {model!r}: cannot use its {MODULES} ({error!r})") from error
    kinds = [kind for kind, _ in found]
    last = len(kinds) - kinds.count("Normalize")  # at the end it changes nothing: vectors are normalised here
    dense = kinds[2:last]
    if kinds[:2] != ["Transformer", "Pooling"] or set(dense) - {"Dense"} or set(kinds[last:]) - {"Normalize"}:
        raise ModelLoadError(
            f"text model {model!r} is made of {', '.join(kinds) or 'nothing'}; expected Transformer, Pooling "
            "and then Dense layers"
        )
    return found


def _folder(path: object, model: str) -> str:
    return plain(path, MODULES, model) if path else ""


def _mode(files: ModelFiles, config: Any) -> Literal["mean", "cls"]:
    """How it pools, by the flags of sentence-transformers or by the one name of its newer releases."""
    flags = [mode for key, mode in _MODES.items() if config.get(key)]
    others = [
        key for key, on in config.items() if key.startswith("pooling_mode_") and on and key not in _MODES
    ]
    named = config.get("pooling_mode")
    modes = [*flags, *others, *([named] if named else [])]
    if modes == ["mean"]:
        return "mean"
    if modes == ["cls"]:
        return "cls"
    raise ModelLoadError(
        f"text model {files.model!r} pools by {', '.join(map(str, modes)) or 'nothing'}; expected mean or cls"
    )


def _dense(files: ModelFiles, path: str, weights: Path) -> Dense:
    config = read_json(files.model, files.folder / path / "config.json")
    activation = str(config.get("activation_function", "Tanh")).rpartition(".")[2]
    if activation not in ACTIVATIONS:
        raise ModelLoadError(
            f"text model {files.model!r}: {path} has the activation {activation!r:.200}; known are "
            f"{', '.join(ACTIVATIONS)}"
        )
    return Dense(weights, activation=activation)


def _longest(files: ModelFiles) -> int | None:
    path = files.folder / LENGTHS
    content = read_json(files.model, path) if path.is_file() else {}
    if content.get("do_lower_case") and not files.json(TOKENIZER_CONFIG).get("do_lower_case"):
        raise ModelLoadError(f"text model {files.model!r}: {LENGTHS} lower-cases, its tokenizer does not")
    longest = content.get("max_seq_length")
    if longest is not None and (type(longest) is not int or longest < 1):
        raise ModelLoadError(
            f"text model {files.model!r}: {LENGTHS} has max_seq_length {longest!r:.200}; expected tokens"
        )
    return longest


def weights_in(folder: Path) -> str | None:
    """What the weights of a dense layer are called in its folder."""
    return next((name for name in (SAFETENSORS, PICKLE) if (folder / name).is_file()), None)
