"""`search` in a terminal that shows pictures. The terminal is a pseudo-terminal and a stand-in that answers.

It answers what a program asks as kitty's, one of sixel or a plain one does, by their documents; none of them
was there to look at.
"""

import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from base64 import b64decode
from contextlib import suppress
from fcntl import ioctl
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np
import pytest
import warm
from PIL import Image
from rich.console import Console

from clip_embeddings import MissingExtraError
from clip_embeddings.scenes import render, scenes
from clip_embeddings_app.figures import strip

Cli = Any  # Callable[..., Outcome] of conftest.py
ROOT = Path(__file__).parents[2]
ROWS, COLUMNS, CELL = 50, 110, (10, 20)
EDGE = 18 * CELL[0]  # of a picture's place, in pixels
ATTRIBUTES, GRAPHICS = re.compile(rb"\x1b\[c"), re.compile(rb"\x1b_Gi=(\d+),[^;]*a=q[^;]*;AAAA\x1b\\")
KITTY = {ATTRIBUTES: b"\x1b[?62;c", GRAPHICS: b"\x1b_Gi=\\1;OK\x1b\\\\"}
SIXEL = {ATTRIBUTES: b"\x1b[?62;4;22c"}
PLAIN = {ATTRIBUTES: b"\x1b[?62;22c"}
SILENT: dict[re.Pattern[bytes], bytes] = {}
SENT = re.compile(rb"\x1b_Gi=(\d+),m=(\d),f=100,q=2;([^\x1b]*)\x1b\\")


class Terminal:
    """A pseudo-terminal that answers questions, and keeps what it was sent."""

    def __init__(self, answers: dict[re.Pattern[bytes], bytes]) -> None:
        self.master, self.slave = pty.openpty()
        size = struct.pack("HHHH", ROWS, COLUMNS, COLUMNS * CELL[0], ROWS * CELL[1])
        ioctl(self.slave, termios.TIOCSWINSZ, size)
        self.sent, self._answers, self._answered = b"", answers, 0
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with suppress(OSError):  # the other side is closed
            while read := os.read(self.master, 65536):
                self.sent += read
                self._answer()

    def _answer(self) -> None:
        for question in (ATTRIBUTES, GRAPHICS):
            if found := question.search(self.sent, self._answered):
                self._answered = found.end()
                if question in self._answers:
                    os.write(self.master, found.expand(self._answers[question]))

    def end(self) -> bytes:
        """What it was sent, once nobody writes any more."""
        os.close(self.slave)
        self._reader.join(timeout=20)
        os.close(self.master)
        return self.sent


class Sent(NamedTuple):
    terminal: bytes
    piped: str
    errors: str


PROGRAM = """
import sys, time
from clip_embeddings.cards import Hit
from clip_embeddings_app.cli.render import console
from clip_embeddings_app.figures.strip import show_strips
wanted, *paths = sys.argv[1:]
hits = [Hit("note", 0.9, "text", "note.txt", "words", {})]
hits += [Hit(path, 0.5, "image", path, path, {"modality": "image"}) for path in paths]
began = time.perf_counter()
show_strips(console(), hits, wanted={"yes": True, "no": False, "": None}[wanted])
print(time.perf_counter() - began, file=sys.stderr)
"""


def run(answers: dict[re.Pattern[bytes], bytes], *command: object, piped: bool = False, **env: str) -> Sent:
    """What a program sends to a terminal, and what it says on standard error."""
    terminal = Terminal(answers)
    path = os.pathsep.join([str(ROOT), str(ROOT / "integrations")])
    known = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": path, **env}
    others = {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}  # which say more than the terminal does
    given = {name: value for name, value in os.environ.items() if name not in others}
    with warm.start(
        [sys.executable, *map(str, command)],
        stdin=terminal.slave,
        stdout=subprocess.PIPE if piped else terminal.slave,
        stderr=subprocess.PIPE,
        env=given | known,
    ) as process:
        printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return Sent(terminal.end(), printed or "", errors)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "the sea.png"
    render(next(scenes(29, 1)), 256).save(path)
    return path


def strips_in(sent: bytes) -> list[Image.Image]:
    """The pictures that kitty was sent; each ends with a part that says there are no more."""
    found: list[Image.Image] = []
    content = b""
    for part in SENT.finditer(sent):
        content += part[3]
        if part[2] == b"0":
            found.append(Image.open(BytesIO(b64decode(content))))
            content = b""
    return found


def distance(strip: Image.Image, path: Path) -> float:
    """How far the first picture of a strip is from a square one of a file, in levels of colour."""
    edge = strip.height
    with Image.open(path) as picture:
        wanted = np.asarray(picture.convert("RGB").resize((edge, edge)), np.int16)
    return float(np.abs(np.asarray(strip.convert("RGB"), np.int16)[:, :edge] - wanted).mean())


