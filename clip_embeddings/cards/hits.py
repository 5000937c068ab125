"""Hits -> cards of HTML, for a notebook and for a file to send. Imports context and what is beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clip_embeddings.cards.thumbnails import Thumbnails
from clip_embeddings.showing.elements import block, page, paragraph, words
from clip_embeddings.showing.notes import GAP, NOTHING, PERCENTILE, above

if TYPE_CHECKING:
    from clip_embeddings.cards.results import Hit, SearchResult

_CARDS = 100
"""Cards of one list; of more it is said how many there are."""
_PICTURES_OF_PAGE = 200


def block_of_hit(hit: "Hit") -> str:
    """One card."""
    return block(f'<div class="cards">{_card(hit, None, Thumbnails())}</div>')


def block_of_result(result: "SearchResult") -> str:
    """Cards of all hits, for a notebook."""
    return block(*_parts(result, Thumbnails()))


def page_of_result(result: "SearchResult", *, query: str | None = None, image: Path | None = None) -> str:
    """One whole HTML file: the query, in words, as a picture or both, above what it found."""
    thumbnails = Thumbnails(_PICTURES_OF_PAGE)
    if image is None:
        title, heading = query or "", [f"<h1>“{words(query)}”</h1>"]
    else:
        title = f"Like {image.name}" if query is None else f"Like {image.name}, “{query}”"
        shown = thumbnails.of_input(image, image.name)
        heading = [f"<h1>{words(title)}</h1>", f'<div class="cards"><div class="card">{shown}</div></div>']
    return page(title, *heading, *_parts(result, thumbnails))


def _parts(result: "SearchResult", thumbnails: Thumbnails) -> list[str]:
    if not result.hits:
        return [paragraph(NOTHING)]
    if result.ranked:
        count = f"{len(result.hits)} found, best first" if len(result.hits) > 1 else "1 found"
        parts = [paragraph(count, quiet=True), _cards(result.hits, thumbnails)]
    else:
        others = [hit for hit in result.hits if hit.modality != "image"]
        sides = {"Pictures": result.images, "Passages": others}
        parts = [f"<h2>{name}</h2>{_cards(hits, thumbnails)}" if hits else "" for name, hits in sides.items()]
        parts += [paragraph(GAP, quiet=True)] if all(sides.values()) else []
    known = any(hit.percentile is not None for hit in result.hits)
    return [*parts, paragraph(PERCENTILE, quiet=True) if known else ""]


def _cards(hits: "Sequence[Hit]", thumbnails: Thumbnails) -> str:
    made = "".join(_card(hit, rank, thumbnails) for rank, hit in enumerate(hits[:_CARDS], 1))
    more = len(hits) - _CARDS
    rest = paragraph(f"and {more} more", quiet=True) if more > 0 else ""
    return f'<div class="cards">{made}</div>{rest}'


def _card(hit: "Hit", rank: int | None, thumbnails: Thumbnails) -> str:
    source = hit.source
    shown = thumbnails.of_row(source) if source.shows_picture else ""
    said = source.caption if hit.modality == "image" else hit.document
    kind = "caption" if shown else "passage"
    below = f'<div class="{kind}">{words(said)}</div>' if said.strip() else ""
    beside = "" if hit.percentile is None else f", above {above(hit.percentile)}"
    number = "" if rank is None else f"<b>{rank}</b> "
    return (
        f'<div class="card">{shown}{below}'
        f'<div class="foot"><span>{number}{words(source.name)}</span></div>'
        f'<div class="foot quiet"><span>{hit.score:.3f}{beside}</span></div></div>'
    )
