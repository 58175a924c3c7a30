"""Which of the offered answers did they type?

Rule 1: one answer or none; two that fit equally well are none.
Rule 2: about danger nothing is guessed: the exact words, or the whole first part of exactly one label.
Rule 3: in an open question (their own words are wanted) only exact words count as a tap.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from dialogs.fold import fold, folded

EXACT: Final = "exact"  # an open question: their own words are wanted
SAFE: Final = "safe"  # a danger question
CLOSE: Final = "close"  # every other question

LONGEST = 200  # letters; no label is longer, so longer words are a story, not an answer
SHORT = 5  # letters; a word shorter than this is never guessed
FAR = 1  # slips allowed in one word

_COMMAS = re.compile(r"[,،、，;؛]")
_CLAUSE = re.compile(r"[,،、，;؛:.!?؟(–—]")


def also_words(text: str) -> tuple[str, ...]:
    """The words of an `also:` list, in whatever script its commas are."""
    return tuple(filter(None, (word.strip() for word in _COMMAS.split(text))))


def choose(text: str, options: Sequence[tuple[str, ...]], how: str = CLOSE) -> int | None:
    """The place (from 0) of the one option that was typed, or None.

    Each option is its label followed by the other ways to say it.
    """
    if len(text) > LONGEST:
        return None
    words = fold(text)
    if not words:
        return None
    ways = [folded(option) for option in options]
    exact = [place for place, option in enumerate(ways) if words in option]
    if exact or how == EXACT:
        return _only(exact)
    if words.isdecimal():
        return _only([place for place in range(len(options)) if words == str(place + 1)])
    first = [place for place, option in enumerate(options) if option and words == _first_part(option[0])]
    if first or how == SAFE:
        return _only(first)
    return _only([place for place, option in enumerate(ways) if any(_close(words, way) for way in option)])


def _only(places: list[int]) -> int | None:
    return places[0] if len(places) == 1 else None


@lru_cache(maxsize=16384)
def _first_part(label: str) -> str:
    """`Yes, right now` -> `yes`: whoever types only the first part of one label has said all of it."""
    parts = _CLAUSE.split(label, maxsplit=1)
    return fold(parts[0]) if len(parts) > 1 else ""


def _close(typed: str, way: str) -> bool:
    """Is it the same with a slip of the finger in it - and certainly not its opposite?"""
    ones, others = typed.split(), way.split()
    if len(ones) != len(others) or typed.count("m") != way.count("m"):
        return False  # a letter m turns a Turkish verb into its opposite: bilirim, bilmem
    return all(one == other or _slip(one, other) for one, other in zip(ones, others, strict=True))


def _slip(one: str, other: str) -> bool:
    """One letter wrong, missing, doubled or swapped inside a longer word.

    Not the first letter: `un-`, `k-` (keine), `ن` (Persian) turn a word into its opposite there.
    """
    if (
        min(len(one), len(other)) < SHORT
        or one[0] != other[0]
        or any(sign.isdecimal() for sign in one + other)
    ):
        return False
    return OSA.distance(one, other, score_cutoff=FAR) <= FAR


def pieces(text: str, most: int) -> Iterator[str]:
    """Their words in pieces of at most so many letters; joined they are the text again."""
    for start in range(0, len(text), most):
        yield text[start : start + most]
