"""HTML that needs nothing beside it: escaped text, tables, one style, a page. Imports the standard library.

What comes from files is anybody's: every string of theirs goes through `text`, and no script is written.
"""

from collections.abc import Iterable, Sequence
from html import escape
from unicodedata import category

LONGEST = 4000
"""Characters of one text that are shown."""
_QUIET = ' class="quiet"'
_STYLE = """
.clip-embeddings { color-scheme: light; color: #1b1f27; background: #f5f6f9; padding: 1rem;
  border-radius: 8px; font: 15px/1.45 system-ui, "Segoe UI", "Noto Sans KR", "Noto Sans CJK KR",
  "Apple SD Gothic Neo", "Malgun Gothic", "NanumGothic", sans-serif; word-break: keep-all; }
.clip-embeddings h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .3rem; overflow-wrap: anywhere; }
.clip-embeddings h2 { font-size: 1.05rem; margin: 1rem 0 .5rem; }
.clip-embeddings p { margin: .3rem 0; color: inherit; max-width: 60rem; overflow-wrap: anywhere; }
.clip-embeddings .quiet { color: #59616e; font-size: .85rem; }
.clip-embeddings .cards { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(13.5rem, 100%), 1fr)); }
.clip-embeddings .card { background: #fff; border: 1px solid #dde1e7; border-radius: 9px; margin: 0;
  padding: .5rem; display: flex; flex-direction: column; gap: .35rem; min-width: 0; }
.clip-embeddings img { display: block; width: 100%; height: 11rem; object-fit: contain; background: #e9ecf1;
  border-radius: 6px; margin: 0; }
.clip-embeddings .none { min-height: 11rem; background: #e9ecf1; border-radius: 6px; padding: .8rem;
  display: flex; align-items: center; justify-content: center; text-align: center; color: #59616e; }
.clip-embeddings .passage { background: #fcf8ec; border-radius: 6px; padding: .6rem; flex: 1; }
.clip-embeddings .words { white-space: pre-line; unicode-bidi: isolate; overflow-wrap: anywhere; }
.clip-embeddings .foot { display: flex; justify-content: space-between; gap: .6rem; align-items: baseline; }
.clip-embeddings .scroll { overflow-x: auto; }
.clip-embeddings table { border-collapse: collapse; margin: .5rem 0; color: inherit; background: #fff;
  font-size: .9rem; }
.clip-embeddings .scroll th, .clip-embeddings .scroll td { padding: .3rem .7rem;
  border: 1px solid #dde1e7; color: inherit; text-align: left; vertical-align: middle;
  overflow-wrap: anywhere; max-width: 32rem; background: #fff; }
.clip-embeddings .scroll td.number { text-align: right; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.clip-embeddings th img { width: 6rem; height: 4.5rem; }
.clip-embeddings th .none { width: 6rem; min-height: 4.5rem; box-sizing: border-box; padding: .2rem;
  font-size: .7rem; font-weight: normal; overflow: hidden; }
"""


def text(value: object) -> str:
    """A string as HTML shows it: markup is text, what no page can hold is a mark, what is long is cut."""
    given = str(value)
    shown = "".join(
        "\ufffd" if c not in "\n\t" and category(c) in ("Cc", "Cs") else c for c in given[:LONGEST]
    )
    return escape(shown if len(given) <= LONGEST else f"{shown}…")


def words(value: object) -> str:
    """The same as an element whose marks of direction end with it."""
    return f'<span class="words" dir="auto">{text(value)}</span>'


def paragraph(value: object, *, quiet: bool = False) -> str:
    """A paragraph of plain text."""
    return f"<p{_QUIET if quiet else ''}>{text(value)}</p>"


def table(rows: Iterable[Sequence[object]], heads: Sequence[str] = (), *, numbers: bool = True) -> str:
    """A table; with `numbers` all but the first column are aligned to the right."""
    kind = ' class="number"' if numbers else ""
    made = [f"<tr>{''.join(f'<th>{text(head)}</th>' for head in heads)}</tr>"] if heads else []
    for first, *others in rows:
        cells = "".join(f"<td{kind}>{text(each)}</td>" for each in others)
        made.append(f"<tr><td>{text(first)}</td>{cells}</tr>")
    return f'<div class="scroll"><table>{"".join(made)}</table></div>'


def block(*parts: str) -> str:
    """What a notebook is given: parts of HTML, with their style."""
    return f'<div class="clip-embeddings"><style>{_STYLE}</style>{"".join(parts)}</div>'


def page(title: str, *parts: str) -> str:
    """One whole file in the style of this package."""
    style = ' style="margin: 0 auto; max-width: 1240px; background: #f5f6f9"'
    return document(title, block(*parts), body_style=style)


def document(title: str, body: str, *, head: str = "", body_style: str = "") -> str:
    """One whole file: no scripts, no links; what is shown is inside.

    Args:
        head, body_style: HTML of the caller's own, such as a style.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
{head}</head>
<body{body_style}>
{body}
</body>
</html>
"""
