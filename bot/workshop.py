"""The workshop: what authors, translators and operators do from the command line.

Nothing here talks to a family. Commands print plain sentences and return an exit code.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot import foundations
from bot.editions import SHEETS, read_sheets
from bot.settings import Settings, Trouble, read
from bot.stage import all_words, voice
from dialogs import play as player
from dialogs.check import check
from dialogs.read import stamp
from dialogs.script import Problem, Script
from handoff import cases as handoff_cases
from handoff import operator as operators
from locales import files, ready, update
from locales.languages import SOURCE, UnknownLanguage, known, own_name
from locales.render import MissingWords
from storage import conversations, keeping
from storage.vault import Vault
from storage.work import Database, Newer, Older, check_revision, open_database
from web.door import plain_code

Found = tuple[Settings, Vault, Database]


@dataclass(frozen=True)
class Finding:
    """One thing an author or a translator should mend."""

    code: str
    file: str
    line: int
    text: str
    hint: str


def _script() -> tuple[Script | None, list[Problem]]:
    return check(read_sheets())


def problems() -> list[Finding]:
    """Everything that keeps the sheets, or a language somebody began, from the demo."""
    script, wrong = _script()
    found = [Finding(p.code, f"dialogs/scripts/{p.sheet}.md", p.line, p.text, p.hint) for p in wrong]
    if script is None:
        return found
    for lang in (SOURCE, *files.languages_here()):
        found += [
            Finding(each.code, f"locales/{lang}", 0, f"{each.message}: {each.text}", each.hint)
            for each in ready.fit(script, lang, "demo").stops
        ]
    return found


def stamp_sheets() -> None:
    """Give every line without an id its id."""
    for path in sorted(SHEETS.glob("*.md")):
        old = path.read_text(encoding="utf-8")
        if (new := stamp(old)) != old:
            path.write_text(new, encoding="utf-8")


def play(sheet: str, lang: str, given: str | None) -> int:
    """Play the family's lines; 1 when a line cannot be taken."""
    texts = read_sheets()
    path = Path(sheet)
    if path.suffix == ".md" and path.exists():
        texts[path.stem] = path.read_text(encoding="utf-8")
    elif sheet not in texts:
        print(f"There is no sheet {sheet}. There are: {', '.join(texts)}.", file=sys.stderr)
        return 1
    script, wrong = check(texts)
    if script is None:
        for problem in wrong:
            print(f"{problem.sheet}.md:{problem.line}: {problem.code} {problem.text}", file=sys.stderr)
        return 1
    try:
        speak = voice(all_words(script))
        known, said = speak(lang)
        lines = _lines(given if given is not None else sys.stdin.read())
        start = next((s.start for s in script.sheets if s.name == path.stem and s.start), "")
        played = player.play(script, known, said, lines, voice=speak, start=start)
    except (player.CannotTake, MissingWords, files.BadFile) as error:
        print(str(error), file=sys.stderr)
        return 1
    except KeyError:
        print(f"There are no words in {lang}.", file=sys.stderr)
        return 1
    print("\n".join(played.lines))
    return 0


def _lines(text: str) -> list[str]:
    """A whole transcript as it is; else each line that is no author's is a family's bare words."""
    lines = text.splitlines()
    if any(line.startswith("bot  ") for line in lines):
        return lines
    return [line if player.of_author([line]) else f"family  writes {line}" for line in lines]


def words_status() -> int:
    script, wrong = _script()
    if script is None:
        print(f"The sheets have {len(wrong)} problems; see `beside check`.", file=sys.stderr)
        return 1
    print(f"{'language':24}{'texts':>7}{'translated':>12}{'fuzzy':>7}{'missing':>9}{'reviewed':>10}  fit for")
    for row in ready.status(script):
        fit = "live" if row.live else "demo (draft)" if row.demo else "nothing yet"
        name = f"{row.own_name} ({row.lang})"
        reviewed = f"{row.reviewed}/{row.fresh}"
        print(
            f"{name:24}{row.texts:>7}{row.translated:>12}{row.fuzzy:>7}{row.missing:>9}{reviewed:>10}  {fit}"
        )
        for finding in row.first[:3]:
            print(f"    {finding.code} {finding.message} {finding.text} {finding.hint}")
    return 0


