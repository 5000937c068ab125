"""Pairs of a picture and a text, from a CSV file with the columns `picture` and `text`.

What people wrote of the picture is in the columns whose names begin with `reference`, if there are any.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from clip_embeddings import InvalidInputError

COLUMNS = ("picture", "text")
REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Pair:
    """One line: a picture's path, the text that goes with it, and other texts of the picture."""

    line: int
    picture: Path
    text: str
    references: tuple[str, ...] = ()


def read_pairs(file: Path) -> tuple[list[Pair], list[str]]:
    """The usable lines, and what is wrong with each of the others ("line 7: no file a.png").

    A relative path starts from the folder of the CSV file.

    Raises:
        InvalidInputError: not a CSV file in UTF-8 with these columns, or no usable line.
    """
    pairs: list[Pair] = []
    problems: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            reader = csv.DictReader(opened, skipinitialspace=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                found = ", ".join(reader.fieldnames or ()) or "none"
                raise InvalidInputError(
                    f"pairs {str(file)!r}: no column {' and no column '.join(missing)} in its first line "
                    f"(it has: {found}); expected a header with picture,text"
                )
            for row in reader:
                picture, text = file.parent / (row["picture"] or ""), (row["text"] or "").strip()
                pair = Pair(reader.line_num, picture, text, _references(row))
                problem = _problem(row, pair)
                if problem:
                    problems.append(f"line {pair.line}: {problem}")
                else:
                    pairs.append(pair)
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"pairs {str(file)!r}: is not text in UTF-8") from error
    except csv.Error as error:
        raise InvalidInputError(f"pairs {str(file)!r}: is not CSV ({error})") from error
    if not pairs:
        first = f"; {problems[0]}" if problems else ""
        raise InvalidInputError(f"pairs {str(file)!r}: holds no usable pair{first}")
    return pairs, problems


def _references(row: dict[str, str | None]) -> tuple[str, ...]:
    """What is in the columns of references; a line shorter than the header has None there."""
    found = [text for name, text in row.items() if str(name).startswith(REFERENCE)]
    return tuple(text.strip() for text in found if text and text.strip())


def _problem(row: dict[str, str | None], pair: Pair) -> str:
    if not (row["picture"] or "").strip():
        return "no picture"
    if not pair.text:
        return "no text"
    return "" if pair.picture.is_file() else f"no file {pair.picture}"
