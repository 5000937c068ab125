"""CLIPEmbeddingFunction: the core embedder behind Chroma's embedding-function protocol."""

from os import PathLike
from typing import Any, cast

import numpy as np
from chromadb.api.types import EmbeddingFunction, Embeddings, Space
from chromadb.utils.embedding_functions import register_embedding_function

from clip_embeddings import (
    CLIPEmbedder,
    EmbedderConfig,
    FingerprintMismatchError,
    ImageItem,
    InvalidInputError,
    ModalityCalibration,
    TextItem,
)
from clip_embeddings.ingestion import FileSample
from clip_embeddings.on_record import FINGERPRINT as RECORDED  # a collection's metadata has it too
from clip_embeddings.on_record import described, for_collection, record_of, resolved, settings_of
from clip_embeddings.types import LongText, Role

_DEFAULTS = EmbedderConfig()


@register_embedding_function
class CLIPEmbeddingFunction(EmbeddingFunction[Any]):
    """Text and pictures into one space, for `create_collection(embedding_function=...)`.

    Strings are text and arrays are pictures; a string is never opened as a path. Creating one is free and
    cannot fail on a stored config: Chroma builds several copies on every write, and an exception in one of
    them would silently turn the collection into one with another distance. The model loads at first use
    and is shared by all copies.

    Args:
        model_name: hub id, local folder (a str or a path), or the bundled "tiny".
        revision, text_model, truncate_dim, long_text: as for `CLIPEmbedder`; part of the identity, and
            stored with the collection, as is model_name.
        calibration: what removes the modality gap: a ModalityCalibration, the path of one, or "reference".
            Stored whole, so a collection needs no file beside it; None gives raw vectors.
        device, dtype, batch_size, max_pixels: as for `CLIPEmbedder`; never stored.
        allow_pickle: as for `CLIPEmbedder`; never stored, so for a collection that is opened again set the
            environment variable CLIP_EMBEDDINGS_ALLOW_PICKLE.
    """

    def __init__(
        self,
        model_name: str | PathLike[str] = _DEFAULTS.model,
        *,
        revision: str | None = None,
        text_model: str | PathLike[str] | None = None,
        truncate_dim: int | None = None,
        long_text: LongText = "truncate",
        calibration: ModalityCalibration | str | PathLike[str] | None = None,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int | None = None,
        max_pixels: int = _DEFAULTS.max_pixels,
        allow_pickle: bool | None = None,
    ) -> None:
        self._unusable: tuple[dict[str, Any], str] | None = None  # a stored config, and what is wrong with it
        self._fingerprint: str | None = None  # on record with the collection that it was built for
        self._is_compared = False
        self.sample: FileSample | None = None  # what its collection was calibrated on, for the first `ingest`
        embedder = CLIPEmbedder(
            model_name,
            revision=revision,
            text_model=text_model,
            truncate_dim=truncate_dim,
            long_text=long_text,
            calibration=calibration,
            device=device,
            dtype=dtype,
            batch_size=batch_size,
            max_pixels=max_pixels,
            allow_pickle=allow_pickle,
        )
        # In `get_config` it would be too late: Chroma takes an exception there for another kind of function.
        self._embedder = resolved(embedder)

    @classmethod
    def of(cls, embedder: CLIPEmbedder, *, record: bool = False) -> "CLIPEmbeddingFunction":
        """Put an embedder that exists already behind Chroma's protocol.

        Args:
            record: whether a collection made with it has the fingerprint in its configuration too.
        Raises:
            InvalidInputError: its vectors are not of unit length (normalize=False).
        """
        function = cls()
        function._embedder = for_collection(embedder)
        function._fingerprint = embedder.fingerprint if record else None
        return function

    @property
    def embedder(self) -> CLIPEmbedder:
        """The core embedder behind it.

        Raises:
            InvalidInputError: it was built from a stored config that this version cannot use.
        """
        if self._unusable:
            config, reason = self._unusable
            raise InvalidInputError(
                f"the embedding function on record, {described(config)}, cannot be used: {reason}"
            )
        return self._embedder

    def __call__(self, input: Any) -> Embeddings:
        """Embed documents: strings as text, arrays as pictures; one vector an item, in order.

        Raises:
            InvalidInputError: no items, or one that is neither a text nor a picture.
            ImageDecodeError: a picture that cannot be read; `index` is its place in `input`.
            FingerprintMismatchError: the collection holds vectors of another model: there are other weights
                under the name that it has on record.
        """
        return self._embed(input, "document")

    def embed_query(self, input: Any) -> Embeddings:
        """Embed queries: strings as text, arrays as pictures."""
        return self._embed(input, "query")

    def _embed(self, items: Any, role: Role) -> Embeddings:
        items = _listed(items)
        self._compare()
        told = [TextItem(item) if isinstance(item, str) else ImageItem(item) for item in items]
        return cast(Embeddings, list(self.embedder.embed_items(told, role=role)))

    def _compare(self) -> None:
        """Once, before the first vector: a constructor is free, and what is on record may not fit."""
        if self._fingerprint is None or self._is_compared:
            return
        if not self.embedder.matches(self._fingerprint):
            raise FingerprintMismatchError(
                f"the collection holds vectors of the fingerprint {self._fingerprint}; the model that it "
                f"names, {self.embedder.config.model!r}, has {self.embedder.fingerprint}. Put the model back "
                "that it was made with, or ingest into a new collection"
            )
        self._is_compared = True

    @staticmethod
    def name() -> str:
        return "clip-embeddings"

    def default_space(self) -> Space:
        return "cosine"

    def supported_spaces(self) -> list[Space]:
        return ["cosine", "ip", "l2"]

    def is_legacy(self) -> bool:
        return False

    def get_config(self) -> dict[str, Any]:
        """Identity only: a collection built on a GPU opens on a laptop."""
        if self._unusable:
            return dict(self._unusable[0])
        recorded = {} if self._fingerprint is None else {RECORDED: self._fingerprint}
        return {**record_of(self.embedder), **recorded}

    @staticmethod
    def build_from_config(config: dict[str, Any]) -> "CLIPEmbeddingFunction":
        """Build from a stored config. This never fails; what is wrong with a config is said at first use."""
        try:
            function = CLIPEmbeddingFunction(**settings_of(config))
            function._fingerprint = config.get(RECORDED)
            return function
        except InvalidInputError as error:
            function = CLIPEmbeddingFunction()
            function._unusable = (config, str(error))
            return function

    def validate_config_update(self, old_config: dict[str, Any], new_config: dict[str, Any]) -> None:
        named = {*old_config, *new_config}
        if not {RECORDED} <= old_config.keys() & new_config.keys():
            named.discard(RECORDED)  # a function that the caller made knows none
        if changed := [key for key in named if old_config.get(key) != new_config.get(key)]:
            raise InvalidInputError(
                f"{', '.join(sorted(changed))} cannot change: the stored vectors come from "
                f"{described(old_config)}, not from {described(new_config)}. "
                "Make a new collection and ingest into it"
            )


def _listed(items: Any) -> list[Any]:
    """The items as a list; one text or one picture is a list of one.

    Raises:
        InvalidInputError: no items, or None in the place of one: what a loader gives for a missing picture.
    """
    single = isinstance(items, str) or (isinstance(items, np.ndarray) and items.ndim in (2, 3))
    listed = [items] if single else list(items)
    if not listed:
        raise InvalidInputError("got no items to embed; expected at least one text or picture")
    if (place := next((i for i, item in enumerate(listed) if item is None), None)) is not None:
        raise InvalidInputError(f"input[{place}]: nothing to embed (no picture was loaded for it)")
    return listed
