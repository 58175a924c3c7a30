"""From a message id, a language and facts to the words a family reads.

Rule 1: never English by surprise. A missing text raises MissingWords; the turn then uses the previous edition
        of that language.
Rule 2: a translation can only name holes. No attribute, no index, no format, no conversion reaches a fact.
Rule 3: a fact's value is inserted once, as it is, between isolation marks where directions meet.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from gettext import c2py
from string import Formatter

from dialogs.match import also_words
from dialogs.script import NUMBERS, Script
from locales.bidi import isolate, lean_right
from locales.languages import SOURCE, language

Facts = Mapping[str, str | int]

PLURAL = ""  # under this id an edition's words carry the plural header they were written for
ALSO = ".also"  # `<button id>.also`: other ways to say what is on a button
_HEADER = re.compile(r"nplurals\s*=\s*(\d+)\s*;\s*plural\s*=\s*([^;]+)")


class BadText(ValueError):
    """A text that cannot be used: a malformed hole, or forms without a number."""


class MissingWords(LookupError):
    """This language has no such text. Carries the language and the message id."""

    def __init__(self, lang: str, message: str) -> None:
        super().__init__(f"{lang} has no words for {message}")
        self.lang, self.message = lang, message


class MissingFact(LookupError):
    """Our mistake: a text needs a fact nobody gave. Carries the message id and the hole, never a value."""

    def __init__(self, message: str, hole: str) -> None:
        super().__init__(f"{message} needs the fact {hole}")
        self.message, self.hole = message, hole


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence cut at its holes: what stands before the first, then each hole with what follows it."""

    start: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The forms of a counted message, in the order of the language's plural rule."""

    forms: tuple[Text, ...]
    number: str  # the hole whose value chooses the form


def cut(text: str) -> Text:
    """Cut a text at its holes `{name}`.

    Raises BadText for anything but a plain name: `{0}`, `{a.b}`, `{a[0]}`, `{a!r}`, `{a:>9}`, a lone brace.
    """
    start, parts = "", list[tuple[str, str]]()
    try:
        pieces = list(Formatter().parse(text))
    except ValueError as error:
        raise BadText("a brace is open or closed alone") from error
    hole = ""
    for words, name, form, conversion in pieces:
        if hole:
            parts.append((hole, words))
            hole = ""
        elif parts:
            parts[-1] = (parts[-1][0], parts[-1][1] + words)
        else:
            start += words
        if name is not None:
            if not name.isidentifier() or form or conversion:
                raise BadText("a hole is a plain name, like {hours}")
            hole = name
    if hole:
        parts.append((hole, ""))
    return Text(start, tuple(parts))


def holes(text: str) -> list[str]:
    """Names of the holes, in order, with repeats. Raises BadText."""
    return [name for name, _ in cut(text).parts]


def plural_rule(header: str) -> tuple[int, Callable[[int], int]]:
    """How many forms, and which one a number takes. Raises BadText for a header gettext would refuse."""
    found = _HEADER.search(header)
    if not found:
        raise BadText("no plural forms in the header")
    try:
        return int(found[1]), c2py(found[2].strip())
    except ValueError as error:
        raise BadText("the plural rule cannot be read") from error


