"""What open_clip_config.json says that is needed apart from building the towers. Imports errors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clip_embeddings.errors import ModelLoadError
from clip_embeddings.models.hub.layout import CALIBRATION, TOKENIZER_CONFIG

OPEN_CLIP_CONFIG = "open_clip_config.json"
OPEN_CLIP_WEIGHTS = "open_clip_model.safetensors"
TOKENIZER_JSON, SPECIAL_TOKENS = "tokenizer.json", "special_tokens_map.json"
SMALL = (OPEN_CLIP_CONFIG, TOKENIZER_JSON, TOKENIZER_CONFIG, SPECIAL_TOKENS, CALIBRATION)
_TOWERS = ("text_cfg", "vision_cfg")
# Keys of a tower that say how training began, not what the model computes.
_VOLATILE = {"timm_model_pretrained", "hf_model_pretrained", "hf_tokenizer_name"}
_CLEANING = ("lower", "whitespace", "canonicalize")
_KNOWN = {"clean", "strip_sep_token"}


@dataclass(frozen=True, slots=True)
class Settings:
    """A model's config, as far as it is ours to read.

    Attributes:
        model: model_cfg, what the towers are built of.
        pictures: preprocess_cfg.
        dimension: D, the length of its vectors.
        context: tokens that a text is cut to.
        vocabulary: how many ids the text tower knows.
        hf_tokenizer: whose tokenizer.json lies beside the config; "" for CLIP's own vocabulary.
        clean: what is done to texts first.
        strip_sep: whether a text's last special token is replaced by id 0.
        whole: whether texts are filled up to the whole context, as the tower sees the filling.
        biased: whether the model has a logit bias, and so judges each pair by itself.
    """

    model: Mapping[str, Any]
    pictures: Mapping[str, Any]
    dimension: int
    context: int
    vocabulary: int
    hf_tokenizer: str
    clean: str
    strip_sep: bool
    whole: bool
    biased: bool

    def stable(self) -> dict[str, object]:
        """model_cfg without what does not change vectors, as JSON."""
        towers = {
            name: {key: value for key, value in self.model[name].items() if key not in _VOLATILE}
            for name in _TOWERS
        }
        return {**self.model, **towers}


def read_settings(model: str, config: object, assumed: Mapping[str, Any] | None = None) -> Settings:
    """Read a config.

    Args:
        assumed: preprocess_cfg where the config leaves something out.
    Raises:
        ModelLoadError: a value cannot be, or asks for what is not served: towers of transformers, a
            tokenizer with options of its own.
    """
    built, pictures = _parts_of(model, config)
    text, vision = (built[name] for name in _TOWERS)
    _refuse_elsewhere(model, text, vision)
    options = text.get("tokenizer_kwargs") or {}
    _check_options(model, text, options)
    name = str(text.get("hf_tokenizer_name") or "")
    return Settings(
        model=built,
        pictures={**(assumed or {}), **{key: said for key, said in pictures.items() if said is not None}},
        dimension=_number(model, "embed_dim", built.get("embed_dim")),
        context=_number(model, "context_length", text.get("context_length", 77)),
        vocabulary=_number(model, "vocab_size", text.get("vocab_size", 49408)),
        hf_tokenizer=name,
        clean=options.get("clean", "whitespace" if name else "lower"),
        strip_sep=bool(options.get("strip_sep_token")),
        whole=_sees_filling(text, built),
        biased=built.get("init_logit_bias") is not None,
    )


def _parts_of(model: str, config: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """model_cfg with its towers, and preprocess_cfg."""
    said = config if isinstance(config, dict) else {}
    built, pictures = said.get("model_cfg"), said.get("preprocess_cfg") or {}
    towers = [built.get(name) for name in _TOWERS] if isinstance(built, dict) else [None]
    if not isinstance(built, dict) or not all(isinstance(each, dict) for each in (*towers, pictures)):
        raise ModelLoadError(
            f"model {model!r}: {OPEN_CLIP_CONFIG} has no model_cfg or no preprocess_cfg that can be used; "
            f"expected model_cfg with embed_dim, {' and '.join(_TOWERS)}"
        )
    return built, pictures


def hf_tokenizer_of(config: object) -> str:
    """Whose tokenizer a model takes; "" where it is CLIP's own, and for a damaged config."""
    for name in ("model_cfg", "text_cfg", "hf_tokenizer_name"):
        config = config.get(name) if isinstance(config, dict) else None
    return str(config or "")


def _sees_filling(text: Mapping[str, Any], built: Mapping[str, Any]) -> bool:
    """Whether what stands behind a text's end token makes a difference to its vector.

    By the largest id the end is found only where nothing larger is behind it, so that goes for CLIP's own
    vocabulary, whose end token is the last one, and for no other.
    """
    pooled = text.get("pool_type", "argmax")
    by_end = pooled == "eos" or (pooled == "argmax" and not text.get("hf_tokenizer_name"))
    causal = not text.get("no_causal_mask") and not text.get("embed_cls") and "multimodal_cfg" not in built
    return not (by_end and causal)


def _refuse_elsewhere(model: str, text: Mapping[str, Any], vision: Mapping[str, Any]) -> None:
    """Towers that open_clip would fetch from somewhere else."""
    if text.get("hf_model_name"):
        raise ModelLoadError(
            f"model {model!r}: its text tower is {text['hf_model_name']!r} of transformers, which open_clip "
            "would fetch from the hub; only models whose towers are open_clip's own or timm's load"
        )
    if ":" in str(vision.get("timm_model_name") or ""):
        raise ModelLoadError(
            f"model {model!r}: timm_model_name is {vision['timm_model_name']!r}, which lies somewhere else; "
            "expected the name of an architecture of timm"
        )


def _check_options(model: str, text: Mapping[str, Any], options: object) -> None:
    said = dict(options) if isinstance(options, dict) else {"tokenizer_kwargs": options}
    if text.get("tokenizer_mode"):
        said["tokenizer_mode"] = text["tokenizer_mode"]
    odd = {key: value for key, value in said.items() if key not in _KNOWN and value}
    if said.get("clean", "lower") not in _CLEANING:
        odd["clean"] = said["clean"]
    if odd:
        raise ModelLoadError(
            f"model {model!r}: its tokenizer is asked for {odd!r:.200}, which is not served; expected "
            f"clean ({', '.join(_CLEANING)}) or strip_sep_token"
        )


def _number(model: str, name: str, value: object) -> int:
    if type(value) is not int or value < 1:
        raise ModelLoadError(
            f"model {model!r}: {OPEN_CLIP_CONFIG} has {name} {value!r:.200}; expected a whole number above 0"
        )
    return value
