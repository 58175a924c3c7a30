"""A small script in real sheets and its translations, for tests that must not lean on the house's sheets."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import polib
import pytest

from dialogs.read import read
from dialogs.script import Choose, Script
from locales.catalogs import FRESH, blank, forms, sync, template

TALK = """# Talk

> starts at [limits](#limits)

## limits

> note: Promise and its limit.
> must be fresh

We never ask for a name. In danger we call for help. ^promise

Is that all right for you? ^ask

- [Yes, I understand](#kept) agree to limits; also: ok, fine ^yes
- [No](#kept) also: not now ^no

## kept

one: We keep your answers for {days_answers} day.
many: We keep your answers for {days_answers} days. ^days

A counsellor can answer by {answer_by}, {zone} time. ^by

> end
"""

ALWAYS = """# Always

## always

- [Emergency](talk.md#limits) also: sos ^emergency
"""

NOTES = """# Notes

## note

> discreet

Hello, a short note for you. ^hello

> end
"""

GERMAN = {
    "talk.promise": ["Wir fragen nie nach einem Namen. Bei Gefahr rufen wir Hilfe."],
    "talk.ask": ["Ist das für Sie in Ordnung?"],
    "talk.ask|informal": ["Ist das für dich in Ordnung?"],
    "talk.yes": ["Ja, ich verstehe"],
    "talk.yes.also": ["ok, gut"],
    "talk.no": ["Nein"],
    "talk.no.also": ["nicht jetzt"],
    "talk.days": [
        "Wir behalten die Antworten einen Tag.",
        "Wir behalten die Antworten {days_answers} Tage.",
    ],
    "talk.by": ["Ein Mensch kann bis {answer_by} antworten, Zeit: {zone}."],
    "always.emergency": ["Notfall"],
    "always.emergency.also": ["Hilfe, sos"],
    "notes.hello": ["Hallo, eine kurze Nachricht."],
}


def script(talk: str = TALK, **more: str) -> Script:
    """Sheets read by the real reader and joined; no more checks than that."""
    texts = {"talk": talk, "always": ALWAYS, "notes": NOTES, **more}
    sheets = []
    for name, text in texts.items():
        sheet, problems = read(name, text)
        assert not problems, problems
        sheets.append(sheet)
    scenes = {scene.id: scene for sheet in sheets for scene in sheet.scenes}
    row = next(step for step in scenes["always.always"].steps if isinstance(step, Choose))
    return Script(
        scenes=scenes,
        messages={name: message for sheet in sheets for name, message in sheet.messages.items()},
        start=next(sheet.start for sheet in sheets if sheet.start),
        always=row.buttons,
        hash="small",
        sheets=tuple(sheets),
    )


def translated(of: Script, lang: str, words: Mapping[str, list[str]]) -> polib.POFile:
    """A language's file with these words in it."""
    po = blank(lang)
    for _ in range(2):  # the second round brings the variants that the words of the first one call for
        po = sync(po, template(of))
        for each in po:
            put(each, words.get(each.msgctxt, []))
    return po


def put(entry: polib.POEntry, texts: list[str]) -> None:
    if texts and entry.msgid_plural:
        entry.msgstr_plural = dict(enumerate(texts))
    elif texts:
        entry.msgstr = texts[0]


def find(po: polib.POFile, name: str) -> polib.POEntry:
    return next(each for each in po if each.msgctxt == name and not each.obsolete)


def said(po: polib.POFile) -> dict[str, tuple[list[str], bool]]:
    """id -> what is written there and whether it is marked fuzzy, live texts only."""
    return {each.msgctxt: (forms(each), bool(each.fuzzy)) for each in po if not each.obsolete}


def is_fresh(entry: polib.POEntry) -> bool:
    return FRESH in entry.flags


def gettext_says(file: Path) -> str:
    """The second opinion: what GNU msgfmt has against a file; "" for nothing."""
    program = shutil.which("msgfmt")
    if program is None:
        if os.environ.get("BESIDE_REQUIRE_ALL") == "1":
            pytest.fail("gettext is not installed")
        pytest.skip("gettext is not installed")
    ran = subprocess.run(
        [program, "--check", "--output-file", os.devnull, str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    untouched = (
        "still has the initial default value"  # nobody has translated anything yet; gettext's own words
    )
    said = [line for line in ran.stderr.splitlines() if untouched not in line]
    return "\n".join(said) or ("" if ran.returncode == 0 else "refused")
