"""show_matrix: similarities or probabilities as a table of colours, pictures beside their rows.

The arrays stay arrays; this draws one. Imports numpy, errors and, when shown, the modules beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.inputs.arguments import listed
from clip_embeddings.similarity import as_floats
from clip_embeddings.types import ImageInput

_ROWS, _COLUMNS = 50, 50
_DEEP = (33, 84, 184)  # the colour of the highest value; white is the lowest


@dataclass(frozen=True, eq=False, repr=False)
class Matrix:
    """A matrix that a notebook shows. Made by `show_matrix`.

    Attributes:
        values: float32 (N, M).
        images: N pictures, the rows.
        labels: M texts, the columns.
    """

    values: NDArray[np.float32]
    images: Sequence[ImageInput]
    labels: Sequence[str]

    def __repr__(self) -> str:
        if not self.values.size:
            return f"<Matrix of {len(self.images)} pictures and {len(self.labels)} texts>"
        low, high = float(self.values.min()), float(self.values.max())
        return (
            f"<Matrix of {len(self.images)} pictures and {len(self.labels)} texts, {low:.2f} to {high:.2f}>"
        )

    def _repr_html_(self) -> str:
        from clip_embeddings.cards.thumbnails import Thumbnails, name_of_input
        from clip_embeddings.showing.elements import block, paragraph, words

        thumbnails = Thumbnails()
        heads = "".join(f"<th>{words(label)}</th>" for label in self.labels[:_COLUMNS])
        rows = ""
        for place, image in enumerate(self.images[:_ROWS]):
            name = name_of_input(image, place)
            head = f"<th>{thumbnails.of_input(image, name)}{words(name)}</th>"
            rows += f"<tr>{head}{self._cells(place)}</tr>"
        table = f'<div class="scroll"><table><tr><th></th>{heads}</tr>{rows}</table></div>'
        left = len(self.images) - _ROWS, len(self.labels) - _COLUMNS
        named = [f"{n} more {kind}" for n, kind in zip(left, ("rows", "columns"), strict=True) if n > 0]
        return block(table, paragraph(f"and {', '.join(named)}", quiet=True) if named else "")

    def _cells(self, place: int) -> str:
        """A row: coloured by where a value lies among all; the highest of the row in bold."""
        if not self.values.size:
            return ""
        low, high = float(self.values.min()), float(self.values.max())
        row = self.values[place]
        cells = ""
        for column, value in enumerate(row[:_COLUMNS]):
            share = (float(value) - low) / (high - low) if high > low else 0.0
            red, green, blue = (round(255 + (deep - 255) * share) for deep in _DEEP)
            ink = "#fff" if share > 0.6 else "#1b1f27"
            weight = "; font-weight: 700" if column == int(row.argmax()) else ""
            style = f"background: rgb({red}, {green}, {blue}); color: {ink}{weight}"
            cells += f'<td class="number" style="{style}">{float(value):.3f}</td>'
        return cells


def show_matrix(values: ArrayLike, images: Sequence[ImageInput], labels: Sequence[str]) -> Matrix:
    """Draw what `CLIPEmbedder.similarity` or a classifier's `predict_proba` gave, at the end of a cell.

    Args:
        values: (N, M).
        images: the N pictures, as they were given; they are read when the matrix is shown, 20 at most.
        labels: the M texts, or the classifier's `labels`.
    Raises:
        InvalidInputError: another shape than (N, M), or a value that is no number.
    """
    array, rows, columns = as_floats(values), listed(images, "images"), listed(labels, "labels")
    if array.shape != (len(rows), len(columns)):
        raise InvalidInputError(
            f"show_matrix: got values of shape {array.shape} for {len(rows)} pictures and {len(columns)} "
            "texts; expected one row for each picture and one column for each text"
        )
    if not np.isfinite(array).all():
        raise InvalidInputError("show_matrix: got a value that is not finite; expected numbers to compare")
    return Matrix(array, rows, columns)
