"""CLIPEmbedder: validate -> batch -> encode -> normalise -> calibrate. Text and pictures into one space.

Follow `embed_images`: inputs/images.py reads, inputs/preprocess.py crops, pipeline.py overlaps,
models/hf.py encodes. Imports numpy and the modules below it; torch only once a model is loaded.
"""

import asyncio
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, fields, replace
from functools import cached_property, partial
from os import PathLike, cpu_count
from typing import TYPE_CHECKING, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from clip_embeddings.calibration import ModalityCalibration
from clip_embeddings.coalesce import Coalescer
from clip_embeddings.config import DEFAULT_MAX_PIXELS, DEFAULT_MODEL, EmbedderConfig
from clip_embeddings.errors import ClipEmbeddingsError, ImageDecodeError
from clip_embeddings.inputs.arguments import check_role, check_several, listed
from clip_embeddings.inputs.images import read_image
from clip_embeddings.inputs.tokens import Passage
from clip_embeddings.models.fingerprint import (
    calibration_of,
    fingerprint_of,
    is_earlier_fingerprint_of,
    is_model_fingerprint_of,
    model_fingerprint_of,
)
from clip_embeddings.models.hub.assets import say_once
from clip_embeddings.models.hub.locate import locate, name_from_anywhere
from clip_embeddings.models.model import Model, importing
from clip_embeddings.pipeline import map_in_lanes, map_ordered, progress
from clip_embeddings.similarity import ScoreFunction, cosine_similarity, l2_normalize
from clip_embeddings.types import DecodedImage, Embeddings, ImageInput, LongText, Modality, Role

if TYPE_CHECKING:
    from clip_embeddings.models.encoder import Encoder


_Decoded: TypeAlias = tuple[int, NDArray[np.uint8]]  # place in the stream, (H, W, 3)
_Given: TypeAlias = ImageInput | DecodedImage
_Batch: TypeAlias = tuple[list[_Decoded], list[ImageDecodeError]]
_ROLES: tuple[Role, ...] = get_args(Role)
_FEW = 32  # texts of one asynchronous call that are embedded together with other callers'


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """Part of a stream of pictures.

    Attributes:
        embeddings: float32 (n, D), unit rows.
        indices: (n,) place of each row in the stream.
        failures: what could not be read since the last batch.
    """

    embeddings: Embeddings
    indices: NDArray[np.int64]
    failures: tuple[ImageDecodeError, ...]


