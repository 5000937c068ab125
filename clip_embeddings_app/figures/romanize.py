"""Korean in Latin letters, for pictures on a machine without a Korean font. Imports the standard library.

Source: Revised Romanization of Korean, Ministry of Culture, notice 2000-8; its frequent sound changes only.
"""

import re
import unicodedata

_INITIALS = [
    "g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h",
]  # fmt: skip
_VOWELS = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
    "eu", "ui", "i",
]  # fmt: skip
# Each final as it sounds at the end, then what stays and what moves on before a vowel.
_FINALS = [
    "||", "k||g", "k||kk", "k|k|s", "n||n", "n|n|j", "n||n", "t||d", "l||r", "k|l|g", "m|l|m", "l|l|b",
    "l|l|s", "l|l|t", "p|l|p", "l||r", "m||m", "p||b", "p|p|s", "t||s", "t||ss", "ng|ng|", "t||j", "t||ch",
    "k||k", "t||t", "p||p", "t||",
]  # fmt: skip
_NASAL = {"k": "ng", "t": "n", "p": "m"}
_HARD = {"g": "k", "d": "t", "j": "ch"}
_H_FINALS = {6, 15, 27}  # ㄶ ㅀ ㅎ
_SYLLABLES = re.compile("[가-힣]+")


def romanize(text: str) -> str:
    """Write the Korean in a text in Latin letters: "노을지는 바다" -> "noeuljineun bada"; leave the rest."""
    return _SYLLABLES.sub(lambda match: _word(match[0]), unicodedata.normalize("NFC", text))


def _word(word: str) -> str:
    parts = []
    for letter in word:
        initial, rest = divmod(ord(letter) - 0xAC00, 588)
        parts.append((_INITIALS[initial], _VOWELS[rest // 28], rest % 28))
    written, onset = "", parts[0][0]
    for (_, vowel, final), (following, next_vowel, _) in zip(parts, [*parts[1:], ("#", "", 0)], strict=True):
        closing, next_onset = _meet(final, following, next_vowel)
        written += onset + vowel + closing
        onset = next_onset
    return written


def _meet(final: int, following: str, vowel: str) -> tuple[str, str]:
    """How a syllable's final and the next one's initial sound together; "#" is the end of a word."""
    sound, stays, moves = _FINALS[final].split("|")
    if following == "" and final:
        moves = {"d": "j", "t": "ch"}.get(moves, moves) if vowel == "i" else moves
        return stays, moves
    if final in _H_FINALS and following in _HARD:
        return "" if final == 27 else sound, _HARD[following]
    if following in ("n", "m"):
        return _NASAL.get(sound, sound), "l" if sound == "l" and following == "n" else following
    if following == "r" and sound:
        return ("l", "l") if sound in "ln" else (_NASAL.get(sound, sound), "n")
    return sound, following
