"""CLIPEmbedder: validate -> batch -> encode -> normalise -> calibrate. Text and pictures into one space.

Follow `embed_images`: encode.py, which inputs/images.py gives upright pictures, inputs/preprocess.py crops,
pipeline.py overlaps, and models/transformers/encoder.py encodes. Imports torch only once a model is loaded.
"""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from dataclasses import fields, replace
from functools import cached_property, partial
from os import PathLike
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.coalesce import Coalescer
from clip_embeddings.config import DEFAULT_MAX_PIXELS, DEFAULT_MODEL, EmbedderConfig
from clip_embeddings.encode import ImageBatch, decode_image, encode_images, encode_texts, told
from clip_embeddings.inputs.arguments import check_role, check_several, listed
from clip_embeddings.items import Item, ItemBatch, embed_items, iter_items
from clip_embeddings.model_handle import ModelHandle
from clip_embeddings.pipeline import progress
from clip_embeddings.similarity import cosine_similarity
from clip_embeddings.types import DecodedImage, Draft, Embeddings, ImageInput, ImageSource, LongText, Role

_ROLES: tuple[Role, ...] = get_args(Role)
_FEW = 32  # texts of one asynchronous call that are embedded together with other callers'


class CLIPEmbedder(ModelHandle):
    """Embeds text and pictures into one space.

    Creating one is free: the weights load at first use, once per process for the same model, device and
    dtype, and are shared by every embedder and thread. Pickles and copies hold the settings, no weights.

    Args:
        model: hub id, local folder (a str or a path), or the bundled "tiny". With the extra "open-clip" also
            any model of open_clip: "open_clip:RN50/openai" by its own table, "hf-hub:timm/PE-Core-B-16",
            or a folder with open_clip_config.json. With the extra "sentence-transformers" any model of that
            library that takes text and pictures: "sentence_transformers:ORGANISATION/NAME", or a folder
            behind that prefix.
        revision: branch, tag or commit on the hub.
        text_model: a text model that was trained to give the vectors of this model's text tower in other
            languages, named like a model: "sentence-transformers/clip-ViT-B-32-multilingual-v1" beside
            "openai/clip-vit-base-patch32". Pictures that were embedded without it need not be embedded again.
        truncate_dim: keep the first so many numbers of each vector, scaled to unit length again: shorter
            vectors of a model that was trained for it, with ones of 512, 256 or 128 numbers, say. Only for
            models of "sentence_transformers:", and no file of theirs says whether they were: look it up.
        normalize: False leaves vectors as long as the model gives them. Not for stores, adapters and
            calibrations, which are for vectors of unit length.
        long_text: for a text over the context limit (77 tokens for CLIP): "truncate" cuts and warns,
            "chunk" averages over windows, "error" raises.
        calibration: what removes the modality gap, so that texts and pictures rank in one list: a
            ModalityCalibration, the path of one, or "reference" for the one that the model ships with. None
            leaves the vectors as the model gives them.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        dtype: "auto" (bfloat16 where the hardware computes in it), "float32", "bfloat16" or "float16".
        batch_size: items in one forward pass; None is what suits the device.
        max_pixels: larger pictures are refused before they are decoded.
        threads: how many threads decode pictures.
        draft: decode JPEG files of four times what the model takes, or more, at 1/2, 1/4 or 1/8 of their
            size. "auto" does so in bfloat16 and float16, from eight times on, where vectors of photographs
            move less than by bfloat16; False decodes every pixel, as the reference does.
        allow_pickle: whether weights that exist as pickles only are converted to safetensors, once and
            without running what is in them. False refuses them; None is what the environment variable
            CLIP_EMBEDDINGS_ALLOW_PICKLE says, and yes without it.
    """

    def __init__(
        self,
        model: str | PathLike[str] = DEFAULT_MODEL,
        *,
        revision: str | None = None,
        text_model: str | PathLike[str] | None = None,
        truncate_dim: int | None = None,
        normalize: bool = True,
        long_text: LongText = "truncate",
        calibration: ModalityCalibration | str | PathLike[str] | None = None,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int | None = None,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        threads: int | None = None,
        draft: Draft = "auto",
        allow_pickle: bool | None = None,
    ) -> None:
        self.config = EmbedderConfig(
            model=model,
            revision=revision,
            text_model=text_model,
            truncate_dim=truncate_dim,
            normalize=normalize,
            long_text=long_text,
            calibration=calibration,
            device=device,
            dtype=dtype,
            batch_size=batch_size,
            max_pixels=max_pixels,
            threads=threads,
            draft=draft,
            allow_pickle=allow_pickle,
        )

    @classmethod
    def from_config(cls, config: EmbedderConfig) -> "CLIPEmbedder":
        return cls(**{field.name: getattr(config, field.name) for field in fields(config)})

    def with_calibration(
        self, calibration: ModalityCalibration | str | PathLike[str] | None
    ) -> "CLIPEmbedder":
        """The same embedder with another calibration; None gives raw vectors."""
        return CLIPEmbedder.from_config(replace(self.config, calibration=calibration))

    def embed_texts(
        self, texts: Sequence[str], *, role: Role = "document", show_progress: bool = False
    ) -> Embeddings:
        """Embed texts into the joint space.

        Args:
            texts: N strings; a string is never opened or fetched.
            role: what the vectors are for; without a calibration both roles are the same, but for a model
                of sentence-transformers with prompts.
        Returns:
            float32 array of shape (N, D); row i for texts[i], unit L2 norm (unless
            normalize=False), calibrated if there is a calibration.
        Raises:
            InvalidInputError: an item is not a string.
            TextTooLongError: over the limit under long_text="error".
        Source: text tower of Radford et al. 2021, section 2.4.
        """
        check_role(role)
        texts = listed(texts, "embed_texts")
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        return encode_texts(self, texts, role, show_progress=show_progress)

    def embed_images(
        self,
        images: Iterable[ImageSource],
        *,
        role: Role = "document",
        show_progress: bool = False,
    ) -> Embeddings:
        """Embed pictures into the joint space.

        Args:
            images: N paths, `file://` or `data:` URIs, encoded bytes, binary file objects, PIL images or
                (H, W, 1|3|4) uint8 arrays; or what `decode_image` gave.
            role: what the vectors are for; without a calibration both roles are the same, but for a model
                of sentence-transformers with prompts.
        Returns:
            float32 array of shape (N, D); row i for images[i], unit L2 norm (unless
            normalize=False), calibrated if there is a calibration.
        Raises:
            ImageDecodeError: the first unreadable picture, by index and source.
        Source: image tower of Radford et al. 2021, section 2.4.
        """
        images = listed(images, "embed_images")
        rows = [np.zeros((0, self.dimension), np.float32)]
        total = -(-len(images) // self.batch_size)
        for batch in progress(
            self.iter_images(images, role=role), "Embedding pictures", total, show_progress
        ):
            if batch.failures:
                raise batch.failures[0]
            rows.append(batch.embeddings)
        return np.concatenate(rows)

    def iter_images(
        self, images: Iterable[ImageSource], *, role: Role = "document"
    ) -> Generator[ImageBatch, None, None]:
        """Embed a stream of pictures in bounded memory; an unreadable one is reported and the rest goes on.

        Yields:
            Batches in order; each picture is in one batch's `indices` or `failures`. Closing the stream early
            ends its threads.
        """
        check_role(role)
        check_several(images, "iter_images")
        yield from encode_images(self, images, role)

    def decode_image(self, image: ImageInput, *, index: int = 0) -> DecodedImage:
        """Read one picture as far as this model needs it, for `embed_images` or `iter_images` later.

        For who has to know early whether a picture is good, and wants it decoded once.

        Args:
            index: place in the caller's list, for the error.
        Raises:
            ImageDecodeError: unreadable, with index, source and reason.
        """
        return decode_image(self, image, index)

    def embed_items(self, items: Iterable[Item], *, role: Role = "document") -> Embeddings:
        """Embed texts and pictures of one list, each at its place.

        Args:
            items: N of `TextItem(text)` and `ImageItem(image)`.
        Returns:
            float32 array of shape (N, D), row i for items[i], as of `embed_texts` and `embed_images`.
        Raises:
            InvalidInputError: an item that says not what it is.
            ImageDecodeError, TextTooLongError: the first item that cannot be embedded; `index` is its place.
        """
        return embed_items(self, items, role)

    def iter_items(
        self, items: Iterable[Item], *, role: Role = "document"
    ) -> Generator[ItemBatch, None, None]:
        """Embed a stream of texts and pictures in bounded memory; what cannot be embedded is reported.

        Yields:
            Batches in order; each item is in one batch's `indices` or `failures`.
        """
        return iter_items(self, items, role)

    async def aembed_texts(self, texts: Sequence[str], *, role: Role = "document") -> Embeddings:
        """`embed_texts` in a thread, so that the event loop stays free.

        Calls with few texts that arrive while another runs are embedded together, in one pass of the model. A
        lone call does not wait for others.
        """
        check_role(role)
        texts = listed(texts, "aembed_texts")
        if len(texts) > _FEW:
            return await asyncio.to_thread(self.embed_texts, texts, role=role)
        return await self._together[role](texts)

    @cached_property
    def _together(self) -> dict[Role, Coalescer]:
        """One queue for each role."""
        return {role: Coalescer(partial(self.embed_texts, role=role), most=8 * _FEW) for role in _ROLES}

    async def aembed_images(self, images: Iterable[ImageSource], *, role: Role = "document") -> Embeddings:
        """`embed_images` in a thread, so that the event loop stays free."""
        return await asyncio.to_thread(self.embed_images, images, role=role)

    def similarity(self, images: Iterable[ImageInput], texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine of every picture with every text: float32 (N, M), of raw vectors even under a calibration.

        `embedder.scoring.probabilities(cosines)` turns a row into probabilities of the texts.
        """
        raw = self.with_calibration(None) if self.config.calibration else self
        return cosine_similarity(told(raw, raw.embed_images(images)), raw.embed_texts(texts, role="query"))
