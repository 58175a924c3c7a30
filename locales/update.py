"""Every language brought to the sheets and pages of today, and the words an edition takes along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polib

from dialogs.script import Script
from locales.catalogs import forms, sync, template, words
from locales.files import DIALOGS, HOME, INTERFACE, languages_here, load, save
from locales.interface import interface_template
from locales.languages import SOURCE, known, language
from locales.render import PLURAL, english


@dataclass(frozen=True, slots=True)
class Change:
    """What a sync did to one file."""

    lang: str
    file: str
    new: int  # texts that wait for a first translation
    rewritten: int  # translations that must be looked at because their source changed
    gone: int  # put away because the sheets no longer have them
    written: bool


def sync_all(
    script: Script,
    *,
    also: Sequence[str] = (),
    previous: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
    home: Path = HOME,
) -> list[Change]:
    """Bring every language to the sheets and pages of today. Raises BadFile before anything is written.

    `also` begins languages nobody began yet; `previous` are the running edition's words by language.
    """
    sources = {DIALOGS: template(script), INTERFACE: interface_template()}
    langs = [code for code in known() if code in {*languages_here(home), *also}]
    work = []
    for lang in langs:
        for file, source in sources.items():
            old = load(lang, file, home)
            served = (previous or {}).get(lang) if file == DIALOGS else None
            work.append((lang, file, old, sync(old, source, served, variants=file == DIALOGS)))
    return [_change(lang, file, old, new, save(new, lang, file, home)) for lang, file, old, new in work]


def current(script: Script, lang: str, home: Path = HOME) -> polib.POFile:
    """A language held against the script of this moment, whether or not its file was brought along."""
    return sync(load(lang, home=home), template(script))


def edition_words(script: Script, lang: str, home: Path = HOME) -> dict[str, list[str]]:
    """What an edition keeps of a language; ask `ready.fit` first. Raises BadFile."""
    if lang == SOURCE:
        return {PLURAL: [language(SOURCE).plural], **english(script)}
    return words(current(script, lang, home))


def _change(lang: str, file: str, old: polib.POFile, new: polib.POFile, written: bool) -> Change:
    before = {each.msgctxt: each for each in old if not each.obsolete}
    after = {each.msgctxt: each for each in new if not each.obsolete}
    return Change(
        lang=lang,
        file=file,
        new=sum(1 for name, each in after.items() if name not in before and not forms(each)),
        rewritten=sum(1 for name, each in after.items() if each.fuzzy and not _was_fuzzy(before.get(name))),
        gone=len(before.keys() - after.keys()),
        written=written,
    )


def _was_fuzzy(entry: polib.POEntry | None) -> bool:
    return entry is not None and bool(entry.fuzzy)
