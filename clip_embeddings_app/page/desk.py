"""What the page asks for, answered from a store. Knows no HTTP. Imports the core."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from clip_embeddings import CLIPEmbedder, ZeroShotClassifier
from clip_embeddings.conditions import conditions_of
from clip_embeddings.context import EncodedPicture, Source, with_pictures
from clip_embeddings.context.reading import picture_of
from clip_embeddings.errors import InvalidInputError
from clip_embeddings.search import AnyModality, SearchResult
from clip_embeddings.stores import collection as stored
from clip_embeddings.stores.protocol import Collection
from clip_embeddings.tasks.stored import raw_vectors
from clip_embeddings_app.files import files_of
from clip_embeddings_app.library import Library
from clip_embeddings_app.page import answers
from clip_embeddings_app.page.fields import fields_of
from clip_embeddings_app.page.kept import Kept
from clip_embeddings_app.page.thumbnails import Thumbnail, Thumbnails

MOST = 300  # of one answer
_KNOWN = 5_000  # rows that were shown: their pictures are asked for next
_WHOLE = 2_000_000  # pixels of a picture that is looked at
_WHOLE_BYTES = 4_000_000
_MADE = 20  # lists of fields, reports, classifiers
_PAGE = 200
_LABELS = 200


class Desk:
    """Answers in JSON values; any thread may ask.

    Args:
        roots: folders, resolved, that files are read from; None reads what rows name.
        originals: whether whole files are handed out.
    """

    def __init__(
        self,
        library: Library,
        *,
        roots: Sequence[Path] | None,
        thumbnails: Thumbnails,
        originals: bool = True,
    ) -> None:
        self._library, self._thumbnails, self._originals = library, thumbnails, originals
        self._roots = None if roots is None else list(roots)
        self._met: Kept[tuple[str, str], Source] = Kept(_KNOWN)
        self._made: Kept[tuple[Any, ...], Any] = Kept(_MADE)

    def collections(self) -> dict[str, Any]:
        """All of them, and the one that is meant where none is named."""
        return {"collections": self._library.facts(), "default": self._library.default}

    def search(
        self,
        name: str | None,
        *,
        text: str | None,
        image: bytes | None,
        k: int,
        modality: AnyModality,
        where: str | None,
    ) -> dict[str, Any]:
        """What is nearest to words, a picture, or both; see `stores.collection.search`."""
        find = partial(stored.search, text=text, image=image, k=_checked(k), modality=modality, where=where)
        return self._found(name, find, k)

    def similar(
        self, name: str | None, id: str, *, k: int, modality: AnyModality, where: str | None
    ) -> dict[str, Any]:
        """What is most like a row, which comes along as "like"."""
        name = self._library.chosen(name)
        find = partial(stored.similar, id=id, k=_checked(k), modality=modality, where=where)
        return {**self._found(name, find, k), "like": answers.card(self._source(name, id))}

    def browse(
        self, name: str | None, *, start: int, k: int, modality: AnyModality, where: str | None
    ) -> dict[str, Any]:
        """Rows in the store's own order; "next" is where to go on, None at the end."""
        name = self._library.chosen(name)
        conditions = conditions_of(where) if where else ()

        def find(collection: Collection) -> tuple[list[tuple[int, Source]], int]:
            wanted = (
                (place, source)
                for place, source in _rows(collection, start)
                if (modality == "any" or source.metadata.get("modality") == modality)
                and all(each.holds(source.metadata) for each in conditions)
            )
            return list(islice(wanted, _checked(k) + 1)), collection.count()

        found, rows = self._library.ask(name, find)
        shown = [source for _, source in found[:k]]
        self._meet(name, shown)
        follows = found[k][0] if len(found) > k else None
        hits = [{**answers.card(each), "score": None, "percentile": None} for each in shown]
        return {"hits": hits, "ranked": True, "rows": rows, "next": follows}

    def row(self, name: str | None, id: str) -> dict[str, Any]:
        """One row, with the pictures that stand with it in its document."""
        name = self._library.chosen(name)

        def find(collection: Collection) -> list[Source]:
            one = [stored.row_of(collection, id)]
            return with_pictures(one, partial(stored.rows_of, collection), roots=self._roots or ())

        source, *brought = self._library.ask(name, find)
        self._meet(name, [source, *brought])
        record = answers.row(source, brought, self._roots)
        return record if self._originals else {**record, "original": None}

    def fields(self, name: str | None) -> Any:
        """What the collection can be filtered by."""
        return self._once("fields", name, fields_of)

    def gap(self, name: str | None) -> Any:
        """The collection's modality gap."""
        return self._once("gap", name, lambda collection: answers.gap(stored.explain(collection)))

    def classify(
        self, name: str | None, labels: Sequence[str], *, image: bytes | None, id: str | None
    ) -> dict[str, Any]:
        """How well labels fit a picture, by the collection's model: one that is sent, or a row's.

        Raises:
            InvalidInputError: no picture or two, or labels that cannot be told apart.
        """
        if (image is None) == (id is None):
            raise InvalidInputError("classify: give a picture, or the id of one that is stored")
        if len(labels) > _LABELS:
            raise InvalidInputError(f"labels: got {len(labels)}; expected at most {_LABELS}")

        def tell(collection: Collection) -> dict[str, Any]:
            embedder = collection.embedder
            classifier = self._classifier(collection.name, labels, embedder)
            if image is not None:
                vectors = classifier.embedder.embed_images([image])
            else:
                found = collection.rows.get([str(id)], vectors=True)
                if found.vectors is None or not len(found.ids):
                    raise InvalidInputError(f"no row of {collection.name!r} has the id {id!r:.100}")
                vectors = raw_vectors(np.asarray(found.vectors), "image", embedder.calibration)
            best = classifier.best(classifier.probabilities_of(vectors), len(labels))[0]
            return {
                "labels": [{"label": label, "probability": value} for label, value in best],
                "shared": embedder.scoring.kind == "softmax",
            }

        return self._library.ask(self._library.chosen(name), tell)

    def thumbnail(self, name: str | None, id: str, known: str = "") -> Thumbnail | None:
        """A row's picture, small; None where it is still the one that is `known` by its tag.

        Raises:
            ImageDecodeError: its file is not there, or is no picture.
        """
        source = self._source(self._library.chosen(name), id)
        if known and self._thumbnails.tag(source) == known:
            return None
        return self._thumbnails.of(source)

    def picture(self, name: str | None, id: str) -> tuple[EncodedPicture, str]:
        """A row's picture, large and upright, and what is to be said of it, or ""."""
        source = self._source(self._library.chosen(name), id)
        return picture_of(source, pixels=_WHOLE, max_bytes=_WHOLE_BYTES, roots=self._roots)

    def original(self, name: str | None, id: str) -> Path:
        """The file that a row was made of.

        Raises:
            InvalidInputError: there is none that may be read.
        """
        source = self._source(self._library.chosen(name), id)
        path = next(files_of(source, self._roots), None) if self._originals else None
        if path is None:
            raise InvalidInputError(f"the row {id!r:.100} has no file that may be read here")
        return path

    def _found(self, name: str | None, find: Callable[[Collection], SearchResult], k: int) -> dict[str, Any]:
        name = self._library.chosen(name)
        result, rows = self._library.ask(name, lambda each: (find(each), each.count()))
        self._meet(name, [each.source for each in result.hits])
        more = k < MOST and len(result.hits) >= k
        hits = [answers.hit(each) for each in result.hits]
        return {"hits": hits, "ranked": result.ranked, "rows": rows, "next": k if more else None}

    def _source(self, name: str, id: str) -> Source:
        met = self._met.get((name, id))
        return met or self._library.ask(name, lambda collection: stored.row_of(collection, id))

    def _meet(self, name: str, sources: Sequence[Source]) -> None:
        for each in sources:
            if each.id:
                self._met.put((name, each.id), each)

    def _once(self, what: str, name: str | None, make: Callable[[Collection], Any]) -> Any:
        """What takes long to make, until the collection's rows are more or fewer."""
        chosen = self._library.chosen(name)
        key = (what, chosen, self._library.ask(chosen, lambda each: each.count()))
        return self._made.get(key) or self._made.put(key, self._library.ask(chosen, make))

    def _classifier(self, name: str, labels: Sequence[str], embedder: CLIPEmbedder) -> ZeroShotClassifier:
        """With its labels embedded."""
        key = (name, embedder.fingerprint, *labels)
        known: ZeroShotClassifier | None = self._made.get(key)
        made = known or ZeroShotClassifier(embedder, labels)
        _ = made.class_vectors
        self._made.put(key, made)
        return made


def _rows(collection: Collection, start: int) -> Iterator[tuple[int, Source]]:
    """Rows from a place on, each with its own place."""
    while len((page := collection.rows.page(start, _PAGE)).ids):
        columns = zip(page.ids, page.documents, page.metadatas, strict=True)
        for place, (id, document, metadata) in enumerate(columns, start):
            yield place, Source(id, document or "", metadata or {})
        start += len(page.ids)


def _checked(k: int) -> int:
    if not 1 <= k <= MOST:
        raise InvalidInputError(f"k: got {k}; expected 1 to {MOST}")
    return k
