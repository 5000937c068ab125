"""Bytes -> text, in whatever encoding it is; what is not text is told from it.

The rule, in this order:

1. A byte order mark says UTF-8 or UTF-16, and without one UTF-8 is tried. Both strictly; most text is this.
2. What holds NUL bytes, or control characters that text does not have, is not text.
3. `encoding`, if the user gave one, is what everything else is in, strictly. Otherwise it is found out:
4. CP949 (EUC-KR), where three quarters of the letters beyond ASCII are Hangul, and most of those are of the
   syllables that Korean has all the time: of 2 to 4 syllables three quarters, below 20 three fifths, else
   half. Text in other languages has bytes that fit, and rarely such syllables. The exception is a word or
   two of Chinese or Japanese that happen to be made of them: those are taken for Korean. A Korean note of
   one syllable, of letters alone, or of rare syllables is refused.
5. Shift-JIS or EUC-JP, where there are kana: Japanese is hardly written without. In EUC-JP one of them has
   to be none of the letters of a Korean chat.
6. What charset-normalizer finds, where it recognises a language by its letters and not by the code alone.
7. CP1252, where letters beyond ASCII are few, stand among Latin ones, and are those of western Europe.

All is decoded; a rule looks at the words beyond ASCII and their neighbours, from all over the text.
Else it is refused: words that are misread are worse than words that are missing.
"""

import codecs
import re
from collections.abc import Callable
from random import Random

from clip_embeddings.errors import InvalidInputError
from clip_embeddings.ingestion.read.korean import is_korean, may_be_chat

UNICODE = ("utf-8", "utf-16")
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# All but tab, line feed, vertical tab, form feed, carriage return and escape; DOS ends a file with 0x1A.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f]|\x1a(?!\Z)")
_SHIFT = b"\x1b$"  # begins Japanese in ISO-2022-JP, whose other bytes are those of ASCII: mails have it
_DOCUMENTS = (b"%PDF-", b"{\\rtf")  # begin with letters, and are not what is written in them
_SAMPLE = 50_000  # bytes by which a rule decides
# Cut at white space, which is no part of a character in any of the encodings that are tried.
_PIECE = re.compile(rb"(?s).{1,100}\S*")
# One of each kind that files are found in; rarer ones only make it guess.
_LIBRARY = ("cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1252", "gb18030", "big5")
_SURE = 0.2  # the library's coherence from which a language was recognised
# Without the letters of Iceland, which are those of Turkey in another code.
_WESTERN = frozenset("ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜßàáâãäåæçèéêëìíîïñòóôõöøùúûüÿŒœŠšŽžŸ")
# Languages that are written in CP1250 and CP1254, as the library names them.
_EASTERN = frozenset(["Croatian", "Czech", "Hungarian", "Polish", "Romanian", "Slovak", "Slovene", "Turkish"])
_LIKE_HUNGARIAN = re.compile("[õûÕÛ]")  # ő and ű, which Hungarian has, in CP1250
_WITHIN_WORD = re.compile(
    r"(?<=[^\W\d_])[^\x00-\x7f\w’·\xad](?=[^\W\d_])|(?<=[^\W\d_])[ªº¹²³¼½¾](?=[^\W\d_])"
)
# What two bytes of Korean or Chinese look like in CP1252, and western texts hardly have.
_TWO_BYTES = re.compile("(?!¡¿|¿¡|§§|[°²³]»|«[¡§¿])[¡-¿]{2}|[°-´¶¸¹¼-¾][À-ÿ]")
_NOT_JAPANESE = re.compile("[\uff61-\uff9f\ue000-\uf8ff\u0370-\u04ff]")
_RUN = re.compile("[¡-ÿŒœŠšŽžŸ]{6,}")


class NotText(Exception):
    """Why bytes are not text, in words."""


def checked_encoding(encoding: str | None) -> str | None:
    """The encoding by the name that Python has for it.

    Raises:
        InvalidInputError: there is none of that name.
    """
    if encoding is None:
        return None
    try:
        "a".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"encoding: got {encoding!r}; expected the name of one, such as cp949, shift_jis or cp1252"
        ) from error


def unicode_text(content: bytes) -> str | None:
    """The text of UTF-8 or UTF-16 that holds no NUL; None where it is neither."""
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or content.startswith(_DOCUMENTS) or _SHIFT in content else text


