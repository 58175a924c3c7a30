"""An edition, opened: the script joined, the words of every language compiled, ready to play.

Rule 1: a talk stays on the edition it began with; texts that must be fresh always come from the newest (promise 8).
Rule 2: files become an edition only when the checker and the language checks let them.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.logs import log
from dialogs.check import check
from dialogs.join import join
from dialogs.read import read
from dialogs.script import Problem, Script
from locales import languages, ready
from locales.interface import interface_template
from locales.render import MissingWords, Words, labels
from locales.update import edition_words
from storage import editions as stored
from storage.editions import Edition

HOUSE = Path(__file__).resolve().parent.parent
SHEETS = HOUSE / "dialogs" / "scripts"
MADE_OF = frozenset({".md", ".po", ".csv", ".txt", ".html", ".py"})


def read_sheets(folder: Path = SHEETS) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


class NotFit(Exception):
    """The files cannot become an edition; carries every reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


def told(problem: Problem) -> str:
    return f"{problem.code} {problem.sheet}.md:{problem.line} {problem.text} - {problem.hint}"


def fingerprint(wanted: tuple[str, ...], purpose: str) -> str:
    """Of every file an edition is made from: the same files need not be checked again at the next start."""
    whole = hashlib.sha256(json.dumps([wanted, purpose]).encode())
    for room in ("dialogs", "locales", "web"):
        for path in sorted(p for p in (HOUSE / room).rglob("*") if p.suffix in MADE_OF):
            whole.update(path.relative_to(HOUSE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def make(now: datetime, wanted: tuple[str, ...], purpose: str, approved_by: str) -> Edition:
    """The edition of the files as they are.

    `purpose` is demo or live; live offers only languages whose safety texts a named person approved.
    Raises NotFit with one sentence a reason.
    """
    sheets = read_sheets()
    script, problems = check(sheets)
    if script is None or problems:
        raise NotFit([told(p) for p in problems])
    words, drafts, reasons = {}, [], []
    pages = interface_template()
    for lang in wanted:
        verdict = ready.fit(script, lang, purpose, pages=pages)
        if not verdict.ok:
            first = verdict.stops[0]
            log("language-left-out", level="warning", code=lang, count=len(verdict.stops))
            reasons.append(
                f"{languages.own_name(lang)} ({lang}) is not fit: {len(verdict.stops)} findings;"
                f" the first: {first.code} {first.message} {first.text} {first.hint}"
            )
            continue
        words[lang] = edition_words(script, lang)
        if verdict.draft:
            drafts.append(lang)
    if not words:
        raise NotFit(["No language is fit to be offered.", *reasons])
    made_from = fingerprint(wanted, purpose)
    content = {"sheets": sheets, "words": words, "drafts": drafts, "made_from": made_from}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return Edition(hashlib.sha256(text.encode()).hexdigest(), content, now, approved_by)


@dataclass(frozen=True)
class Opened:
    hash: str
    script: Script
    words: Mapping[str, Words]
    drafts: frozenset[str]

    @cached_property
    def on_offer(self) -> tuple[tuple[str, str], ...]:
        """Language codes with their own names, as buttons show them."""
        return tuple((lang, languages.own_name(lang)) for lang in self.words)

    @cached_property
    def everywhere(self) -> dict[str, tuple[str, ...]]:
        """The always-there words of every language together, by button id."""
        return {
            button.id: tuple(
                dict.fromkeys(said for words in self.words.values() for said in labels(words, button.id))
            )
            for button in self.script.always
        }

    def labels(self, lang: str, button: str) -> tuple[str, ...]:
        return labels(self.words[lang], button)

    def version(self, lang: str) -> str:
        """Which wording of the texts that must be fresh a person has seen: a short hash of all of them."""
        ids = sorted(m.id for m in self.script.messages.values() if m.fresh)
        said = self.words[lang].plain
        text = json.dumps([[i, said.get(i)] for i in ids], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def open_edition(edition: Edition) -> Opened:
    content: Mapping[str, Any] = edition.content
    script = _joined(tuple(sorted(content["sheets"].items())))
    words = {lang: Words(lang, forms) for lang, forms in content["words"].items()}
    return Opened(edition.hash, script, words, frozenset(content["drafts"]))


@lru_cache(maxsize=8)
def _joined(sheets: tuple[tuple[str, str], ...]) -> Script:
    """The script of sheets that were checked when their edition was made."""
    return join([read(name, text)[0] for name, text in sheets])


class Shelf:
    """The editions in use, opened once."""

    def __init__(self) -> None:
        self._opened: dict[str, Opened] = {}
        self._versions: dict[tuple[str, str], str] = {}
        self.newest: Opened

    def put(self, opened: Opened) -> None:
        self._opened[opened.hash] = opened

    def have(self, hash_: str) -> Opened | None:
        return self._opened.get(hash_)

    async def fetch(self, conn: AsyncConnection, hash_: str) -> Opened:
        """The edition a talk is pinned to; the newest when that one is gone for good."""
        if (found := self._opened.get(hash_)) is not None:
            return found
        edition = await stored.get(conn, hash_)
        opened = open_edition(edition) if edition is not None else self.newest
        self._opened[hash_] = opened
        return opened

    def version(self, lang: str) -> str:
        key = (self.newest.hash, lang)
        if key not in self._versions:
            self._versions[key] = self.newest.version(lang)
        return self._versions[key]

    def words(self, edition: Opened, lang: str, message: str) -> Words:
        """Where this message is to be read from: the newest for a text that must be fresh, else the talk's own.

        Raises MissingWords when neither has it; never falls through to English.
        """
        newest = self.newest
        known = newest.script.messages.get(message)
        if known is not None and known.fresh and lang in newest.words:
            return newest.words[lang]
        for opened in (edition, newest):
            if lang in opened.words and message in opened.script.messages:
                return opened.words[lang]
        raise MissingWords(lang, message)
