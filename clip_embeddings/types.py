"""Type aliases of the public interface. Imports nothing heavy at run time."""

from dataclasses import dataclass
from os import PathLike
from typing import IO, TYPE_CHECKING, Literal, TypeAlias, Union, overload

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

Embeddings: TypeAlias = "NDArray[np.float32]"
"""float32 array of shape (N, D), rows of unit L2 norm."""

ImageInput: TypeAlias = Union[str, PathLike[str], bytes, IO[bytes], "Image", "NDArray[np.uint8]"]
"""A path, `file://` or `data:` URI, encoded bytes, binary file object, PIL image or HWC uint8 array."""


@dataclass(frozen=True, slots=True, eq=False)
class DecodedImage:
    """A picture that was read already, small as one model sees it: what `CLIPEmbedder.decode_image` gives.

    Attributes:
        pixels: (H, W, 3) uint8.
        preprocessing: how it was made small; embedders of other models refuse it.
    """

    pixels: "NDArray[np.uint8]"
    preprocessing: object


ImageSource: TypeAlias = ImageInput | DecodedImage
"""A picture as it is given, or read already."""

Draft: TypeAlias = bool | Literal["auto"]
"""Whether large JPEG files are decoded smaller; "auto" where precision is reduced too."""

Role = Literal["document", "query"]
"""What a vector is for: to be stored or to search with."""

Modality = Literal["text", "image"]
"""What a vector was made from."""

LongText = Literal["truncate", "chunk", "error"]
"""What happens to a text over the context limit."""

if TYPE_CHECKING:

    class ModelName:
        """A field that is set with a str or a path and read as a str; `EmbedderConfig` makes one of both."""

        @overload
        def __get__(self, instance: None, owner: type) -> "ModelName": ...
        @overload
        def __get__(self, instance: object, owner: type) -> str: ...
        def __get__(self, instance: object, owner: type) -> "ModelName | str": ...
        def __set__(self, instance: object, value: str | PathLike[str]) -> None: ...
else:
    ModelName = str