class CLIPEmbedder:
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
            size. Faster; on the bundled model vectors move by 0.000004 of a cosine on average, 0.00003 at
            most. False decodes every pixel, as the reference does.
        compile: run the model through torch.compile, after a minute at the first batch: faster, but not on a
            CPU with AVX-512, where weights are laid out for it by default.
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
        draft: bool = False,
        compile: bool = False,
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
            compile=compile,
            allow_pickle=allow_pickle,
        )

    @classmethod
    def from_config(cls, config: EmbedderConfig) -> "CLIPEmbedder":
        return cls(**{field.name: getattr(config, field.name) for field in fields(config)})

    def __repr__(self) -> str:
        return f"CLIPEmbedder({self.config.model!r}, long_text={self.config.long_text!r})"

    def __getstate__(self) -> object:
        """What it was given: what was loaded or looked up since is so again where a copy is used."""
        state = super().__getstate__()
        attributes, slots = state if isinstance(state, tuple) else (state, None)  # a subclass may have slots
        given = {
            name: value
            for name, value in dict(attributes or {}).items()  # another thread may load meanwhile
            if not isinstance(getattr(type(self), name, None), cached_property)
        }
        return given if slots is None else (given, slots)

    @cached_property
    def _files(self) -> Model:
        config = self.config
        return locate(
            config.model,
            config.revision,
            text_model=config.text_model,
            truncate_dim=config.truncate_dim,
            allow_pickle=config.allow_pickle,
        )

    @cached_property
    def _encoder(self) -> "Encoder":
        files = self._files  # before torch is imported: an unknown model is answered at once
        with importing():
            from clip_embeddings.models.loaded import load_encoder
        config = self.config
        return load_encoder(files, device=config.device, dtype=config.dtype, compiled=config.compile)

    @cached_property
    def dimension(self) -> int:
        """D, the length of every vector."""
        return self._files.dimension

    @property
    def portable_config(self) -> EmbedderConfig:
        """The settings as they mean the same in another working folder: what is stored or sent elsewhere."""
        text_model = self.config.text_model
        return replace(
            self.config,
            model=name_from_anywhere(self.config.model),
            text_model=None if text_model is None else name_from_anywhere(str(text_model)),
        )

    @property
    def family(self) -> str:
        """The model's type, "clip", "siglip" ... as config.json has it, or the library that runs it."""
        return self._encoder.kind

    @property
    def context(self) -> int:
        """Tokens that the text tower reads, special tokens included: 77 for CLIP."""
        return self._encoder.tokenizer.context

    @property
    def logit_scale(self) -> float:
        """What the model multiplies cosines by before a softmax or a sigmoid."""
        return self._encoder.scoring.scale

    @property
    def scoring(self) -> ScoreFunction:
        """How the model turns cosines of raw vectors into probabilities: a softmax for CLIP."""
        return self._encoder.scoring

    @property
    def resolved_revision(self) -> str | None:
        """The hub's commit that is loaded; None for a folder or a bundled model."""
        return self._files.revision

    @property
    def device(self) -> str:
        """Where the weights are, for example "cuda:0"."""
        return self._encoder.device

    @property
    def dtype(self) -> str:
        """The precision that the weights are in."""
        return self._encoder.dtype

    @property
    def batch_size(self) -> int:
        """Pictures in one forward pass: what was set, else what suits the device."""
        return self.config.batch_size or self._encoder.batch_sizes.images

    @property
    def _lanes(self) -> int:
        """Batches under way at once."""
        return 2 if self.device.startswith("cuda") else 1

    @cached_property
    def fingerprint(self) -> str:
        """Equal for two embedders only where their vectors can be compared; needs no weights in memory."""
        calibration = self.calibration.id if self.calibration else None
        return fingerprint_of(
            self._files,
            long_text=self.config.long_text,
            calibration=calibration,
            normalize=self.config.normalize,
        )

    @cached_property
    def model_fingerprint(self) -> str:
        """That of the model alone: what a calibration is made for, under any long-text policy."""
        return model_fingerprint_of(self._files)

    def matches(self, fingerprint: object) -> bool:
        """Whether vectors with this fingerprint on record are of this embedder, calibration included.

        It may be one of an earlier release, which had another way to make them; and under a text_model that
        of the picture model alone, without a calibration: pictures have the same vectors, and the text model
        was trained to give those of the other. Then a log line says so.
        """
        if fingerprint == self.fingerprint:
            return True
        if not self.config.normalize:  # no earlier release had such
            return False
        calibration = self.calibration.id if self.calibration else None
        policy = self.config.long_text
        if is_earlier_fingerprint_of(self._files, fingerprint, long_text=policy, calibration=calibration):
            return True
        alone = self._files.pictures_alone
        if alone is None or calibration:
            return False
        same = fingerprint == fingerprint_of(alone, long_text=policy) or is_earlier_fingerprint_of(
            alone, fingerprint, long_text=policy, calibration=None
        )
        if same:
            say_once(
                f"vectors on record are of {self.config.model!r} alone; pictures have the same here, texts "
                f"are embedded by {self.config.text_model!r}, which was trained to give those of the other"
            )
        return same

    def matches_model(self, fingerprint: object) -> bool:
        """Whether a `model_fingerprint` on record, of a calibration or a sample, is of this model."""
        return is_model_fingerprint_of(self._files, fingerprint)

    @cached_property
    def calibration(self) -> ModalityCalibration | None:
        """What vectors are calibrated with; None if they are as the model gives them.

        Raises:
            InvalidInputError: it cannot be read, or the model ships with none.
            FingerprintMismatchError: it was measured on another model.
        """
        return calibration_of(self.config.calibration, self._files)

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
        encoder = self._encoder.for_role(role)
        windows = encoder.tokenizer.windows(texts, self.config.long_text)
        batches = encoder.tokenizer.batches(
            windows, size=self.config.batch_size, tokens=encoder.batch_sizes.tokens
        )
        units = np.empty((len(windows.owner), self.dimension), np.float32)  # (W, D)

        def encode(rows: NDArray[np.int64]) -> None:
            features = encoder.encode_text(windows.take(rows))
            units[rows] = self._unit(features, "texts", windows.owner[rows])

        encoded = map_in_lanes(encode, batches, lanes=self._lanes)
        for _ in progress(encoded, "Embedding texts", len(batches), show_progress):
            pass
        if len(units) != len(texts):
            sums = np.zeros((len(texts), self.dimension), np.float64)  # (W, D) -> (N, D)
            np.add.at(sums, windows.owner, units * windows.weight[:, None])
            weights = np.bincount(windows.owner, windows.weight, minlength=len(texts))
            units = self._scaled(sums / weights[:, None])
        return self._calibrated(units, "text", role)

    def embed_images(
        self, images: Iterable[_Given], *, role: Role = "document", show_progress: bool = False
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
        self, images: Iterable[_Given], *, role: Role = "document"
    ) -> Generator[ImageBatch, None, None]:
        """Embed a stream of pictures in bounded memory; an unreadable one is reported and the rest goes on.

        Yields:
            Batches in order; each picture is in one batch's `indices` or `failures`. Closing the stream early
            ends its threads.
        """
        check_role(role)
        check_several(images, "iter_images")
        threads = self.config.threads or min(8, cpu_count() or 1)
        decoded = map_ordered(
            self._decode, enumerate(images), threads=threads, ahead=self.batch_size + 2 * threads
        )
        with closing(decoded):
            yield from map_in_lanes(
                partial(self._encode_batch, role), self._batched(decoded), lanes=self._lanes
            )

    def _batched(self, decoded: Iterable[_Decoded | ImageDecodeError]) -> Generator[_Batch, None, None]:
        """Gather what was decoded into batches; so many failures are reported early too."""
        good: list[_Decoded] = []
        failures: list[ImageDecodeError] = []
        for item in decoded:
            if isinstance(item, ImageDecodeError):
                failures.append(item)
            else:
                good.append(item)
            if len(good) == self.batch_size or len(failures) >= self.batch_size:
                yield good, failures
                good, failures = [], []
        if good or failures:
            yield good, failures

    def decode_image(self, image: ImageInput, *, index: int = 0) -> DecodedImage:
        """Read one picture as far as this model needs it, for `embed_images` or `iter_images` later.

        For who has to know early whether a picture is good, and wants it decoded once.

        Args:
            index: place in the caller's list, for the error.
        Raises:
            ImageDecodeError: unreadable, with index, source and reason.
        """
        preprocessing = self._encoder.preprocessing
        enough = preprocessing.enough if self.config.draft else None
        picture = read_image(image, index=index, max_pixels=self.config.max_pixels, enough=enough)
        return DecodedImage(preprocessing.to_pixels(picture), preprocessing)

    def _decode(self, item: tuple[int, _Given]) -> _Decoded | ImageDecodeError:
        index, source = item
        if isinstance(source, DecodedImage):
            if source.preprocessing != self._encoder.preprocessing:
                return ImageDecodeError(index, "a decoded picture", "was made small for another model")
            return index, source.pixels
        try:
            return index, self.decode_image(source, index=index).pixels
        except ImageDecodeError as error:
            return error

    def _encode_batch(self, role: Role, batch: _Batch) -> ImageBatch:
        good, failures = batch
        indices = np.array([index for index, _ in good], np.int64)
        embeddings = np.zeros((0, self.dimension), np.float32)
        if good:
            features = self._encoder.for_role(role).encode_image([pixels for _, pixels in good])
            embeddings = self._calibrated(self._unit(features, "images", indices), "image", role)
        return ImageBatch(embeddings, indices, tuple(failures))

    def _unit(self, features: NDArray[np.float32], what: str, indices: NDArray[np.int64]) -> Embeddings:
        """Normalise features; numbers that are none would poison a store in silence, and so would zeros."""
        good = np.isfinite(features).all(axis=1) & features.any(axis=1)
        if not good.all():
            kind = "is all zeros" if np.isfinite(features[~good][0]).all() else "is not finite"
            raise ClipEmbeddingsError(
                f"{what}[{indices[~good][0]}]: the model gave a vector that {kind} in {self.dtype}; "
                + ("its weights are damaged" if self.dtype == "float32" else 'try dtype="float32"')
            )
        # What the model gives, or the first of its numbers where it was trained for that (truncate_dim).
        return self._scaled(features[:, : self.dimension])

    def _scaled(self, features: NDArray[np.floating]) -> Embeddings:
        """To unit length, unless the model's own is asked for."""
        return l2_normalize(features) if self.config.normalize else features.astype(np.float32)

    def _calibrated(self, units: Embeddings, modality: Modality, role: Role) -> Embeddings:
        return self.calibration.apply(units, modality, role) if self.calibration else units

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

    async def aembed_images(self, images: Iterable[_Given], *, role: Role = "document") -> Embeddings:
        """`embed_images` in a thread, so that the event loop stays free."""
        return await asyncio.to_thread(self.embed_images, images, role=role)

    def similarity(self, images: Iterable[ImageInput], texts: Sequence[str]) -> NDArray[np.float32]:
        """Cosine of every picture with every text: float32 (N, M), of raw vectors even under a calibration.

        `embedder.scoring.probabilities(cosines)` turns a row into probabilities of the texts.
        """
        raw = self.with_calibration(None) if self.config.calibration else self
        return cosine_similarity(raw.embed_images(images), raw.embed_texts(texts, role="query"))

    def split_text(self, text: str) -> list[Passage]:
        """Split a text into passages that fit the model's context, at sentences and words if possible."""
        return self._encoder.tokenizer.passages(text)