def words_sync() -> int:
    script, wrong = _script()
    if script is None:
        print(f"The sheets have {len(wrong)} problems; see `beside check`.", file=sys.stderr)
        return 1
    try:
        changes = update.sync_all(script)
    except files.BadFile as error:
        print(str(error), file=sys.stderr)
        return 1
    for each in changes:
        state = "written" if each.written else "unchanged"
        print(
            f"{each.lang} {each.file}: {each.new} new, {each.rewritten} to look at again, {each.gone} put away, {state}"
        )
    return 0


def words_approve(lang: str, by: str, on: date) -> int:
    script, wrong = _script()
    if script is None:
        print(f"The sheets have {len(wrong)} problems; see `beside check`.", file=sys.stderr)
        return 1
    try:
        count = len(ready.approve(script, lang, by, on))
    except UnknownLanguage:
        print(f"{lang} is not in the table of languages. There are: {', '.join(known())}.", file=sys.stderr)
        return 1
    except ValueError as error:
        print(str(error), file=sys.stderr)
        return 1
    print(
        f"{count} safety, limits and consent texts in {own_name(lang)} are now approved by {by}, as they stand."
    )
    return 0


async def list_cases(found: Found) -> int:
    _, _, db = found
    async with db.reading() as conn:
        rows = await handoff_cases.list_open(conn)
    if not rows:
        print("No open cases.")
    for row in rows:
        late = "  LATE" if row.answer_by < datetime.now(UTC) else ""
        by = row.answer_by.strftime("%Y-%m-%d %H:%M UTC")
        print(f"#{row.id}  {row.level}  {row.queue:13} answer by {by}{late}  rules {' '.join(row.rules)}")
        for reason in row.because:
            print(f"      {reason}")
    return 0


async def forget(found: Found, code: str) -> int:
    _, vault, db = found
    mark = conversations.code_mark(vault, plain_code(code))
    async with db.reading() as conn:
        known = await conversations.by_code(conn, mark)
    if known is None:
        print("There is no talk with this code.", file=sys.stderr)
        return 1
    async with db.work() as w:
        await keeping.forget(w, vault, known[0], datetime.now(UTC))
    await keeping.shred(db, vault)
    print("Forgotten: nothing of this talk can be read any more, here or in a backup.")
    print("What stands in their own chat is still there; they can clear it themselves.")
    return 0


async def doctor() -> int:
    """Say what keeps this service from real families; nothing is made, migrated or sent."""
    try:
        settings = read(demo=False)
    except Trouble as trouble:
        return _say(trouble.reasons)
    reasons = _keys(settings) + await _database(settings)
    today = datetime.now(UTC).date()
    offered: tuple[str, ...] = ()
    try:
        operator = foundations.read_operator(settings, today)
        offered = operator.languages
        reasons += operators.live_problems(operator, today)
    except Trouble as trouble:
        reasons += trouble.reasons
    return _say(reasons + _texts(offered))


def _keys(settings: Settings) -> list[str]:
    if not settings.keys.exists() and not any(settings.data_dir.glob("*.db")):
        print("Keys and data are not there yet; the first start makes them.")
        return []
    try:
        foundations.open_vault(settings).close()
    except Trouble as trouble:
        return trouble.reasons
    return []


async def _database(settings: Settings) -> list[str]:
    if settings.database_file is not None and not settings.database_file.exists():
        return []
    db = await open_database(settings.database)
    try:
        await check_revision(db)
    except (Newer, Older) as error:
        return [str(error)]
    except (SQLAlchemyError, OSError) as error:
        return [
            f"The database does not answer ({type(error).__name__}). Check BESIDE_DATABASE_URL and its rights."
        ]
    finally:
        await db.close()
    return []


def _texts(offered: Sequence[str]) -> list[str]:
    """What keeps the sheets, or one of the operator's languages, from real families."""
    script, wrong = _script()
    reasons = [f"{p.sheet}.md:{p.line} {p.code} {p.text}" for p in wrong]
    if script is None:
        return reasons
    for lang in offered:
        stops = ready.fit(script, lang, "live").stops
        if stops:
            first = stops[0]
            reasons.append(
                f"{own_name(lang)} ({lang}) is not fit for families: {len(stops)} findings;"
                f" the first: {first.code} {first.message} {first.text} {first.hint}"
            )
    return reasons


def _say(reasons: Sequence[str]) -> int:
    for reason in reasons:
        print(f"  - {reason}")
    if not reasons:
        print("All is well: settings, operator, keys, database, sheets and words.")
    return 1 if reasons else 0
