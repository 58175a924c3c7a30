"""Page texts: the words around a talk in a browser, by id, in the page's language.

Rule 1: every text on a page has an id, `{{ pgettext("chat.send", "Send") }}`; one without is a mistake.
Rule 2: families' pages never fall back to English; a language with a gap in them is not offered (`complete`).
Rule 3: jinja2 takes a translated text as markup, so one that could leave its tag or attribute (`<`, `"`) is
        not usable: it counts as missing here and as a fault in `locales.ready`.
"""

import re
from collections.abc import Iterator, Mapping
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import polib
from babel.messages.extract import extract

from locales.catalogs import blank, forms
from locales.files import HOME, INTERFACE, load
from locales.languages import SOURCE, language
from locales.render import MissingWords, plural_rule

WEB = Path(__file__).parent.parent / "web"
# Pages of staff may show English where a translation is missing (the first part of a text's id).
STAFF = frozenset({"desk", "studio", "operator", "signin"})

_ID = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)+")
_HOLE = re.compile(r"%\((\w+)\)s")
_MARKUP = re.compile('[<"]')
_READERS = (("*.html", "jinja2.ext:babel_extract"), ("*.py", "python"))
_KEYWORDS: dict[str, Any] = {
    "gettext": None,
    "_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


class BadPage(ValueError):
    """A page text without an id, or one id for two texts. Carries file and line."""


def interface_template(web: Path = WEB) -> polib.POFile:
    """Every text of the pages as an empty PO entry, page by page. Raises BadPage."""
    po = blank(SOURCE)
    po.metadata["Language"] = ""
    seen: dict[str, polib.POEntry] = {}
    for place, line, texts, notes in _calls(web):
        where = (place, str(line))
        name, one, many = (*texts, "")[:3]
        if broken(one + many):
            raise BadPage(f"{place}:{line}: {name} may hold %(names)s, no other percent sign")
        known = seen.get(name)
        if known is None:
            seen[name] = polib.POEntry(
                msgctxt=name,
                msgid=one,
                msgid_plural=many,
                msgstr_plural={0: "", 1: ""} if many else {},
                comment="\n".join(notes),
                occurrences=[where],
                flags=["python-format"] if holes(one + many) else [],
            )
            po.append(seen[name])
        elif (known.msgid, known.msgid_plural) == (one, many):
            known.occurrences.append(where)
        else:
            raise BadPage(f"{place}:{line}: {name} has another text elsewhere")
    return po


def _calls(web: Path) -> Iterator[tuple[str, int, tuple[str, ...], list[str]]]:
    files = [(each, method) for pattern, method in _READERS for each in sorted(web.rglob(pattern))]
    for file, method in files:
        place = f"web/{file.relative_to(web).as_posix()}"
        if "vendor" in file.relative_to(web).parts:
            continue
        with file.open("rb") as opened:
            found = list(
                extract(method, opened, _KEYWORDS, ("NOTE:",), {"encoding": "utf-8", "silent": "false"}, True)
            )
        for line, said, notes, context in found:
            texts = (said,) if isinstance(said, str) else tuple(said)
            if not context or not _ID.fullmatch(context):
                raise BadPage(f"{place}:{line}: a page text needs an id, like chat.send")
            yield place, line, (context, *texts), notes


def holes(text: str) -> list[str]:
    """Names of the holes `%(name)s`, in order."""
    return _HOLE.findall(text)


def for_families(name: str) -> bool:
    """Does a family read this text? Everything that is not a page of staff."""
    return name.partition(".")[0] not in STAFF


def broken(text: str) -> bool:
    """Is there a percent sign that is not a hole?"""
    return "%" in _HOLE.sub("", text)


def usable(entry: polib.POEntry) -> bool:
    """May this translation stand on a page? Complete, with the source's holes, and without markup."""
    texts = forms(entry)
    source = [entry.msgid, entry.msgid_plural or entry.msgid]
    named = {name for text in source for name in holes(text)}
    return bool(texts) and all(
        text and not _MARKUP.search(text) and not broken(text) and set(holes(text)) <= named for text in texts
    )


class Interface(NullTranslations):
    """The page texts of one language, in the shape of Python's gettext, for jinja2's i18n extension."""

    def __init__(self, lang: str, po: polib.POFile) -> None:
        super().__init__()
        self.lang = lang
        self.direction = language(lang).direction
        live = [each for each in po if not each.obsolete]
        good = [each for each in live if usable(each)]
        self.texts: Mapping[tuple[str, str], list[str]] = {(e.msgctxt, e.msgid): forms(e) for e in good}
        missing = {each.msgctxt for each in live} - {each.msgctxt for each in good}
        self.complete = lang == SOURCE or (bool(live) and not any(map(for_families, missing)))
        _, self._form = plural_rule(language(lang).plural)

    @classmethod
    def load(cls, lang: str, home: Path = HOME) -> "Interface":
        """Read once, at start. Raises BadFile."""
        return cls(lang, load(lang, INTERFACE, home))

    def pgettext(self, context: str, message: str) -> str:
        """The text of an id; `message` is its English. Raises MissingWords on a family's page."""
        found = self.texts.get((context, message))
        return found[0] if found else self._fall_back(context, message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        """A counted text; jinja2 fills the hole `%(num)s`."""
        found = self.texts.get((context, msgid1))
        return found[self._form(n)] if found else self._fall_back(context, msgid1 if n == 1 else msgid2)

    def gettext(self, message: str) -> str:
        """jinja2 asks for it; a page text without an id does not exist. Always raises MissingWords."""
        raise MissingWords(self.lang, "a page text without an id")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise MissingWords(self.lang, "a page text without an id")

    def _fall_back(self, name: str, text: str) -> str:
        if self.lang != SOURCE and for_families(name):
            raise MissingWords(self.lang, name)
        return text
