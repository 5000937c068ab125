"""CLIPEmbeddings: the core embedder behind LangChain's Embeddings interface.

Imports langchain-core, pydantic and the public core.
"""

import asyncio
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import Annotated, Any, cast

from langchain_core.embeddings import Embeddings
from pydantic import (
    BaseModel,
    ConfigDict,
    InstanceOf,
    PrivateAttr,
    WithJsonSchema,
    field_serializer,
    field_validator,
)

from clip_embeddings import CLIPEmbedder, EmbedderConfig, InvalidInputError, ModalityCalibration
from clip_embeddings.types import LongText, ModelName
from langchain_clip_embeddings.handover import PictureText
from langchain_clip_embeddings.pictures import Wanted, embed_pictures
from langchain_clip_embeddings.prepared import prepared, refuse_lost_pictures

_DEFAULTS = EmbedderConfig()
# A record of a calibration, the name of one, or nothing.
_JSON = WithJsonSchema({"anyOf": [{"type": kind} for kind in ("object", "string", "null")]})
_Calibration = Annotated[InstanceOf[ModalityCalibration] | str | PathLike[str] | None, _JSON]


class CLIPEmbeddings(BaseModel, Embeddings):
    """Text and pictures into one space, for any LangChain vector store.

    Creating one is free; the weights load at first use and are shared in the process. A string given to
    `embed_documents` or `embed_query` is text and never opened as a path; pictures enter by `embed_image`,
    and as the `page_content` of the Documents that `MediaLoader` makes of them.

    Attributes:
        model: hub id, local folder (a str or a path), or the bundled "tiny".
        revision: branch, tag or commit on the hub.
        text_model: what embeds texts in place of the model's own text tower: one trained to give the vectors
            of that tower in other languages; named like a model.
        truncate_dim: how many of a vector's first numbers are kept, for a model that was trained for it.
        long_text: for a text over the context limit: "truncate" (with a warning), "chunk" or "error".
        calibration: what removes the modality gap, so that texts and pictures rank in one list: a
            ModalityCalibration, the path of one, or "reference" for the one that the model ships with.
            `model_dump` writes the first whole, as JSON values, and `CLIPEmbeddings(**values)` reads it.
        device: "auto", "cpu", "mps", "cuda" or "cuda:N".
        dtype: "auto", "float32", "bfloat16" or "float16".
        batch_size: items in one forward pass; None is what suits the device.
        max_pixels: a picture with more pixels is refused before it is decoded.
        allow_pickle: whether weights that exist as pickles only are converted, once, without running them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    model: ModelName = _DEFAULTS.model  # type: ignore[assignment]
    revision: str | None = None
    text_model: str | None = None
    truncate_dim: int | None = None
    long_text: LongText = "truncate"
    calibration: _Calibration = None
    device: str = "auto"
    dtype: str = "auto"
    batch_size: int | None = None
    max_pixels: int = _DEFAULTS.max_pixels
    allow_pickle: bool | None = None
    _embedder: CLIPEmbedder = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        self._embedder = CLIPEmbedder(**{name: getattr(self, name) for name in type(self).model_fields})

    @field_validator("model", mode="before")
    @classmethod
    def _named(cls, given: Any) -> str:
        return EmbedderConfig(model=given).model

    @field_validator("text_model", mode="before")
    @classmethod
    def _text_named(cls, given: Any) -> str | None:
        return None if given is None else str(EmbedderConfig(text_model=given).text_model)

    @field_validator("calibration", mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        return ModalityCalibration.from_record(given) if isinstance(given, Mapping) else given

    @field_serializer("calibration")
    def _written(self, calibration: Any) -> dict[str, Any] | str | None:
        if isinstance(calibration, ModalityCalibration):
            return calibration.to_record()
        return None if calibration is None else fspath(calibration)

    @classmethod
    def of(cls, embedder: CLIPEmbedder) -> "CLIPEmbeddings":
        """Put an embedder that exists already behind LangChain's interface.

        Raises:
            InvalidInputError: its vectors are not of unit length (normalize=False).
        """
        if not embedder.config.normalize:
            raise InvalidInputError(
                "normalize: the embedder has normalize=False; stores are for vectors of unit length. Make "
                "one without it"
            )
        embeddings = cls(**{name: getattr(embedder.config, name) for name in cls.model_fields})
        embeddings._embedder = embedder
        return embeddings

    @property
    def embedder(self) -> CLIPEmbedder:
        """The core embedder, with everything else that it can do."""
        return self._embedder

    @property
    def fingerprint(self) -> str:
        """Equal for two of these exactly where their vectors can be compared."""
        return self._embedder.fingerprint

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed N items to be stored: N lists of D floats, each of unit length.

        The texts that `MediaLoader` gives to pictures are embedded as those; every other string as text.

        Raises:
            ImageDecodeError: a picture that cannot be read any more, by its index among all items.
            InvalidInputError: what had been the text of a picture came as a plain string, straight from a
                loader, so that the picture is lost.
        """
        texts = self._listed(texts)
        if (ready := prepared.get()) is not None and ready.embeddings is self:
            return ready.take(texts)
        pictures = {i: text for i, text in enumerate(texts) if isinstance(text, PictureText)}
        refuse_lost_pictures(texts)
        if not pictures:
            return _rows(self._embedder.embed_texts(texts, role="document"))
        places, words = list(pictures), [i for i in range(len(texts)) if i not in pictures]
        wanted = [Wanted.of(text) for text in pictures.values()]
        seen = embed_pictures(self._embedder, wanted, places)[0]
        read = self._embedder.embed_texts([texts[i] for i in words], role="document")
        rows = dict(zip(places + words, _rows(seen) + _rows(read), strict=True))
        return [rows[i] for i in range(len(texts))]

    def _listed(self, texts: Any) -> list[Any]:
        if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
            self._embedder.embed_texts(cast(Any, texts))  # says what is wrong
        return list(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a text to search with: D floats of unit length."""
        return _rows(self._embedder.embed_texts([text], role="query"))[0]

    def embed_image(self, uris: list[str]) -> list[list[float]]:
        """Embed N pictures to be stored: paths, `file://` or `data:` URIs; N lists of D floats.

        Raises:
            ImageDecodeError: the first unreadable picture, by index and source.
        """
        return _rows(self._embedder.embed_images(uris, role="document"))

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """`embed_documents`, with the event loop free meanwhile."""
        texts = self._listed(texts)
        if prepared.get() is not None or any(isinstance(text, PictureText) for text in texts):
            return await asyncio.to_thread(self.embed_documents, texts)
        refuse_lost_pictures(texts)
        return _rows(await self._embedder.aembed_texts(texts, role="document"))

    async def aembed_query(self, text: str) -> list[float]:
        """`embed_query`, with the event loop free meanwhile."""
        return _rows(await self._embedder.aembed_texts([text], role="query"))[0]

    async def aembed_image(self, uris: list[str]) -> list[list[float]]:
        """`embed_image`, with the event loop free meanwhile."""
        return _rows(await self._embedder.aembed_images(uris, role="document"))


def _rows(vectors: Any) -> list[list[float]]:
    """Python floats: the stores and the standard tests of LangChain do not take those of numpy."""
    rows: list[list[float]] = vectors.tolist()
    return rows
