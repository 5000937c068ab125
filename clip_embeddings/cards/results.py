"""What a search found: Hit and SearchResult, which show themselves. What shows them is imported then."""

from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clip_embeddings.context.sources import Source

_LISTED = 5  # hits of a result's repr
_LETTERS = 60  # of a document in it


@dataclass(frozen=True, slots=True, repr=False)
class Hit:
    """One row found. A notebook shows it as a card.

    Attributes:
        id, uri, metadata: as stored.
        score: cosine of the query with the row, -1 to 1. Raw cosines compare within a modality only.
        percentile: of 100 random pairs of these modalities, how many score lower; None without a calibration.
            No probability of being relevant.
        modality: "image" or "text"; "" for a row that was stored without one.
        document: the passage, or the picture's caption or file name.
    """

    id: str
    score: float
    modality: str
    uri: str
    document: str
    metadata: dict[str, Any]
    percentile: float | None = None

    def __repr__(self) -> str:
        return f"<Hit {self._summary}>"

    @property
    def source(self) -> "Source":
        """What is known of the row beside its score."""
        from clip_embeddings.context.sources import Source

        place = {"uri": self.uri} if self.uri else {}
        metadata = {**place, **self.metadata, "modality": self.modality}
        return Source(self.id, self.document, metadata)

    @property
    def _summary(self) -> str:
        """One line: score, modality, the file's name, and how its words begin."""
        source = self.source
        words = source.caption if self.modality == "image" else self.document
        begin = f" {shorten(words[: 10 * _LETTERS], _LETTERS, placeholder=' ...')!r}" if words else ""
        return f"{self.score:.3f} {self.modality or 'row'} {source.name}{begin}"

    def _repr_html_(self) -> str:
        from clip_embeddings.cards.hits import block_of_hit

        return block_of_hit(self)


@dataclass(frozen=True, repr=False)
class SearchResult:
    """What was found. A notebook shows it as cards with the pictures.

    Attributes:
        hits: best first; pictures and texts in turn where their scores do not compare.
        ranked: whether `hits` is one ranking: under a calibration, or of one modality.
    """

    hits: tuple[Hit, ...]
    ranked: bool

    @cached_property
    def images(self) -> tuple[Hit, ...]:
        """The pictures among the hits, best first."""
        return tuple(hit for hit in self.hits if hit.modality == "image")

    @cached_property
    def texts(self) -> tuple[Hit, ...]:
        """The texts among the hits, best first."""
        return tuple(hit for hit in self.hits if hit.modality == "text")

    def __repr__(self) -> str:
        ranked = "one ranking" if self.ranked else "each modality by itself, in turn"
        lines = [f"<SearchResult of {len(self.hits)} {'hit' if len(self.hits) == 1 else 'hits'}, {ranked}>"]
        lines += [f"  {hit._summary}" for hit in self.hits[:_LISTED]]
        lines += [f"  and {more} more"] if (more := len(self.hits) - _LISTED) > 0 else []
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from clip_embeddings.cards.hits import block_of_result

        return block_of_result(self)
