"""Is one translation sound? What a machine can tell: holes, forms, length, letters, numbers, banned words.

Rule 1: everything here is a pure function of a source and a translation; `locales.ready` knows about files.
Rule 2: a fault names the hole, the letter or the word it is about, so that a translator finds it at once.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from dialogs.fold import fold
from dialogs.script import NUMBERS
from locales.render import BadText, holes

Fault = tuple[str, str]  # code, what exactly

_HTML = re.compile(r"<\s*[A-Za-z/!?]|&(#\w+|\w+);")
_BRACES = re.compile(r"\{[^{}]*\}")
_DIGITS = re.compile(r"\d+")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)[^\s<>()]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<![\w/])[/@][a-z_]{2,}\b"
)
# Letters a translator may type though they do not show: joiners, and marks that only hint at a direction.
_MAY_HIDE = frozenset("\n\u200c\u200d\u200e\u200f\u061c")
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
_PROBE = range(1001)


def faults(
    source: Sequence[str],
    texts: Sequence[str],
    form: Callable[[int], int],
    count: int,
    *,
    most: int,
    free: bool,
) -> Iterator[Fault]:
    """All faults of one translation.

    `source` is one text, or the one/many pair of a counted message; `form` and `count` are the plural rule of
    the language; `most` is the limit in letters (0: none); `free` is for lists of other words, which have
    to be readable, no more.
    """
    wanted = count if len(source) > 1 else 1
    if len(texts) != wanted or not all(texts):
        yield "W06", f"{sum(map(bool, texts))} of {wanted}"
        return
    for text in texts:
        yield from letters(text)
        if most and len(text) > most:
            yield "W07", f"{len(text)} letters, at most {most}"
    yield from _holes(source, texts, form)
    if not free:
        yield from _numbers(source, texts)
        yield from _shape(source, texts)


def letters(text: str) -> Iterator[Fault]:
    """Letters that do not show or that steer the direction of others, and markup."""
    for letter in sorted({x for x in text if unicodedata.category(x) in _HIDDEN} - _MAY_HIDE):
        yield "W08", f"U+{ord(letter):04X}"
    if found := _HTML.search(text):
        yield "W09", found[0]


def _holes(source: Sequence[str], texts: Sequence[str], form: Callable[[int], int]) -> Iterator[Fault]:
    wanted = {name for text in source for name in holes(text)}
    single = _for_one_number(form, len(texts)) if len(texts) > 1 else set()
    for index, text in enumerate(texts):
        try:
            there = set(holes(text))
        except BadText as error:
            yield "W05", str(error)
            continue
        # "one day" may do without the number - but only where the form means exactly one number.
        needless = NUMBERS if index in single else frozenset()
        for name in sorted(wanted - there - needless):
            yield "W03", f"{{{name}}}" + (f" in form {index + 1}" if len(texts) > 1 else "")
        for name in sorted(there - wanted):
            yield "W04", f"{{{name}}}"


def _for_one_number(form: Callable[[int], int], count: int) -> set[int]:
    """Forms that serve a single number, like the Arabic dual; Russian `one` serves 1, 21, 31 ..."""
    served = Counter(form(number) for number in _PROBE)
    return {index for index in range(count) if served[index] == 1}


def _plain_digits(text: str) -> Counter[str]:
    """Runs of digits as ASCII, whichever script they are in. Those in braces or addresses are not numbers."""
    bare = _ADDRESS.sub(" ", _BRACES.sub(" ", text))
    return Counter("".join(str(unicodedata.decimal(x)) for x in run) for run in _DIGITS.findall(bare))


def _addresses(text: str) -> Counter[str]:
    return Counter(each.rstrip(".,;:!?؟،؛") for each in _ADDRESS.findall(text))


def _numbers(source: Sequence[str], texts: Sequence[str]) -> Iterator[Fault]:
    ours, addresses = list(map(_plain_digits, source)), list(map(_addresses, source))
    for text in texts:
        numbers, places = _plain_digits(text), _addresses(text)
        if numbers not in ours:
            odd = sorted((numbers - ours[-1]) + (ours[-1] - numbers))
            yield "W10", ", ".join(odd)
        if places not in addresses:
            odd = sorted((places - addresses[-1]) + (addresses[-1] - places))
            yield "W11", ", ".join(odd)


def _shape(source: Sequence[str], texts: Sequence[str]) -> Iterator[Fault]:
    """Lines are a list in the messenger; a missing one is a missing point."""
    for text in texts:
        if text.count("\n") != source[-1].count("\n"):
            yield "W20", f"{text.count(chr(10)) + 1} lines, the source has {source[-1].count(chr(10)) + 1}"


class Banned:
    """A list of words that are not said: one to a line, `*` for any beginning or ending, `#` for a remark."""

    def __init__(self, lines: str) -> None:
        rows = [line.partition("#")[0].strip() for line in lines.splitlines()]
        self._words = [(row, re.compile(_pattern(row))) for row in rows if row]

    def found(self, text: str) -> list[str]:
        folded = fold(text)
        return [word for word, pattern in self._words if pattern.search(folded)]


def _pattern(row: str) -> str:
    words = r"\s+".join(re.escape(word) for word in fold(row.strip("*")).split())
    return ("" if row.startswith("*") else r"(?<!\w)") + words + ("" if row.endswith("*") else r"(?!\w)")
