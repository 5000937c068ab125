"""What MediaLoader hands to whoever embeds: pictures that it has read already, and texts that know theirs.

LangChain's stores embed `document.page_content`. That of a picture's Document is its caption, so on its own
it would be embedded as a text, in silence. The loader therefore gives a `PictureText`: a str to everyone, and
the picture to `CLIPEmbeddings`. A plain string is never opened.

Imports the public core.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet, WeakValueDictionary

from clip_embeddings import CLIPEmbedder
from clip_embeddings.types import DecodedImage

KEPT_BYTES = 64_000_000
"""Of decoded pictures that a loader keeps for who embeds them: hundreds, of what most models see."""
_alive: "WeakSet[Handover]" = WeakSet()
_given: "WeakValueDictionary[int, PictureText]" = WeakValueDictionary()
_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture that a loader has read: what the model sees of it, and what is kept about it."""

    image: DecodedImage
    facts: dict[str, Any]


class Handover:
    """The pictures of one loader that were decoded and not yet embedded, the latest ones. Thread-safe."""

    def __init__(self, embedder: CLIPEmbedder) -> None:
        self._embedder, self._turn = embedder, threading.Lock()
        self._pictures: OrderedDict[tuple[str, str], Loaded] = OrderedDict()
        self._size = 0
        with _turn:
            _alive.add(self)

    def put(self, uri: str, sha256: str, loaded: Loaded) -> None:
        """Keep a picture; the oldest ones give way, and are decoded again by who embeds them."""
        with self._turn:
            if old := self._pictures.pop((uri, sha256), None):
                self._size -= old.image.pixels.nbytes
            self._pictures[uri, sha256] = loaded
            self._size += loaded.image.pixels.nbytes
            while self._size > KEPT_BYTES and len(self._pictures) > 1:
                self._size -= self._pictures.popitem(last=False)[1].image.pixels.nbytes

    def take(self, uri: str, sha256: str, embedder: CLIPEmbedder) -> Loaded | None:
        """A picture that is kept, once; None where it is not, or is not for that embedder's model."""
        with self._turn:
            if (uri, sha256) not in self._pictures or not self._fits(embedder):
                return None
            loaded = self._pictures.pop((uri, sha256))
            self._size -= loaded.image.pixels.nbytes
            return loaded

    def _fits(self, embedder: CLIPEmbedder) -> bool:
        own = self._embedder
        return embedder is own or embedder.model_fingerprint == own.model_fingerprint


class PictureText(str):
    """The caption or the file name of a picture, that `CLIPEmbeddings.embed_documents` embeds as the picture.

    A copy made by str methods, f-strings or pydantic is a plain string: text.

    Attributes:
        uri: absolute path of the picture.
        sha256: of its file as it was loaded; another content is refused.
    """

    __slots__ = ("__weakref__", "_handover", "sha256", "uri")
    uri: str
    sha256: str
    _handover: Handover | None

    def __new__(cls, text: str, uri: str, sha256: str, handover: Handover | None = None) -> "PictureText":
        made = super().__new__(cls, text)
        made.uri, made.sha256, made._handover = uri, sha256, handover
        return made

    def __reduce__(self) -> tuple[Callable[..., "PictureText"], tuple[str, str, str]]:
        """Pickles and deep copies name the picture; what was decoded stays where it is."""
        return PictureText, (str(self), self.uri, self.sha256)

    def __deepcopy__(self, memo: dict[int, Any]) -> "PictureText":
        return self

    def __copy__(self) -> "PictureText":
        return self


def taken(text: object, uri: str, sha256: str | None, embedder: CLIPEmbedder) -> Loaded | None:
    """What a loader has decoded of a picture: that of the `text`, or of any that is alive; once."""
    if sha256 is None:
        return None
    if isinstance(text, PictureText) and text._handover and (text.uri, text.sha256) == (uri, sha256):
        return text._handover.take(uri, sha256, embedder)
    with _turn:
        alive = list(_alive)
    return next((found for each in alive if (found := each.take(uri, sha256, embedder))), None)


def watch(text: PictureText) -> None:
    """From now on, while its Document is alive, a plain string like it is a copy that lost its picture.

    LangChain's `index()` makes such copies, and holds the Documents until the store has theirs.
    """
    with _turn:
        _given[id(text)] = text


def watch_no_more(texts: Iterable[object]) -> None:
    """Who has all Documents at once may embed their texts as texts."""
    with _turn:
        for text in texts:
            _given.pop(id(text), None)


def watched() -> dict[str, str]:
    """Texts of pictures that are on their way from a loader to a store: text -> path."""
    with _turn:
        return {str(text): text.uri for text in _given.values()}
