"""SentenceTransformer behind the Encoder protocol: whole texts and whole pictures, with prompts by role.

Imports torch and its neighbours.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from clip_embeddings.errors import InvalidInputError, ModelLoadError
from clip_embeddings.forking import FreeLock
from clip_embeddings.inputs.colours import to_srgb
from clip_embeddings.inputs.tokens import TextTokenizer
from clip_embeddings.models.families import FAMILIES
from clip_embeddings.models.family import all_positions
from clip_embeddings.models.running.device import BatchSizes, batch_sizes, with_halving
from clip_embeddings.models.running.thread import compute
from clip_embeddings.models.sentence_transformers.loading import loaded, scoring_of, tokenizer_of
from clip_embeddings.models.sentence_transformers.texts import WholeTexts
from clip_embeddings.types import Role

if TYPE_CHECKING:
    from clip_embeddings.models.sentence_transformers.files import SentenceTransformersFiles

_PROMPTS: dict[Role, tuple[str, ...]] = {"query": ("query",), "document": ("document", "passage", "corpus")}
_UNLIMITED = 1_000_000  # tokens; tokenizers without a limit say 1e30


class WholePictures:
    """Pictures as they are: how they are resized is the model's affair."""

    least_edge: None = None

    def to_pixels(self, picture: Image.Image) -> NDArray[np.uint8]:
        """A picture as `read_image` gives it: -> (H, W, 3) uint8, in sRGB."""
        return np.asarray(to_srgb(picture))


class SentenceTransformersEncoder:
    """A model for vectors of one role; `for_role` gives the other, over the same weights.

    Args:
        shared: one of another role.
    Raises:
        ModelLoadError: the library cannot load it, or it does not take both texts and pictures.
    """

    def __init__(
        self,
        files: "SentenceTransformersFiles",
        device: torch.device,
        dtype: torch.dtype,
        *,
        role: Role = "document",
        shared: "SentenceTransformersEncoder | None" = None,
    ) -> None:
        self._files, self._place, self._role = files, device, role
        self.kind = "sentence_transformers"
        self.dimension, self.device = files.full_dimension, str(device)
        self.dtype = str(dtype).removeprefix("torch.")
        self._model: Any = shared._model if shared else loaded(files, device, dtype)
        # Its tokenizer is not for two threads.
        self._running: FreeLock = shared._running if shared else FreeLock()
        self.scoring = scoring_of(files, self._config)
        usual = batch_sizes(device)
        # Pictures wait whole, not cropped: a photo of a phone takes 36 MB.
        self.batch_sizes = BatchSizes(max(1, usual.images // 4), usual.tokens)
        self.preprocessing = WholePictures()
        family = FAMILIES.get(self._config.model_type)
        self._fixed = family is not None and family.text.up_to == "context"
        self.tokenizer = self._texts()
        self._roles: dict[Role, SentenceTransformersEncoder] = shared._roles if shared else {}
        self._roles[role] = self
        if shared is None:
            SentenceTransformersEncoder(files, device, dtype, role="query", shared=self)

    def for_role(self, role: Role) -> "SentenceTransformersEncoder":
        """The one whose prompt is for this role."""
        return self._roles[role]

    @property
    def _config(self) -> Any:
        return self._model[0].auto_model.config

    def encode_text(self, pieces: Sequence[str]) -> NDArray[np.float32]:
        """B texts -> (B, D). Each is wrapped: as it is, the name of a file would be opened as a picture."""
        return self._encoded([{"text": piece} for piece in pieces])

    def encode_image(self, pixels: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """B pictures of (H, W, 3), each of its own size -> (B, D)."""
        return self._encoded([{"image": Image.fromarray(levels)} for levels in pixels])

    def token_states(
        self, ids: NDArray[np.int64], filled: NDArray[np.bool_], *, layer: int, skip: int
    ) -> NDArray[np.float32]:
        raise InvalidInputError(
            f"token_states: model {self._files.model!r} is run by sentence-transformers; only text towers of "
            "CLIP are what diffusion models are conditioned on"
        )

    def _encoded(self, items: list[dict[str, Any]]) -> NDArray[np.float32]:
        call = self._model.encode_query if self._role == "query" else self._model.encode_document
        encode: Callable[[Any], Any] = lambda rows: (  # noqa: E731
            call(
                [items[row] for row in rows],
                batch_size=len(rows),
                show_progress_bar=False,
                convert_to_tensor=True,
                processing_kwargs={"text": self._padding},
            )
            .float()
            .cpu()
            .numpy()
        )
        with self._running:
            features: NDArray[np.float32] = compute(self._place, with_halving, encode, np.arange(len(items)))
        if features.shape[1] != self.dimension:
            raise ModelLoadError(
                f"model {self._files.model!r} gives vectors of {features.shape[1]} numbers; its files say "
                f"{self.dimension}. Its config is of another model than its weights"
            )
        return features

    @property
    def _padding(self) -> dict[str, Any]:
        """Of a family that was trained on rows of one length, whose filling is read like words.

        The library fills rows up to the longest of a batch, so that a text alone has another vector (SigLIP).
        """
        own = self._options.get("text") or {}
        if not self._fixed or "padding" in own:
            return {}
        return {"padding": "max_length", "max_length": self._context(), "return_attention_mask": False}

    @property
    def _options(self) -> dict[str, Any]:
        return getattr(self._model[0], "processing_kwargs", None) or {}

    def _texts(self) -> WholeTexts:
        """Texts, counted by a copy of the model's tokenizer."""
        copy = tokenizer_of(self._files, self._model.tokenizer)
        copy.no_truncation()
        copy.no_padding()
        self._model.max_seq_length = self._positions()  # some tokenizers say more than the model has
        context = self._context()
        around = self._length_of("a") - len(copy.encode("a").ids)  # of prompt and template
        counter = TextTokenizer(copy, context=context - around, pad=self._model.tokenizer.pad_token_id)
        if counter.room < 1:
            raise ModelLoadError(
                f"model {self._files.model!r}: its prompt and template leave no room for a text in its "
                f"context of {context} tokens"
            )
        return WholeTexts(counter, context, padded=self._fixed)

    def _positions(self) -> int:
        """Tokens that the model has positions for, and its tokenizer lets through."""
        family, text = FAMILIES.get(self._config.model_type), self._config.get_text_config()
        positions = family.text.positions if family else all_positions
        own = positions(text) if getattr(text, "max_position_embeddings", 0) else _UNLIMITED
        return int(min(self._model.tokenizer.model_max_length, own, _UNLIMITED))

    def _context(self) -> int:
        """Tokens that are read of one text of this role."""
        of_role = getattr(self._model[0], f"{self._role}_length", None)
        own = (self._options.get("text") or {}).get("max_length")
        return min(self._positions(), of_role or _UNLIMITED, own or _UNLIMITED)

    def _length_of(self, text: str) -> int:
        """Tokens of a text with everything that the model puts around it."""
        given = self._model.preprocess(
            [{"text": text}],
            prompt=self._prompt,
            task=self._role,
            processing_kwargs={"text": {"padding": False, "truncation": False}},
        )
        return int(given["input_ids"].shape[-1])

    @property
    def _prompt(self) -> str | None:
        """What `encode_query` and `encode_document` put before a text."""
        prompts: dict[str, str] = self._model.prompts
        name = next(
            (name for name in _PROMPTS[self._role] if name in prompts), self._model.default_prompt_name
        )
        return prompts.get(name) if name else None
