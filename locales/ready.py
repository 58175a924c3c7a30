"""Is a language fit to be offered? Every reason why not, in a translator's words.

Rule 1: this is the only place that decides it. `demo` needs words that are complete and safe in form; `live`
        needs on top a named person's approval of every `must be fresh` text, and every variant.
Rule 2: a language is judged against the script of this moment, not against the file's last sync.
Rule 3: English is a language like the others: its safety texts need a review too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polib

from dialogs.fold import fold
from dialogs.script import Button, Choose, Listen, Message, Script
from locales import reviews
from locales.catalogs import forms, most_letters, story, sync
from locales.files import HOME, INTERFACE, BadFile, languages_here, load
from locales.interface import for_families, interface_template, usable
from locales.languages import SOURCE, language
from locales.render import more_names, plural_rule, ways
from locales.sound import Banned, faults
from locales.update import current

DEMO, LIVE = "demo", "live"
NEVER, LOCKSCREEN = "never.txt", "lockscreen.txt"

# code -> sentence, hint, what it stops: demo (and live), live only, or nothing.
FINDINGS: Mapping[str, tuple[str, str, str]] = {
    "W01": ("There is no translation.", "Translate it.", DEMO),
    "W02": (
        "A safety, limits or consent text changed in English.",
        "Read the new English, then un-mark.",
        DEMO,
    ),
    "W03": ("{what} is missing.", "Holes are filled in later; keep each one, exactly as in English.", DEMO),
    "W04": ("{what} is not in the English text.", "Use the holes of the English text only.", DEMO),
    "W05": ("A hole is broken: {what}.", "Copy the holes from the English text.", DEMO),
    "W06": ("Not all forms are there: {what}.", "Give one text for each way your language counts.", DEMO),
    "W07": ("Too long: {what}.", "Say it shorter; telephones cut it off.", DEMO),
    "W08": (
        "There is a sign nobody sees: {what}.",
        "Type the text anew; Beside adds what directions need.",
        DEMO,
    ),
    "W09": ("There is markup: {what}", "Messages are plain text.", DEMO),
    "W10": ("Numbers differ from the English text: {what}.", "Copy numbers as digits.", DEMO),
    "W11": ("Addresses differ from the English text: {what}.", "Copy addresses and commands exactly.", DEMO),
    "W12": (
        "Two answers sound alike: {what}.",
        "Whoever types it must be understood; choose other words.",
        DEMO,
    ),
    "W13": ("We never say “{what}”.", "Describe what one can see, without a label (practice 7.2, 9).", DEMO),
    "W14": (
        "“{what}” must not show on a locked phone.",
        "Say nothing that tells the topic (practice 4.4).",
        DEMO,
    ),
    "W15": ("The text for people addressed in the other way is missing.", "Write it too.", LIVE),
    "W16": ("No person approved these words.", "Have them read, then `beside words approve`.", LIVE),
    "W17": ("The English changed; the old translation is served.", "Look at it again.", ""),
    "W18": ("{what}.", "Mend the file.", DEMO),
    "W20": ("The lines do not match: {what}.", "One line for each line of the English text.", DEMO),
    "W21": ("There is no list {what}.", "A native speaker writes it, see the English one.", LIVE),
    "W22": ("A page of staff has no translation.", "It shows English meanwhile.", ""),
}


@dataclass(frozen=True, slots=True)
class Finding:
    code: str
    message: str  # message id, `id|variant`, or "" for the language as a whole
    text: str
    hint: str

    @property
    def stops(self) -> str:
        return FINDINGS[self.code][2]


@dataclass(frozen=True, slots=True)
class Row:
    """One text of one language, the way it would be said."""

    name: str  # message id, or `id|variant`
    message: Message
    texts: tuple[str, ...]  # empty when nobody translated it
    fuzzy: bool

    @property
    def source(self) -> tuple[str, ...]:
        return (self.message.one, self.message.text) if self.message.one else (self.message.text,)


@dataclass(frozen=True, slots=True)
class Fit:
    """The verdict on one language."""

    lang: str
    purpose: str
    findings: tuple[Finding, ...]  # all of them, also those that stop nothing
    draft: bool  # no person approved all of its safety texts: a demo must say so

    @property
    def stops(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.stops in {DEMO, self.purpose})

    @property
    def ok(self) -> bool:
        return not self.stops


@dataclass(frozen=True, slots=True)
class Status:
    """One line of `beside words status`."""

    lang: str
    own_name: str
    texts: int
    translated: int
    fuzzy: int
    missing: int
    fresh: int  # safety, limits and consent texts
    reviewed: int  # of those, approved by a person in exactly these words
    demo: bool
    live: bool
    first: tuple[Finding, ...]


def fit(
    script: Script, lang: str, purpose: str = DEMO, home: Path = HOME, pages: polib.POFile | None = None
) -> Fit:
    """May this language be offered to families? `pages` saves reading the web pages once more."""
    if purpose not in {DEMO, LIVE}:
        raise ValueError(f"fit for what? {purpose}")
    found = tuple(findings(script, lang, home, pages))
    draft = any(each.code in {"W16", "W18"} for each in found)
    return Fit(lang, purpose, found, draft)


def findings(
    script: Script, lang: str, home: Path = HOME, pages: polib.POFile | None = None
) -> Iterator[Finding]:
    """Everything there is to say about a language, in story order."""
    try:
        texts = rows(script, lang, home)
        approved = reviews.load(lang, home)
        yield from _of_pages(lang, home, interface_template() if pages is None else pages)
    except (BadFile, reviews.BadReviews) as error:
        yield _finding("W18", "", str(error))
        return
    never, lockscreen = (_banned(lang, name, home) for name in (NEVER, LOCKSCREEN))
    for name, words in ((NEVER, never), (LOCKSCREEN, lockscreen)):
        if words is None:
            yield _finding("W21", "", f"{lang}/{name}")
    _, form = plural_rule(language(lang).plural)
    for row in texts:
        yield from _of_row(row, form, language(lang).forms)
        if row.texts:
            yield from _of_words(row, never, lockscreen)
            if row.message.fresh and not reviews.holds(approved, row.name, row.source, row.texts):
                yield _finding("W16", row.name)
    yield from _alike(script, {row.name: row.texts for row in texts if row.texts})


def rows(script: Script, lang: str, home: Path = HOME) -> list[Row]:
    """All texts of a language in story order, variants after their base. Raises BadFile."""
    messages = story(script)
    if lang == SOURCE:
        return [Row(m.id, m, (m.one, m.text) if m.one else (m.text,), False) for m in messages]
    return [
        Row(
            each.msgctxt,
            script.messages[each.msgctxt.partition("|")[0]],
            tuple(forms(each)),
            bool(each.fuzzy),
        )
        for each in current(script, lang, home)
        if not each.obsolete
    ]


def _finding(code: str, message: str, what: str = "") -> Finding:
    sentence, hint, _ = FINDINGS[code]
    return Finding(code, message, sentence.replace("{what}", what), hint)


def _of_row(row: Row, form: Callable[[int], int], count: int) -> Iterator[Finding]:
    """Is it there, of today, and sound in form?"""
    if not row.texts:
        yield _finding("W15" if "|" in row.name else "W01", row.name)
        return
    if row.fuzzy:
        yield _finding("W02" if row.message.fresh else "W17", row.name)
    free = row.message.kind == "also"
    for code, what in faults(row.source, row.texts, form, count, most=most_letters(row.message), free=free):
        yield _finding(code, row.name, what)


def _banned(lang: str, name: str, home: Path) -> Banned | None:
    place = home / lang / name
    return Banned(place.read_text(encoding="utf-8")) if place.exists() else None


def _of_words(row: Row, never: Banned | None, lockscreen: Banned | None) -> Iterator[Finding]:
    if row.message.kind == "also":  # what families may type is theirs to say
        return
    said = "\n".join(row.texts)
    for word in never.found(said) if never else ():
        yield _finding("W13", row.name, word)
    for word in lockscreen.found(said) if lockscreen and row.message.discreet else ():
        yield _finding("W14", row.name, word)


def _alike(script: Script, plain: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """Words that mean two answers of one question, or an answer and something that is always there.

    As in the English check (`dialogs.sounds`): a label that is an always-there word too
    wins in its question; one of its other words never could.
    """
    more = more_names(plain)
    said = {
        name: ways(plain, more, name)
        for name, m in script.messages.items()
        if m.kind == "button" and name in plain
    }
    house = {fold(word): button for button in script.always for word in said.get(button.id, ())}
    steps = [step for scene in script.scenes.values() for step in scene.steps]
    for step in steps:
        if isinstance(step, Choose | Listen):
            yield from _twice(step.buttons, said, {} if step.buttons == script.always else house)


def _twice(
    buttons: Sequence[Button], said: Mapping[str, Sequence[str]], house: Mapping[str, Button]
) -> Iterator[Finding]:
    places = {str(place): button for place, button in enumerate(buttons, 1)}
    seen: dict[str, Button] = {}
    for button in buttons:
        for place, word in enumerate(said.get(button.id, ())):
            folded = fold(word)
            other = seen.setdefault(folded, button)
            if other is button:
                other = places.get(folded, button)
            there = house.get(folded)
            if other is button and there and place and there.goto != button.goto:
                other = there
            if other is not button:
                yield _finding("W12", button.id, f"“{word}” is also in {other.id}")


def _of_pages(lang: str, home: Path, pages: polib.POFile) -> Iterator[Finding]:
    if lang == SOURCE:
        return
    for each in sync(load(lang, INTERFACE, home), pages, variants=False):
        if each.obsolete or usable(each):
            continue
        code = "W22" if not for_families(each.msgctxt) else "W01" if not forms(each) else "W05"
        yield _finding(code, each.msgctxt, "a page text with other holes, quotes or markup")


def approve(
    script: Script, lang: str, by: str, on: date, home: Path = HOME, only: Sequence[str] = ()
) -> list[str]:
    """A person approves the `must be fresh` texts of a language, or `only` these. Gives the ids written down.

    What is missing, fuzzy or unsound is left out: nobody can approve it. Raises ValueError without a name.
    """
    _, form = plural_rule(language(lang).plural)
    texts = rows(script, lang, home)
    good = [
        row
        for row in texts
        if row.message.fresh
        and (not only or row.name in only)
        and not any(
            each.stops == DEMO or each.code == "W15" for each in _of_row(row, form, language(lang).forms)
        )
    ]
    who = reviews.person(by)
    new = [reviews.Review(row.name, reviews.digest(row.source, row.texts), who, on) for row in good]
    reviews.record(lang, new, home, keep=[row.name for row in texts])
    return [row.name for row in good]


def status(script: Script, home: Path = HOME, most: int = 5) -> list[Status]:
    """Where every language stands, English first; `most` findings of each."""
    pages = interface_template()
    return [_status(script, lang, home, pages, most) for lang in [SOURCE, *languages_here(home)]]


def _status(script: Script, lang: str, home: Path, pages: polib.POFile, most: int) -> Status:
    verdict = fit(script, lang, LIVE, home, pages)
    try:
        texts = rows(script, lang, home)
    except BadFile:
        texts = []
    fresh = [row for row in texts if row.message.fresh and row.texts]
    waiting = {each.message for each in verdict.findings if each.code == "W16"}
    stopping = [*verdict.stops, *(each for each in verdict.findings if not each.stops)]
    return Status(
        lang=lang,
        own_name=language(lang).own_name,
        texts=len(texts),
        translated=sum(1 for row in texts if row.texts and not row.fuzzy),
        fuzzy=sum(1 for row in texts if row.texts and row.fuzzy),
        missing=sum(1 for row in texts if not row.texts),
        fresh=len(fresh),
        reviewed=sum(1 for row in fresh if row.name not in waiting),
        demo=not any(each.stops == DEMO for each in verdict.findings),
        live=verdict.ok,
        first=tuple(stopping[:most]),
    )
