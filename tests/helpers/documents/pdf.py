"""Documents for the tests: real PDF files, with text, drawings, scans, bookmarks and passwords."""

import io
from collections.abc import Sequence

from PIL import Image

WIDTH, HEIGHT = 300, 400  # points


def pdf(pages: Sequence[str | Image.Image], titles: Sequence[str] = (), *, password: bool = False) -> bytes:
    """A PDF of pages with lines of Latin text, or with one picture each, as a scan has.

    Args:
        titles: a bookmark for each page from the first on.
        password: whether it asks for one; nobody knows it.
    """
    objects: dict[int, bytes] = {}
    kids = [10 + 10 * place for place in range(len(pages))]
    for number, page in zip(kids, pages, strict=True):
        objects |= _page(number, page)
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    objects[2] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids))
    objects[3] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R%s >>" % (b" /Outlines 4 0 R" if titles else b"")
    if titles:
        objects |= _outlines(titles, kids)
    trailer = b"/Root 1 0 R"
    if password:
        secret = b"ab" * 32
        objects[5] = b"<< /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >>" % (secret, secret)
        trailer += b" /Encrypt 5 0 R /ID [<00> <00>]"
    return _file(objects, trailer)


def _page(number: int, page: str | Image.Image) -> dict[int, bytes]:
    if isinstance(page, str):
        lines = b"".join(b"(%s) ' " % line.encode("latin-1") for line in page.splitlines())
        drawing, resources, more = (
            b"BT /F1 14 Tf 18 TL 20 370 Td %sET" % lines,
            b"/Font << /F1 3 0 R >>",
            {},
        )
    else:
        more = {number + 2: _picture(page)}
        drawing = b"q %d 0 0 %d 0 0 cm /Im Do Q" % (WIDTH, HEIGHT)
        resources = b"/XObject << /Im %d 0 R >>" % (number + 2)
    box = b"[0 0 %d %d]" % (WIDTH, HEIGHT)
    return more | {
        number: b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Resources << %s >> /Contents %d 0 R >>"
        % (box, resources, number + 1),
        number + 1: _stream(drawing, b""),
    }


def _picture(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95)
    facts = b"/Type /XObject /Subtype /Image /Width %d /Height %d " % picture.size
    return _stream(file.getvalue(), facts + b"/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode ")


def _outlines(titles: Sequence[str], kids: Sequence[int]) -> dict[int, bytes]:
    first, last = 6 + 1000, 6 + 999 + len(titles)
    found = {4: b"<< /Type /Outlines /First %d 0 R /Last %d 0 R >>" % (first, last)}
    for place, (title, kid) in enumerate(zip(titles, kids, strict=False)):
        following = b" /Next %d 0 R" % (first + place + 1) if first + place < last else b""
        name = ("\ufeff" + title).encode("utf-16-be", "surrogatepass").hex().encode()
        found[first + place] = b"<< /Title <%s> /Parent 4 0 R /Dest [%d 0 R /Fit]%s >>" % (
            name,
            kid,
            following,
        )
    return found


def _stream(content: bytes, facts: bytes) -> bytes:
    return b"<< %s/Length %d >>\nstream\n%s\nendstream" % (facts, len(content), content)


def _file(objects: dict[int, bytes], trailer: bytes) -> bytes:
    body, places = bytearray(b"%PDF-1.4\n"), {}
    for number, content in sorted(objects.items()):
        places[number] = len(body)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(body)
    body += b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in places.items():
        body += b"%d 1\n%010d 00000 n \n" % (number, place)
    body += b"trailer\n<< /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, trailer, start)
    return bytes(body)
