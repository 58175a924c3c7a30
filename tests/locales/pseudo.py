"""Languages nobody speaks, for layout: one longer and full of accents, one that runs from right to left.

`longer` and `mirrored` change a text and leave its holes alone; `words` and `interface` are what a page or a
channel takes.
"""

import re
from collections.abc import Callable

import polib

from dialogs.script import Script
from locales.interface import Interface, interface_template
from locales.render import Words, english

HOLES = re.compile(r"(%\(\w+\)s|\{\w+\})")
ACCENTS = str.maketrans("aceinosuyzACEINOSUYZ", "äçéîñöşüýžÄÇÉÎÑÖŞÜÝŽ")
LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
GROWTH = 0.4  # German and Russian grow by a third; then a little


def _outside(text: str, change: Callable[[str], str]) -> str:
    return "".join(part if HOLES.fullmatch(part) else change(part) for part in HOLES.split(text))


def longer(text: str) -> str:
    more = "~" * max(2, int(len(text) * GROWTH) - 2)
    return f"[{_outside(text, lambda part: part.translate(ACCENTS))}{more}]"


def mirrored(text: str) -> str:
    def letter(sign: str) -> str:
        return LETTERS[ord(sign.lower()) % len(LETTERS)] if sign.isascii() and sign.isalpha() else sign

    return _outside(text, lambda part: "".join(map(letter, part)))


def words(script: Script, change: Callable[[str], str]) -> Words:
    plain = {name: [change(text) for text in texts] for name, texts in english(script).items()}
    return Words("en", plain, rtl=change is mirrored)


def interface(change: Callable[[str], str]) -> Interface:
    """Page texts; it calls itself Arabic or German, so that a page takes the right direction."""
    lang = "ar" if change is mirrored else "de"
    po = polib.POFile()
    count = 6 if change is mirrored else 2
    for each in interface_template():
        if each.msgid_plural:
            each.msgstr_plural = dict.fromkeys(range(count), change(each.msgid_plural))
        else:
            each.msgstr = change(each.msgid)
        po.append(each)
    return Interface(lang, po)
