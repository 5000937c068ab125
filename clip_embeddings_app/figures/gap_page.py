"""A gap report as one page of HTML: two sentences, the picture, the numbers. Imports the core.

The page is whole in itself: no scripts, no links, and the picture is part of it.
"""

from html import escape

from clip_embeddings import GapReport
from clip_embeddings.calibration.view import CosineSpread
from clip_embeddings.showing.elements import document

_STYLE = """
:root { color-scheme: light; }
body { margin: 2rem auto; max-width: 1080px; padding: 0 1rem; background: #fff; color: #222;
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { max-width: 46rem; }
.quiet { color: #666; font-size: .9rem; }
svg { width: 100%; height: auto; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; }
th { font-weight: 600; }
"""
_TEXT = (
    "CLIP puts texts and pictures into two regions of one space, so a query meets most rows of one kind "
    "before the first of the other: that is the modality gap."
)
_AFTER = (
    "A calibration moves both onto one centre and spreads their scores alike; where it fits, the two colours "
    "below lie on each other and pictures are among the ten best about as often as their share says (1.00)."
)
_RAW = (
    "Where the two colours below lie apart, one list of both is no fair ranking; a calibration can move them "
    "together: clip-embeddings calibrate."
)
_NOTE = (
    "Two stored texts may stay nearer to each other than two pictures: what calibrated texts share there "
    "lies across every text query, and makes their scores spread no wider than those of pictures."
)
_NAMES = {"text": "text", "image": "picture"}


def page(report: GapReport, title: str, svg: str) -> str:
    """The page; `svg` is the drawn report, with or without an XML head."""
    calibrated = f" Calibration {escape(report.calibration)}." if report.calibration else ""
    heads = "".join(f"<th>{name}</th>" for name in report.views)
    facts = "".join(_row(label, values) for label, values in report.facts())
    body = f"""<h1>{escape(title)}</h1>
<p>{escape(report.verdict)}</p>
<p class="quiet">{escape(report.sample)} were looked at.{calibrated}</p>
<p>{_TEXT} {_AFTER if report.after else _RAW}</p>
{svg[svg.index("<svg") :]}
<h2>In numbers</h2>
<table><tr><th></th>{heads}</tr>{facts}</table>
<h2>Cosines</h2>
{_cosines(report)}
{f'<p class="quiet">{_NOTE}</p>' if report.after else ""}"""
    return document(title, body, head=f"<style>{_STYLE}</style>\n")


def _cosines(report: GapReport) -> str:
    """Percentiles of every pair of modalities, of queries and of stored rows."""
    heads = "".join(f'<th colspan="3">{name}</th>' for name in report.views)
    parts = "".join("<th>5%</th><th>median</th><th>95%</th>" for _ in report.views)
    rows = ""
    for pair in report.before.scores:
        spreads = [view.scores[pair] for view in report.views.values()]
        rows += _row(f"{_NAMES[pair[0]]} query, {_NAMES[pair[1]]}s", _percentiles(spreads))
    for pair in report.before.rows:
        spreads = [view.rows[pair] for view in report.views.values()]
        rows += _row(f"stored {_NAMES[pair[0]]}, stored {_NAMES[pair[1]]}", _percentiles(spreads))
    return f"<table><tr><th></th>{heads}</tr><tr><th></th>{parts}</tr>{rows}</table>"


def _percentiles(spreads: list[CosineSpread]) -> list[str]:
    return [f"{value:z.2f}" for spread in spreads for value in (spread.low, spread.median, spread.high)]


def _row(label: str, values: list[str]) -> str:
    return f"<tr><td>{escape(label)}</td>{''.join(f'<td>{value}</td>' for value in values)}</tr>"
