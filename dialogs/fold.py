"""Typed words made comparable: two ways to type the same thing fold to the same letters.

Rule 1: folding is for comparing only; it is never stored and never shown.
Rule 2: every language, any keyboard: case, accents, Arabic and Persian letter twins, digits of every script,
joiners, direction marks and the punctuation around a word make no difference.
"""

import unicodedata
from functools import lru_cache
from typing import Final

# Letters that stand for each other on different keyboards, or that decomposition leaves alone.
_TWINS: Final = str.maketrans(
    {
        "ى": "ي",
        "ی": "ي",
        "ې": "ي",
        "ے": "ي",
        "ک": "ك",
        "ڪ": "ك",
        "ة": "ه",
        "ہ": "ه",
        "ۃ": "ه",
        "ھ": "ه",
        "ە": "ه",
        "ٱ": "ا",
        "ـ": "",
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ŋ": "n",
        "ħ": "h",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "`": "'",
        "´": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        "−": "-",
    }
)


class _Letters(dict[int, str]):
    """What one sign of a word stands for, looked up once per sign."""

    def __missing__(self, number: int) -> str:
        sign = chr(number)
        kind = unicodedata.category(sign)
        if kind == "Nd":
            plain = str(unicodedata.decimal(sign))
        elif kind in {"Mn", "Me", "Cf", "Cs", "Co"}:  # marks, joiners, direction marks, halves of signs
            plain = ""
        else:
            plain = " " if kind in {"Zs", "Zl", "Zp", "Cc"} else sign
        self[number] = plain
        return plain


_LETTERS: Final = _Letters()


def _around(sign: str) -> bool:
    return sign == " " or unicodedata.category(sign)[0] == "P"


def fold(text: str) -> str:
    """The comparable form of typed words; "" when nothing visible was typed.

    Punctuation around each word is trimmed, but words that are nothing else (a panic word like `..`) stay.
    """
    if text.isascii():
        letters = text.lower().replace("`", "'")
    else:
        letters = unicodedata.normalize("NFKD", text.translate(_TWINS).casefold()).translate(_TWINS)
    words = " ".join(letters.translate(_LETTERS).split())
    if words.isalnum():
        return words
    return " ".join(filter(None, map(_bare, words.split(" ")))) or words


def _bare(word: str) -> str:
    """A word without the punctuation around it: nobody types the commas of a label."""
    if word.isalnum():
        return word
    start, end = 0, len(word)
    while start < end and _around(word[start]):
        start += 1
    while end > start and _around(word[end - 1]):
        end -= 1
    return word[start:end]


def _seen(sign: str) -> bool:
    return any(
        _LETTERS[ord(part)] not in {"", " "} for part in unicodedata.normalize("NFKD", sign.translate(_TWINS))
    )


def blank(text: str) -> bool:
    """Did they send nothing that can be seen?"""
    return not any(_seen(sign) for sign in text)


@lru_cache(maxsize=16384)
def folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Our own words, folded once. Only labels come here: what a family types is never kept in a cache."""
    return tuple(map(fold, words))
