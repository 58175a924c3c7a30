"""Sheets to PO entries, and what a translator wrote carried over when a sheet changes.

Rule 1: an entry is known by its context, the message id. Nothing is ever matched by likeness: two texts that
        look alike may promise different things.
Rule 2: nothing a translator wrote is lost. A rewritten source keeps the old translation, marked fuzzy, with
        the source it was made from (`#|`); a vanished text is put away; what has no place becomes a comment.
Rule 3: order is story order, so that a translator reads the talk as a family does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import polib

from dialogs.read import read
from dialogs.script import FACTS, Message, Script
from locales.languages import SOURCE, Axis, Language, language
from locales.render import PLURAL, BadText, holes, plural_rule

SHEETS = "dialogs/scripts"
BUTTON, SAY, SUMMARY = 40, 330, 60  # letters: sheets allow less, translations grow by a third and more
DISCREET = 80  # a note on a lock screen; 60 in English (practice 4.4)
FRESH = "priority:200"
EARLIER = "Earlier translation: "

Parts = tuple[str, str]  # msgid, msgid_plural
_OURS = re.compile(r"fuzzy|.*-format|max-length:\d+|priority:\d+")
_PROBE = range(201)  # numbers for which two plural rules are compared


def template(script: Script) -> polib.POFile:
    """Every text of the script as an empty PO entry, in story order: the first sheet first."""
    po = blank(SOURCE)
    po.metadata["Language"] = ""
    for message in story(script):
        po.append(entry(message))
    return po


def story(script: Script) -> list[Message]:
    """Messages in the order a family meets them: the sheet the talk starts in first, then by line."""
    first = script.start.split(".")[0]
    names = [sheet.name for sheet in script.sheets] or [name.split(".")[0] for name in script.messages]
    rank = {name: place for place, name in enumerate(dict.fromkeys([first, *names]))}
    return sorted(script.messages.values(), key=lambda m: (rank[m.id.split(".")[0]], m.line))


def entry(message: Message) -> polib.POEntry:
    sheet = message.id.split(".")[0]
    named = _holes(message)
    flags = ["python-brace-format"] if named else []
    if limit := most_letters(message):
        flags.append(f"max-length:{limit}")
    if message.fresh:
        flags.append(FRESH)
    return polib.POEntry(
        msgctxt=message.id,
        msgid=message.one or message.text,
        msgid_plural=message.text if message.one else "",
        msgstr_plural={0: "", 1: ""} if message.one else {},
        comment="\n".join(_notes(message, named)),
        occurrences=[(f"{SHEETS}/{sheet}.md", str(message.line))],
        flags=flags,
    )


def most_letters(message: Message) -> int:
    """How long a translation may be; 0 for lists of other words, which nobody reads on a screen."""
    if message.discreet and message.kind == "say":
        return DISCREET
    return {"button": BUTTON, "say": SAY, "summary": SUMMARY}.get(message.kind, 0)


def _holes(message: Message) -> list[str]:
    try:
        return list(dict.fromkeys(holes(message.one) + holes(message.text)))
    except BadText:  # the sheet's own checker tells the author; a template is still wanted meanwhile
        return []


def _notes(message: Message, named: Sequence[str]) -> Iterator[str]:
    yield from (line for note in message.notes for line in note.split("\n"))
    if message.fresh:
        yield "A safety, limits or consent text: exact, and a named person approves every change."
    if message.kind == "button":
        yield f"Button, at most {BUTTON} letters."
    elif message.kind == "also":
        yield "Other ways to type this answer, joined by commas. What would families really write?"
    elif message.kind == "summary":
        yield "Title over this answer in the summary."
    if message.discreet and message.kind == "say":
        yield f"May show on a locked phone: at most {DISCREET} letters, no word that tells the topic."
    if message.one:
        yield "Counted: one form for each way your language counts."
    yield from (f"{{{name}}} is, for example: {FACTS[name]}" for name in named if name in FACTS)


def blank(code: str) -> polib.POFile:
    """An empty file of one language, with the header gettext and Weblate expect."""
    lang = language(code)
    po = polib.POFile(wrapwidth=0)
    po.metadata = _header(lang, {})
    return po


def _header(lang: Language, old: Mapping[str, str]) -> dict[str, str]:
    """One order for every file; lines others added follow by name. No time of writing: diffs stay small."""
    head = {
        "Project-Id-Version": "Beside",
        "Report-Msgid-Bugs-To": "",
        "PO-Revision-Date": "YEAR-MO-DA HO:MI+ZONE",  # gettext's word for: nobody yet
        "Last-Translator": "",
        "Language-Team": lang.english_name,
        "Language": lang.code,
    }
    head = {name: old.get(name, value) for name, value in head.items()}
    head |= {
        "Language": lang.code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": lang.plural,
    }
    dropped = {"POT-Creation-Date"}
    return head | {name: old[name] for name in sorted(old) if name not in head and name not in dropped}


def sync(
    po: polib.POFile,
    template: polib.POFile,
    previous: Mapping[str, Sequence[str]] | None = None,
    *,
    variants: bool = True,
) -> polib.POFile:
    """A language's file brought to the sheets of today. Doing it twice changes nothing more.

    `previous` are the words of the running edition: they fill texts another tool emptied, marked fuzzy.
    `variants` off is for page texts, which address nobody in two ways.
    Raises UnknownLanguage when the header names no language of ours.
    """
    lang = language(po.metadata.get("Language", ""))
    old: dict[str, list[polib.POEntry]] = {}
    for each in po:
        old.setdefault(each.msgctxt or "", []).append(each)
    recount = _counts_differently(po.metadata.get("Plural-Forms", ""), lang)

    new = polib.POFile(wrapwidth=0)
    new.header, new.metadata = po.header, _header(lang, po.metadata)
    left: list[polib.POEntry] = []

    def carry(source: polib.POEntry) -> polib.POEntry:
        kept = sorted(old.pop(source.msgctxt, []), key=lambda e: (not forms(e), bool(e.obsolete)))
        fresh, spare = _carried(source, kept[0] if kept else None, lang.forms, recount)
        if not forms(fresh) and previous and source.msgctxt in previous:
            _write(fresh, _fit(list(previous[source.msgctxt]), _wanted(source, lang.forms)))
            fresh.flags.insert(0, "fuzzy")
        left.extend(spare + kept[1:])
        new.append(fresh)
        return fresh

    for source in template:
        base = carry(_empty(source))
        for name, axis in variant_names(source.msgctxt, lang) if variants else ():
            wrote = any(forms(each) or each.tcomment for each in old.get(name, ()))
            if wrote or needs_variant(axis, forms(base)):
                carry(_empty(source, name, axis.note))
    for each in left + [each for group in old.values() for each in group]:
        _keep(new, each)
    return new


def variant_names(message: str, lang: Language) -> Iterator[tuple[str, Axis]]:
    """The variants a text may have in a language, single ones first: `a.b|informal`, `a.b|informal|f`."""
    for axis in lang.axes():
        yield from ((f"{message}|{value}", axis) for value in axis.values)
    if lang.register and lang.gender:
        for value in lang.register.values:
            yield from ((f"{message}|{value}|{other}", lang.gender) for other in lang.gender.values)


def needs_variant(axis: Axis, texts: Sequence[str]) -> bool:
    """Does a base text speak to the reader in a way that calls for the variant?"""
    return any(axis.needed.search(text) for text in texts)


def forms(entry: polib.POEntry) -> list[str]:
    """What the translator wrote, form by form; nothing at all gives an empty list."""
    plural = entry.msgstr_plural
    texts = [plural[index] for index in sorted(plural)] if plural else [entry.msgstr]
    return texts if any(texts) else []


def _empty(source: polib.POEntry, name: str = "", note: str = "") -> polib.POEntry:
    comment = f"{note}\n{source.comment}".strip() if name else source.comment
    return polib.POEntry(
        msgctxt=name or source.msgctxt,
        msgid=source.msgid,
        msgid_plural=source.msgid_plural,
        comment=comment,
        occurrences=list(source.occurrences),
        flags=list(source.flags),
    )


def _wanted(source: polib.POEntry, count: int) -> int:
    return count if source.msgid_plural else 1


def _fit(texts: list[str], count: int) -> list[str]:
    return (texts + [texts[-1]] * count)[:count] if count > 1 else texts[-1:]


def _write(entry: polib.POEntry, texts: Sequence[str]) -> None:
    if entry.msgid_plural:
        entry.msgstr_plural = dict(enumerate(texts))
    else:
        entry.msgstr = texts[0] if texts else ""


def _carried(
    source: polib.POEntry, old: polib.POEntry | None, count: int, recount: bool
) -> tuple[polib.POEntry, list[polib.POEntry]]:
    """Today's entry with the old translation in it, and the old entry itself when not all of it fits."""
    wanted = _wanted(source, count)
    texts = forms(old) if old else []
    _write(source, _fit(texts, wanted) if texts else [""] * wanted)
    if old is None:
        return source, []
    source.tcomment = old.tcomment
    source.flags += [flag for flag in old.flags if not _OURS.fullmatch(flag)]
    if not texts:
        return source, []
    made_from = _made_from(old)
    now = (source.msgid, source.msgid_plural)
    recounted = bool(source.msgid_plural) and recount
    if old.fuzzy or made_from != now or len(texts) != wanted or recounted:
        source.flags.insert(0, "fuzzy")
        if made_from != now:
            source.previous_msgid = made_from[0]
            source.previous_msgid_plural = made_from[1] or None
    return source, [old] if len(texts) > wanted else []