class Words:
    """All words of one language in one edition, compiled once."""

    __slots__ = ("_labels", "_more", "form", "lang", "plain", "rtl", "texts")

    def __init__(self, lang: str, plain: Mapping[str, Sequence[str]], *, rtl: bool | None = None) -> None:
        """`plain` is what `catalogs.words` made: message id (or `id|variant`) -> forms. Raises BadText."""
        self.lang = lang
        self.rtl = language(lang).rtl if rtl is None else rtl
        header = plain[PLURAL][0] if PLURAL in plain else language(lang).plural
        _, self.form = plural_rule(header)
        self.plain = {message: tuple(forms) for message, forms in plain.items() if message != PLURAL}
        self.texts = {message: self._compile(message, forms) for message, forms in self.plain.items()}
        self._more = more_names(self.plain)
        self._labels: dict[str, tuple[str, ...]] = {}

    @classmethod
    def english(cls, script: Script) -> "Words":
        """The source language needs no file: the sheet is its catalogue."""
        return cls(SOURCE, english(script))

    def __contains__(self, message: str) -> bool:
        return message in self.texts

    def _compile(self, message: str, forms: Sequence[str]) -> Text | Counted:
        try:
            cuts = tuple(cut(lean_right(form) if self.rtl else form) for form in forms)
        except BadText as error:
            raise BadText(f"{self.lang} {message}: {error}") from error
        if len(cuts) == 1:
            return cuts[0]
        number = {name for text in cuts for name, _ in text.parts if name in NUMBERS}
        if len(number) != 1:
            raise BadText(f"{self.lang} {message}: a counted message needs exactly one number")
        return Counted(cuts, number.pop())

    def find(self, message: str, register: str = "", gender: str = "") -> Text | Counted:
        """The variant asked for, else the next plainer one, else the base text. Raises MissingWords."""
        if register or gender:
            for name in variants(message, register, gender):
                if name in self.texts:
                    return self.texts[name]
        try:
            return self.texts[message]
        except KeyError:
            raise MissingWords(self.lang, message) from None

    def labels(self, button: str) -> tuple[str, ...]:
        """See `labels`."""
        if button not in self._labels:
            if button not in self.plain:
                raise MissingWords(self.lang, button)
            self._labels[button] = ways(self.plain, self._more, button)
        return self._labels[button]


def more_names(plain: Iterable[str]) -> dict[str, list[str]]:
    """Message id -> the names of its variants."""
    more: dict[str, list[str]] = {}
    for name in plain:
        base, bar, _ = name.partition("|")
        if bar:
            more.setdefault(base, []).append(name)
    return more


def ways(
    plain: Mapping[str, Sequence[str]], more: Mapping[str, Sequence[str]], button: str
) -> tuple[str, ...]:
    """All ways to say one answer, the label first, then its variants, then the `also:` words."""
    said = [plain[name][0] for name in (button, *more.get(button, ()))]
    also = button + ALSO
    for name in (also, *more.get(also, ())):
        if name in plain:
            said += also_words(plain[name][0])
    return tuple(dict.fromkeys(word.strip() for word in said if word.strip()))


def english(script: Script) -> dict[str, list[str]]:
    """The words of the sheets themselves, in the shape of an edition's words."""
    return {
        message.id: [message.one, message.text] if message.one else [message.text]
        for message in script.messages.values()
    }


def variants(message: str, register: str, gender: str) -> Iterable[str]:
    """Names under which a variant may stand, the most fitting first."""
    if register and gender:
        yield f"{message}|{register}|{gender}"
    if register:
        yield f"{message}|{register}"
    if gender:
        yield f"{message}|{gender}"


def render(words: Words, message: str, facts: Facts, register: str = "", gender: str = "") -> str:
    """The text a family reads.

    `register` is "" (formal, practice 7.3) or "informal"; `gender` of the person addressed is "", "f" or "m".
    Raises MissingWords when the language has no such text, MissingFact when a hole has no value.
    """
    found = words.find(message, register, gender)
    text = found if isinstance(found, Text) else _form(words, message, found, facts)
    if not text.parts:
        return text.start
    said = text.start
    for hole, after in text.parts:
        try:
            value = facts[hole]
        except KeyError:
            raise MissingFact(message, hole) from None
        said += isolate(value if isinstance(value, str) else str(value), words.rtl) + after
    return said


def _form(words: Words, message: str, counted: Counted, facts: Facts) -> Text:
    try:
        return counted.forms[words.form(int(facts[counted.number]))]
    except (KeyError, ValueError):
        raise MissingFact(message, counted.number) from None


def labels(words: Words, button: str) -> tuple[str, ...]:
    """Everything a family may type for a button: its label in every register, then its `also:` words.

    Plain texts for matching, without isolation marks. Raises MissingWords.
    """
    return words.labels(button)


def join_lines(lines: Iterable[str]) -> str:
    """A list inside one fact: one line each, with the dash every messenger shows."""
    return "\n".join(f"- {line}" for line in lines)
