"""The languages Beside knows: how each is called, which way it runs, how it counts, how it addresses people.

Rule 1: a language is in this table or it does not exist; `locales.ready` decides whether it may be used.
Rule 2: plural forms come from weblate-language-data (Babel's are wrong for Turkish and Persian), names and
        directions from Babel's CLDR.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.core import get_global
from weblate_language_data.aliases import ALIASES
from weblate_language_data.languages import LANGUAGES

SOURCE = "en"  # the language the sheets are written in

# Our code -> Babel's name where they differ. English dates follow European order: `Friday, 20 November`.
BABEL: Mapping[str, str] = {"en": "en_150", "prs": "fa_AF"}

# Names people use for themselves where CLDR has none or a clumsy one (practice 7.1).
OWN_NAMES: Mapping[str, str] = {
    "en": "English",
    "bs": "Bosanski / Hrvatski / Srpski",
    "ckb": "کوردیی ناوەندی (سۆرانی)",
    "fa": "فارسی",
    "ku": "Kurdî (Kurmancî)",
    "prs": "دری",
    "sr_Latn": "Srpski (latinica)",
}

# practice 7.1: the first twelve, then the next ones helplines asked for.
FIRST = ("de", "en", "tr", "ar", "fa", "sq", "bs", "mk", "fr", "ru", "so", "ur")
NEXT = ("es", "nl", "da", "sv", "it", "ku", "ckb", "ps", "prs", "az", "ti", "uk", "ro")
AFTER = ("pl", "hr", "sr_Latn", "he", "am")
CODES = FIRST + NEXT + AFTER


class UnknownLanguage(LookupError):
    """A code that is not in the table of languages."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A second way a text may be needed: `name|value` is the text for people addressed in that way."""

    values: tuple[str, ...]
    needed: re.Pattern[str]  # a text in which this is found needs the variants
    note: str  # for translators


# Address (practice 7.3: formal by default, informal for minors and on request).
REGISTER: Mapping[str, Axis] = {
    "de": Axis(
        values=("informal",),
        needed=re.compile(r"\b(Sie|Ihnen|Ihr(e[mnrs]?)?)\b"),
        note="The same text for somebody who is addressed with du.",
    ),
}
# Gender of the person addressed, values `f` and `m`; the text without a value is the neutral one.
GENDER: Mapping[str, Axis] = {}


@dataclass(frozen=True, slots=True)
class Language:
    code: str  # also the folder name: `locales/<code>/`
    own_name: str
    english_name: str
    direction: str  # ltr | rtl
    plural: str  # `nplurals=2; plural=(n != 1);`
    forms: int
    locale: str  # Babel's identifier
    register: Axis | None = None
    gender: Axis | None = None

    @property
    def rtl(self) -> bool:
        return self.direction == "rtl"

    def axes(self) -> tuple[Axis, ...]:
        return tuple(axis for axis in (self.register, self.gender) if axis)


@cache
def language(code: str) -> Language:
    """Everything about one language. Raises UnknownLanguage."""
    if code not in CODES:
        raise UnknownLanguage(code)
    row = _rows()[code]
    locale = Locale.parse(BABEL.get(code, code))
    name = OWN_NAMES.get(code) or locale.language_name or code
    return Language(
        code=code,
        own_name=name[:1].upper() + name[1:],
        english_name=row[1],
        direction="rtl" if locale.text_direction == "rtl" else "ltr",
        plural=f"nplurals={row[2]}; plural={row[3]};",
        forms=row[2],
        locale=str(locale),
        register=REGISTER.get(code),
        gender=GENDER.get(code),
    )


@cache
def _rows() -> Mapping[str, tuple[str, str, int, str]]:
    return {row[0]: row for row in LANGUAGES if row[0] in CODES}


def known() -> tuple[str, ...]:
    """Codes of all languages Beside could be translated into."""
    return CODES


def own_name(code: str) -> str:
    """The name speakers give their language, for the language buttons."""
    return language(code).own_name


def direction(code: str) -> str:
    return language(code).direction


def nearest(tag: str, offered: Iterable[str]) -> str:
    """The offered language that serves an app's language tag (`de-AT`, `pt-br`, `fa-AF`), or "".

    A script is never changed by guess: Serbian in Cyrillic letters is not answered with Latin ones.
    """
    have = set(offered)
    plain = tag.strip().replace("-", "_")
    speech, *rest = plain.lower().split("_")
    script = next((part.title() for part in rest if len(part) == len("Latn")), "")
    usual = get_global("likely_subtags").get(speech, "").split("_")
    if script in usual:
        script = ""
    for name in (plain, ALIASES.get(plain.lower(), ""), f"{speech}_{script}" if script else speech):
        if name in have:
            return name
    return ""
