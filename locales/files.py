"""Where the words of each language lie: `locales/<lang>/LC_MESSAGES/{dialogs,interface}.po`.

Rule 1: one text, one line. Nothing is wrapped and nothing is dated: a diff shows what a person changed.
Rule 2: a file is replaced whole or not at all, and never written when nothing changed.
"""

import os
import re
from pathlib import Path

import polib

from locales.catalogs import blank
from locales.languages import SOURCE, known

HOME = Path(__file__).parent
# polib cuts the last letter off a text whose closing quote is missing, and says nothing.
_LINE = re.compile(
    r'\s*(#(?!~).*|(#~)?\s*(msg(ctxt|id|id_plural|str(\[\d+\])?)\s*)?"([^"\\]|\\.)*"\s*|#~.?\s*|\s*)'
)
DIALOGS, INTERFACE = "dialogs", "interface"


class BadFile(ValueError):
    """A PO file nobody can read. Carries the path inside the house and the line, never a text."""


def path(lang: str, file: str = DIALOGS, home: Path = HOME) -> Path:
    return home / lang / "LC_MESSAGES" / f"{file}.po"


def languages_here(home: Path = HOME) -> list[str]:
    """Languages somebody began to translate, in the order of the table."""
    return [code for code in known() if code != SOURCE and path(code, home=home).exists()]


def load(lang: str, file: str = DIALOGS, home: Path = HOME) -> polib.POFile:
    """One file of one language; a language nobody began is a blank file. Raises BadFile."""
    place = path(lang, file, home)
    if not place.exists():
        return blank(lang)
    name = f"{lang}/LC_MESSAGES/{file}.po"
    try:
        text = place.read_text(encoding="utf-8")
        for number, line in enumerate(text.split("\n"), 1):
            if not _LINE.fullmatch(line):
                raise BadFile(f"{name} cannot be read, line {number}")
        po = polib.pofile(str(place), wrapwidth=0, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        where = str(error).rpartition("(line ")[2].partition(")")[0]
        raise BadFile(f"{name} cannot be read" + (f", line {where}" if where.isdigit() else "")) from error
    if po.metadata.get("Language") != lang:
        raise BadFile(f"{name} says it is another language")
    return po


def save(po: polib.POFile, lang: str, file: str = DIALOGS, home: Path = HOME) -> bool:
    """Write a file if it changed; True when it did."""
    place = path(lang, file, home)
    text = str(po)
    if place.exists() and place.read_text(encoding="utf-8") == text:
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_suffix(".po.new")
    with beside.open("w", encoding="utf-8", newline="\n") as file_:
        file_.write(text)
        file_.flush()
        os.fsync(file_.fileno())
    beside.replace(place)
    return True
