"""Weights, configs and tokenizers of transformers, whatever the family. Imports torch, transformers."""

from functools import cache
from typing import TYPE_CHECKING, Any

import torch
import transformers
from safetensors import safe_open

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.models.family import Family
from clip_embeddings.models.hub.layout import TOKENIZER_CONFIG
from clip_embeddings.models.transformers.tokenizer import load_tokenizer, quiet

if TYPE_CHECKING:
    from clip_embeddings.models.transformers.files import ModelFiles

TOWERS = ("text_model", "vision_model")
"""What every class of two towers calls them."""


def architecture_of(files: "ModelFiles", family: Family) -> Any:
    """The class of transformers that holds both towers.

    Raises:
        ModelLoadError: this release of transformers does not have it.
    """
    kind = getattr(transformers, family.architecture, None)
    if kind is None:
        raise ModelLoadError(
            f"model {files.model!r} needs {family.architecture}, which transformers "
            f"{transformers.__version__} does not have; install a newer one"
        )
    return kind


@cache
def without(kind: Any, tower: str) -> Any:
    """The same class with one of its towers left out, which is neither read nor held in memory."""

    def init(self: Any, config: Any, *arguments: Any, **options: Any) -> None:
        kind.__init__(self, config, *arguments, **options)
        setattr(self, tower, None)

    return type(kind.__name__, (kind,), {"__init__": init, "__module__": kind.__module__})


def read_config(files: "ModelFiles", family: Family) -> Any:
    """The config as transformers reads it.

    Raises:
        ModelLoadError: a value of it cannot be.
    """
    kind = architecture_of(files, family).config_class
    try:
        config: Any = kind.from_pretrained(files.folder, local_files_only=True)
        for each in (config, config.text_config, config.vision_config):
            each.return_dict = True  # how results are handed over, which is our own affair
        if family.text.ends and type(config.text_config.eos_token_id) is not int:
            raise ValueError(f"eos_token_id is {config.text_config.eos_token_id!r}, not one number")
        _check_numbers(config, "projection_dim")
        _check_numbers(config.text_config, "vocab_size", "max_position_embeddings", "num_attention_heads")
        _check_numbers(config.vision_config, "num_attention_heads")
        return config
    except Exception as error:  # values of another type surface as errors of many kinds
        raise ModelLoadError(f"model {files.model!r}: cannot use its config.json ({error})") from error


def _check_numbers(config: Any, *names: str) -> None:
    """Numbers that no weight's shape would show to be wrong; those that the family has."""
    for name in names:
        if hasattr(config, name) and (type(number := getattr(config, name)) is not int or number < 1):
            raise ValueError(f"{name} is {number!r:.200}, not a whole number above 0")


def read_number(files: "ModelFiles", name: str, otherwise: float | None = None) -> float:
    """One number of the weights, without loading the others."""
    try:
        for path in files.weights():
            with safe_open(path, "pt") as weights:
                if name in weights.keys():  # noqa: SIM118 - not a mapping
                    return float(weights.get_tensor(name))
    except Exception as error:
        raise _damaged(files, error) from error
    if otherwise is None:
        raise ModelLoadError(f"model {files.model!r}: its weights have no {name}")
    return otherwise


def load_weights(
    kind: Any,
    files: "ModelFiles",
    dtype: torch.dtype,
    config: Any,
    *,
    spare: tuple[str, ...] = (),
    renamed: dict[str, str] | None = None,
) -> Any:
    """A model of a class of transformers; the weights may lie apart from the config.

    Args:
        spare: beginnings of weights that may be missing, because they are not used.
        renamed: patterns of names in the files -> what stands in their place in the model.
    Raises:
        ModelLoadError: damaged files, or weights that are missing or of another shape.
    """
    files.check_unchanged()
    try:
        with quiet():
            loaded: Any = kind.from_pretrained(
                files.weights_folder,
                config=config,
                dtype=dtype,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
                key_mapping=renamed,
            )
    except Exception as error:  # damaged files surface as errors of safetensors, json or torch
        raise _damaged(files, error) from error
    model, report = loaded
    # transformers fills a missing weight with random numbers and goes on.
    missing = [name for name in report["missing_keys"] if not name.startswith(spare)]
    if absent := [*missing, *report["mismatched_keys"]]:
        raise ModelLoadError(
            f"model {files.model!r}: {len(absent)} weights are missing or of another shape, first {absent[0]}"
        )
    return model


def detach_from_file(model: Any) -> None:
    """Copy the weights that are still pages of their file: whoever writes into it would change them."""
    for weight in model.parameters():
        weight.data = weight.data.clone()


def _damaged(files: "ModelFiles", error: Exception) -> ModelLoadError:
    return ModelLoadError(
        f"model {files.model!r}: cannot load the weights in {files.weights_folder} ({error})"
    )


def text_tokenizer(files: "ModelFiles", family: Family, text_config: Any) -> TextTokenizer:
    """How text becomes the tower's ids, with the limit and the side of cutting that the model was saved with.

    Raises:
        ModelLoadError: it puts no token at the end of a text, where the tower reads the text's meaning.
    """
    made, rule = load_tokenizer(files), family.text
    positions = rule.positions(text_config)
    longest = made.model_max_length or positions
    if not isinstance(longest, int | float) or not longest >= 1:  # NaN fails too
        raise ModelLoadError(
            f"model {files.model!r}: {TOKENIZER_CONFIG} has model_max_length {longest!r:.200}; expected a "
            "number of tokens"
        )
    context = int(min(positions, longest))
    tokenizer = TextTokenizer(
        made.backend_tokenizer,
        context=context,
        pad=made.pad_token_id,
        fill=rule.fill,
        up_to=rule.up_to,
        side="left" if rule.up_to == "context" and made.padding_side == "left" else "right",
        keep="end" if made.truncation_side == "left" else "start",
    )
    if rule.ends and not tokenizer.framed:
        raise ModelLoadError(
            f"model {files.model!r}: its tokenizer puts no end token behind a text, and the model reads the "
            "text there. Check post_processor in its tokenizer.json"
        )
    if tokenizer.room < 1:
        raise ModelLoadError(
            f"model {files.model!r}: {context} tokens at once leave no room for a text; "
            f"max_position_embeddings in config.json or model_max_length in {TOKENIZER_CONFIG} is wrong"
        )
    return tokenizer
