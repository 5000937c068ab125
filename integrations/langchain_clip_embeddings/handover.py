"""What MediaLoader hands to whoever embeds: pictures that it has read already, and texts that know theirs.

LangChain's stores embed `document.page_content`. That of a picture's Document is its caption, so on its own
it would be embedded as a text, in silence. The loader therefore gives a `PictureText`: a str to everyone, and
the picture to `CLIPEmbeddings`. A plain string is never opened.

Imports langchain-core and the public core.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakSet, finalize

from langchain_core.documents import Document

from clip_embeddings import CLIPEmbedder
from clip_embeddings.types import DecodedImage

KEPT_BYTES = 64_000_000
"""Of decoded pictures that a loader keeps for who embeds them: hundreds, of what most models see."""
_alive: "WeakSet[Handover]" = WeakSet()
_watched: dict[str, dict[int, str]] = {}  # text -> Document, by its number -> path
_turn = threading.RLock()  # a finalizer may run while its own thread has it


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

    def __reduce__(self) -> tuple[type["Handover"], tuple[CLIPEmbedder]]:
        """Copies and pickles begin empty."""
        return Handover, (self._embedder,)

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

    __slots__ = ("_handover", "sha256", "uri")
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


def watch(document: Document) -> None:
    """From now on, while a picture's Document is alive, a plain string like its text is a picture that got
    lost: LangChain's `index()` and some stores copy Documents, which whoever called them holds.
    """
    text = document.page_content
    if isinstance(text, PictureText):
        with _turn:
            _watched.setdefault(str(text), {})[id(document)] = text.uri
        finalize(document, _forget, str(text), id(document)).atexit = False


def _forget(text: str, document: int) -> None:
    with _turn:
        same = _watched.get(text, {})
        same.pop(document, None)
        if not same:
            _watched.pop(text, None)


def lost_picture(text: str) -> str | None:
    """The path of a picture whose Document is alive and has this text; None where there is none."""
    same = _watched.get(text)
    return next(iter(list(same.values())), None) if same else None