def other_text(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of what is not Unicode, and its encoding.

    Args:
        encoding: what it is in; None finds out.
    Raises:
        NotText: it is no text, or nothing says in which encoding.
    """
    if encoding:
        try:
            text = content.decode(encoding)
        except (UnicodeError, ValueError) as error:
            raise NotText(f"nor text in UTF-8, UTF-16 or {encoding}") from error
        if "\0" in text or content.startswith(_DOCUMENTS):
            raise NotText("nor text (it holds NUL bytes)" if "\0" in text else "nor plain text")
        return text, encoding
    if not may_be_text(content):
        raise NotText("nor text (it holds NUL bytes)" if b"\0" in content else "nor text in UTF-8 or UTF-16")
    if _SHIFT in content and (decoded := _decoded(content, "iso2022_jp")) is not None:
        return decoded, "iso2022_jp"
    sample = _sample(content)
    for codec, fits in _RULES:
        if (decoded := _decoded(content, codec)) is not None and fits(_begun(sample, codec)):
            return decoded, codec
    if found := _by_library(content, sample):
        return found
    decoded = _decoded(content, "cp1252")
    western = decoded is not None and _is_western(_begun(sample, "cp1252"), frozenset(decoded))
    if decoded is not None and western and not _TWO_BYTES.search(decoded):
        return decoded, "cp1252"
    raise NotText(
        "nor text in UTF-8 or UTF-16, and its encoding cannot be told; --encoding or encoding= names it"
    )


def may_be_text(head: bytes, encoding: str | None = None) -> bool:
    """Whether the first bytes of a file may be those of a text; a character may be cut at their end."""
    if head.startswith(_DOCUMENTS):
        return False
    if head.startswith(tuple(_BOMS)):
        return True
    if encoding:
        try:
            return "\0" not in codecs.getincrementaldecoder(encoding)().decode(head)
        except (UnicodeError, ValueError):
            pass  # UTF-8 it may still be
    if b"\0" in head:
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return not _CONTROL.search(head)
    return True


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _sample(content: bytes) -> bytes:
    """What is beyond ASCII and some words around it, evenly from the whole; may end within a character."""
    pieces = [each for each in _PIECE.findall(content) if not each.isascii()]
    number = len(pieces) * _SAMPLE // (sum(map(len, pieces)) or 1)
    if number < len(pieces):  # by chance, as what repeats would show every so many pieces the same part
        pieces = [pieces[i] for i in sorted(Random(0).sample(range(len(pieces)), number or 1))]
    return b"".join(pieces)[: 2 * _SAMPLE]


def _begun(sample: bytes, encoding: str) -> str:
    """The text of a sample, without the character that its end cuts."""
    return codecs.getincrementaldecoder(encoding)("ignore").decode(sample)


def _is_japanese(text: str) -> bool:
    others = [each for each in text if each > "\x7f"]
    kana = sum("\u3041" <= each <= "\u30ff" for each in others)
    # Of one byte each: what letters with accents look like in Shift-JIS. Greek and Cyrillic: other
    # languages in EUC-JP.
    strange = sum(bool(_NOT_JAPANESE.match(each)) for each in others)
    return kana >= 2 and kana >= 0.15 * len(others) and strange <= 0.1 * len(others)


def _is_japanese_in_euc(text: str) -> bool:
    """Not where every kana may be a letter of a Korean chat: "ㅋㅋ" is "せせ"."""
    return _is_japanese(text) and not may_be_chat(text.encode("euc_jp").decode("cp949", "replace"))


_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cp949", is_korean),
    ("cp932", _is_japanese),
    ("euc_jp", _is_japanese_in_euc),
)


def _by_library(content: bytes, sample: bytes) -> tuple[str, str] | None:
    from charset_normalizer import from_bytes

    if len(sample) >= _SAMPLE and (end := max(sample.rfind(b"\n"), sample.rfind(b" "))) > 0:
        sample = sample[:end]  # between characters, whatever the encoding
    found = from_bytes(sample, cp_isolation=list(_LIBRARY), enable_fallback=False)
    best = found.best()
    if best is None or best.coherence < _SURE:
        return None
    # Of codes that differ in few letters it takes one at random, so the commonest of those as good is taken.
    as_good = [
        each for match in found if match.coherence >= best.coherence for each in match.could_be_from_charset
    ]
    text = _decoded(content, "cp1252") if "cp1252" in as_good else None
    if text is not None and _TWO_BYTES.search(text):
        return None
    if text is not None and not (best.language == "Hungarian" and _LIKE_HUNGARIAN.search(text)):
        return text, "cp1252"
    if best.encoding in ("cp1250", "cp1252", "cp1254") and best.language not in _EASTERN:
        return None  # western Europe after all: the next rule is surer of that
    text = _decoded(content, best.encoding)
    return None if text is None else (text, best.encoding)


def _is_western(text: str, characters: frozenset[str]) -> bool:
    """Whether the sample is western, and the characters of the whole are among its letters."""
    others = [each for each in text if each > "\x7f"]
    letters = {each for each in characters if each > "\x7f" and each.isalpha()} - set("ªºµƒ")
    plain = sum(each.isascii() and (each.isalnum() or each.isspace()) for each in text)
    return (
        letters <= _WESTERN
        and plain >= 0.6 * len(text)
        and len(others) <= 0.3 * len(text)
        and not _WITHIN_WORD.search(text)
        and not any(len(set(run)) > 3 for run in _RUN.findall(text))  # another script, all of it
    )
