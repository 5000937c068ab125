"""CLIPImageLoader: pictures for Chroma's `uris=`, read as a person sees them."""

from collections.abc import Sequence
from os import cpu_count
from typing import Any

import numpy as np
from chromadb.api.types import DataLoader
from numpy.typing import NDArray

from clip_embeddings import EmbedderConfig, ImageDecodeError, load_image
from clip_embeddings.ingestion.rows.prepared import OnError, check_on_error
from clip_embeddings.pipeline import map_ordered

Picture = NDArray[np.uint8]


class CLIPImageLoader(DataLoader[list[Any]]):
    """Reads pictures upright and in true colours, for `create_collection(data_loader=CLIPImageLoader())`.

    Paths, `file://` and `data:` URIs are read; no address is fetched. Files are read whole and closed.

    Args:
        on_error: "raise" names the first bad picture by index and source; "skip" gives None in its place.
            Chroma allows None where it only reads (`include=["data"]`); `add(uris=)` and
            `query(query_uris=)` embed what is loaded and refuse a None by its index.
        threads: how many pictures are decoded at once; None is one for each core, at most 8.
        max_pixels: larger pictures are refused before they are decoded.
    """

    def __init__(
        self,
        *,
        on_error: OnError = "raise",
        threads: int | None = None,
        max_pixels: int = EmbedderConfig().max_pixels,
    ) -> None:
        check_on_error(on_error)
        EmbedderConfig(threads=threads, max_pixels=max_pixels)  # the core's checks of both numbers
        self.on_error, self.max_pixels = on_error, max_pixels
        self.threads = threads or min(8, cpu_count() or 1)

    def __call__(self, uris: Sequence[str | None]) -> list[Picture | None]:
        """Load pictures.

        Args:
            uris: N paths or URIs; None where a row has none.
        Returns:
            N uint8 arrays of shape (H, W, 3), RGB; None where there was no URI.
        Raises:
            ImageDecodeError: the first unreadable picture, by index and source.
        """
        named = [uris] if isinstance(uris, str) else list(uris)
        items = enumerate(named)
        return list(
            map_ordered(lambda item: self._load(*item), items, threads=self.threads, ahead=len(named))
        )

    def _load(self, index: int, uri: str | None) -> Picture | None:
        if uri is None:
            return None
        try:
            return np.array(load_image(uri, index=index, max_pixels=self.max_pixels))  # (H, W, 3)
        except ImageDecodeError:
            if self.on_error == "raise":
                raise
            return None
