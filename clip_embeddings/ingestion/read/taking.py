"""What is taken of files that are read. Imports its neighbours."""

from dataclasses import dataclass
from typing import Any, get_args

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.find.choosing import Only
from clip_embeddings.ingestion.read.documents.parts import Pdf
from clip_embeddings.ingestion.read.photo import photo_facts


@dataclass(frozen=True, slots=True)
class Taking:
    """What is taken of files.

    Attributes:
        encoding: what text that is not Unicode is in; None finds out.
        only: what is wanted; None for all.
        pdf: what of a PDF.
        exif: whether photos come with what their files say of them; `photo.py`.
        exif_place: with where they were taken, too.
    """

    encoding: str | None = None
    only: Only | None = None
    pdf: Pdf = "both"
    exif: bool = False
    exif_place: bool = False

    def __post_init__(self) -> None:
        if self.pdf not in get_args(Pdf):
            raise InvalidInputError(f"pdf: got {self.pdf!r}; expected one of {', '.join(get_args(Pdf))}")

    def facts_of(self, content: bytes) -> dict[str, Any]:
        """What a photo's file says of it, as far as that is taken."""
        return photo_facts(content, place=self.exif_place) if self.exif or self.exif_place else {}

    @property
    def of_pdf(self) -> Pdf | None:
        """What of a PDF, in view of what is wanted at all; None for nothing."""
        if self.only is None:
            return self.pdf
        wanted: Pdf = "pages" if self.only == "pictures" else "text"
        return wanted if self.pdf in ("both", wanted) else None


EVERYTHING = Taking()