def test_search_sends_kitty_the_pictures_of_its_hits_and_their_numbers(
    cli: Cli, store: tuple[str, ...]
) -> None:
    command = ("-m", "clip_embeddings_app", "search", "노을지는 바다", *store)
    sent = run(KITTY, *command)
    assert sent.errors == ""
    hits = json.loads(cli("search", "노을지는 바다", *store, "--json").out)["hits"]
    pictures = {hit["rank"]: Path(hit["path"]) for hit in hits if hit["modality"] == "image"}
    first = next(iter(pictures.values()))
    assert strips_in(sent.terminal)[0].width == EDGE * len(pictures)
    assert distance(strips_in(sent.terminal)[0], first) < 12
    for rank, path in pictures.items():
        assert re.search(rf"[m ]{rank} {re.escape(path.name[:10])}", sent.terminal.decode())


def test_what_kitty_is_to_show_is_as_wide_as_the_numbers_below(picture: Path) -> None:
    text = run(KITTY, "-c", PROGRAM, "", *[picture] * 8).terminal.decode()
    strips = strips_in(text.encode())
    assert [strip.width for strip in strips] == [6 * EDGE, 2 * EDGE]  # 110 columns are six pictures of 18
    wide = {line.count("\U0010eeee") for line in text.splitlines() if "\U0010eeee" in line}
    assert wide == {6 * 18, 2 * 18}
    assert re.search(r"m2 the sea\.png +3 the sea\.png", text)  # a text is the first of the table


def test_a_terminal_of_sixel_is_sent_them_as_sixel(picture: Path) -> None:
    sent = run(SIXEL, "-c", PROGRAM, "", picture).terminal
    found = re.search(rb'\x1bP[\d;]*q"1;1;(\d+);(\d+)', sent)
    assert found is not None
    assert int(found[1]) == 18 * CELL[0]
    assert b"\x1b_G" not in sent


def test_a_terminal_without_pictures_has_none_and_blocks_where_they_are_wanted(picture: Path) -> None:
    sent = run(PLAIN, "-c", PROGRAM, "", picture).terminal.decode()
    assert ("▀" in sent, "the sea" in sent) == (False, False)
    assert not re.search(r"\x1bP|,f=100", sent)
    assert "▀" in run(PLAIN, "-c", PROGRAM, "yes", picture).terminal.decode()


def test_a_terminal_that_answers_nothing_is_not_waited_for(picture: Path) -> None:
    """It is asked twice, for a tenth of a second each; the rest is for imports on a busy machine."""
    sent = run(SILENT, "-c", PROGRAM, "", picture)
    assert (sent.terminal.count(b"\x1b[c"), len(GRAPHICS.findall(sent.terminal))) == (1, 1)
    assert "the sea" not in sent.terminal.decode()
    assert float(sent.errors) < 1


@pytest.mark.parametrize(("wanted", "term"), [("no", "xterm-kitty"), ("yes", "dumb")])
def test_nothing_is_asked_where_no_picture_would_be_shown(picture: Path, wanted: str, term: str) -> None:
    assert run(KITTY, "-c", PROGRAM, wanted, picture, TERM=term).terminal == b""


def test_nothing_is_asked_where_no_hit_is_a_picture() -> None:
    assert run(KITTY, "-c", PROGRAM, "yes").terminal == b""


def test_kitty_without_colours_has_no_pictures_as_it_tells_them_apart_by_colour(picture: Path) -> None:
    assert b",f=100" not in run(KITTY, "-c", PROGRAM, "", picture, NO_COLOR="1").terminal


def test_a_pipe_gets_no_pictures_and_its_terminal_no_question(picture: Path) -> None:
    sent = run(KITTY, "-c", PROGRAM, "yes", picture, piped=True)
    assert (sent.terminal, sent.piped) == (b"", "")


def test_a_search_that_is_piped_or_as_json_has_no_pictures(cli: Cli, store: tuple[str, ...]) -> None:
    for options in ((), ("--pictures",), ("--pictures", "--json")):
        result = cli("search", "노을지는 바다", *store, *options)
        assert result.code == 0
        assert "\x1b" not in result.out
        assert "▀" not in result.out


def test_without_the_extra_there_are_none_unless_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_image", None)
    assert strip._drawn_by(Console(), wanted=False) is None
    with pytest.raises(MissingExtraError, match=r"clip-embeddings\[terminal\]"):
        strip._drawn_by(Console(), wanted=True)
