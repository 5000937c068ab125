"""What sets one model family apart from the next, as data. Imports nothing heavy.

A family is a row: everything that is the same for all of them (finding files, loading one tower, batching,
normalising) is in transformers/, and reads what differs here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from clip_embeddings.similarity import ScoreFunction

PROJECTION = "text_projection.weight"
Json = Mapping[str, Any]


class ReadNumber(Protocol):
    """One number of the weights by its name; where they have none, `otherwise`, or an error without one."""

    def __call__(self, name: str, otherwise: float | None = None) -> float: ...


def softmax_of_log(number: ReadNumber, config: Any) -> "ScoreFunction":
    """CLIP's: shares among the candidates, by a scale that is stored as its log."""
    return _scores("softmax", exp(number("logit_scale")))


def softmax_of_temperature(number: ReadNumber, config: Any) -> "ScoreFunction":
    """ALIGN's: shares among the candidates; cosines are divided by what is stored, else by the config's."""
    return _scores("softmax", 1.0 / number("temperature", config.temperature_init_value))


def sigmoid(number: ReadNumber, config: Any) -> "ScoreFunction":
    """SigLIP's: each pair judged by itself."""
    return _scores("sigmoid", exp(number("logit_scale")), number("logit_bias"))


def _scores(kind: Literal["softmax", "sigmoid"], scale: float, bias: float = 0.0) -> "ScoreFunction":
    from clip_embeddings.similarity import (
        ScoreFunction,
    )  # numpy is not for a process that only looks a name up

    return ScoreFunction(kind, scale, bias)


def all_positions(text: Any) -> int:
    """Tokens that a text tower has positions for, by its config."""
    return int(text.max_position_embeddings)


def positions_behind_padding(text: Any) -> int:
    """The same where positions are counted from behind the padding token's id, as RoBERTa does it."""
    counted_so = any(name in text.model_type for name in ("roberta", "camembert", "altclip", "mpnet"))
    padding = 1 if text.pad_token_id is None else int(text.pad_token_id)  # RoBERTa's own
    return int(text.max_position_embeddings) - (padding + 1 if counted_so else 0)


@dataclass(frozen=True, slots=True)
class TextRule:
    """How the ids of texts become what the text tower takes.

    Attributes:
        fill: what shorter texts of a batch are filled up with: the end token or the padding token.
        up_to: the "longest" text of the batch, or always the whole "context", where the tower reads the
            meaning off the last position.
        mask: whether the tower is told which positions are filling.
        ends: whether the tower reads the meaning off the end token, so that a text cannot be without it.
        positions: config of the text tower -> tokens that it has positions for.
        read: the one position that is read after the last layer, where it is the same for every text.
    """

    fill: Literal["end", "pad"]
    up_to: Literal["longest", "context"] = "longest"
    mask: bool = False
    ends: bool = False
    positions: Callable[[Any], int] = all_positions
    read: int | None = None


CAUSAL = TextRule(fill="end", ends=True)
"""CLIP's: what stands behind the first end token is not seen."""
MASKED = TextRule(fill="pad", mask=True, positions=positions_behind_padding)
"""BERT's and its kin's."""
FIXED = TextRule(fill="pad", up_to="context", read=-1)
"""SigLIP's: trained on rows of one length, whose filling is read like words."""


@dataclass(frozen=True, slots=True)
class TokenizerRule:
    """Where a family's tokenizer is not the one that transformers' AutoTokenizer makes of the files.

    Attributes:
        kind: tokenizer_config.json -> the class that loads it, as a path below `transformers`; None for Auto.
        prepare: (fast tokenizer, tokenizer_config.json) -> changes it to what the model was trained with.
    """

    kind: Callable[[Json], str | None] = lambda config: None
    prepare: Callable[[Any, Json], None] = lambda tokenizer, config: None


def first_position(vision: Any) -> int:
    """Vision transformers read a picture off the token before its patches."""
    return 0


@dataclass(frozen=True, slots=True)
class PictureRule:
    """How a family reads pictures.

    Attributes:
        processor: class whose defaults hold where the file names none.
        assumed: whether a model without any such file is read by those defaults, with a warning.
        edge: edge of the square that the tower takes where its config does not say, in pixels; None for a
            tower that takes other sizes than its config names.
        patches: whether pictures keep their proportions and are given as patches.
        read: config of the picture tower -> the one position that is read after the last layer; None for a
            tower that reads more than one.
    """

    processor: str
    assumed: bool = False
    edge: int | None = 224
    patches: bool = False
    read: Callable[[Any], int | None] = lambda vision: None


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model.

    Attributes:
        type: `model_type` in config.json.
        architecture: class of transformers that holds both towers, as `text_model` and `vision_model`.
        text, tokenizer, pictures: how inputs become what the towers take.
        scoring: how cosines become probabilities, from the weights and the config.
        width: tensor whose rows are as many as a vector has numbers.
        token_states: whether the text tower's hidden states are what a diffusion model is conditioned on.
        trainable: whether `finetune` serves it.
    """

    type: str
    architecture: str
    text: TextRule
    pictures: PictureRule
    tokenizer: TokenizerRule = TokenizerRule()
    scoring: "Callable[[ReadNumber, Any], ScoreFunction]" = softmax_of_log
    width: str = PROJECTION
    token_states: bool = False
    trainable: bool = False