def _made_from(entry: polib.POEntry) -> Parts:
    """The source the translation was made from: while an entry is fuzzy, the one after `#|`."""
    if entry.fuzzy and entry.previous_msgid:
        return entry.previous_msgid, entry.previous_msgid_plural or ""
    return entry.msgid, entry.msgid_plural


def _counts_differently(header: str, lang: Language) -> bool:
    """Was the file written for another plural rule? Then every counted text must be looked at."""
    try:
        _, theirs = plural_rule(header)
    except BadText:
        return bool(header)
    _, ours = plural_rule(lang.plural)
    return any(theirs(number) != ours(number) for number in _PROBE)


def _keep(po: polib.POFile, old: polib.POEntry) -> None:
    """Put away what has no place now. polib forgets `#~|`: the source it was made from becomes its own."""
    texts = forms(old)
    if not texts and not old.tcomment:
        return
    msgid, plural = _made_from(old)
    taken = next((each for each in po if (each.msgctxt, each.msgid) == (old.msgctxt, msgid)), None)
    if taken is None:
        put_away = polib.POEntry(
            msgctxt=old.msgctxt, msgid=msgid, msgid_plural=plural, tcomment=old.tcomment, obsolete=1
        )
        put_away.flags = [flag for flag in old.flags if flag == "fuzzy" or not _OURS.fullmatch(flag)]
        _write(put_away, texts)
        po.append(put_away)
        return
    # gettext refuses the same text twice, even obsolete: keep the words as the translator's own comment.
    known = taken.tcomment.split("\n")
    lines = [EARLIER + " / ".join(texts).replace("\n", " ")] if texts and texts != forms(taken) else []
    lines += [line for line in old.tcomment.split("\n") if line]
    taken.tcomment = "\n".join(line for line in [*known, *(x for x in lines if x not in known)] if line)


def extract(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: Mapping[str, str]
) -> Iterator[tuple[int, str, tuple[str, ...], list[str]]]:
    """Babel's door (`babel.extractors`): the texts of one sheet, so that `pybabel extract` works on it.

    Raises ValueError for a sheet with problems: half a sheet must not become a template.
    """
    sheet, problems = read(Path(fileobj.name).stem, fileobj.read().decode(options.get("encoding", "utf-8")))
    if problems:
        first = problems[0]
        raise ValueError(f"{first.sheet}, line {first.line}: {first.code} {first.text}")
    for message in sorted(sheet.messages.values(), key=lambda each: each.line):
        notes = list(_notes(message, _holes(message)))
        if message.one:
            yield message.line, "npgettext", (message.id, message.one, message.text), notes
        else:
            yield message.line, "pgettext", (message.id, message.text), notes


def words(po: polib.POFile) -> dict[str, list[str]]:
    """The words of one language, plain and JSON-able: message id (or `id|variant`) -> forms.

    The plural header travels along under "", so that an old edition counts as it did. Left out: what is
    empty, obsolete, or a `must be fresh` text whose translation is fuzzy - that one is never served stale.
    """
    said = {PLURAL: [str(po.metadata["Plural-Forms"])]}
    for each in po:
        texts = forms(each)
        stale = each.fuzzy and FRESH in each.flags
        if texts and all(texts) and not each.obsolete and not stale:
            said[each.msgctxt] = texts
    return said
