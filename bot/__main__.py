"""The command line: `beside ...`, `python -m bot ...`."""

import asyncio
import contextlib
import http.client
import json
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from bot.settings import Settings, Trouble, alone, read

if TYPE_CHECKING:
    from bot.workshop import Found

ALIVE_WITHIN = 4  # seconds
app = App(
    name="beside",
    help="Beside stands beside families who fear that someone they love is being drawn into violent extremism.",
    version_flags=[],
)
words_app = App(name="words", help="What families read, in every language.")
app.command(words_app)


def _refuse(trouble: Trouble, what: str = "Beside does not start:") -> int:
    print(what, file=sys.stderr)
    for reason in trouble.reasons:
        print(f"  - {reason}", file=sys.stderr)
    return 1


async def _until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run until it ends or somebody asks us to stop."""
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _port_free(settings: Settings) -> None:
    """Raises Trouble at once, and not after the house was built, when somebody else listens there."""
    kind = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind((settings.host, settings.port))
        except OSError as error:
            place = f"{settings.host}, port {settings.port}"
            raise Trouble([f"Cannot listen at {place}: {error.strerror}. Choose another port."]) from None


async def _serve(settings: Settings, hello: Callable[[Any, int], None]) -> int:
    from bot.house import build
    from bot.logs import set_up

    async def whole() -> None:
        async with build(settings) as house:
            await house.serve(lambda port: hello(house, port))

    set_up()
    _port_free(settings)
    await _until_stopped(whole())
    return 0


@app.command
async def demo(*, port: int = 8080, data: Path | None = None) -> int:
    """Run Beside here and now, with an example operator. Also on Telegram when BESIDE_TELEGRAM_TOKEN is set.

    Parameters
    ----------
    port
        Where the web chat listens; 0 takes a free one.
    data
        Where the demo keeps its database and, beside it, its keys; without it: demo.
    """

    def hello(house: Any, bound: int) -> None:
        from locales.languages import own_name

        drafts = ", ".join(own_name(code) for code in sorted(house.shelf.newest.drafts))
        print(
            f"\nBeside runs, with an EXAMPLE operator: nobody answers here. Drafts nobody has reviewed: {drafts}."
        )
        print(f"  Web chat        http://127.0.0.1:{bound}/")
        print(f"  Emergency card  http://127.0.0.1:{bound}/emergency  (works without the database)")
        telegram = (
            "listening" if "telegram" in house.channels else "set BESIDE_TELEGRAM_TOKEN to try it there"
        )
        print(f"  Telegram        {telegram}")
        print("Try: write 'hello', choose a language, ask for a person, write 'xx', press Shift three times.")
        print(f"Open cases: ./dev beside cases --data {house.settings.data_dir}     Stop: Ctrl+C", flush=True)

    from handoff.operator import EXAMPLE

    try:
        return await _serve(alone(data, port=port, operator=EXAMPLE), hello)
    except Trouble as trouble:
        return _refuse(trouble)


@app.command
async def run() -> int:
    """Run the service. Settings come from the environment and .env (BESIDE_...)."""
    from bot.logs import log

    try:
        return await _serve(read(demo=False), lambda _, bound: log("started", port=bound))
    except Trouble as trouble:
        return _refuse(trouble)


@app.command
def check(*, json_: Annotated[bool, Parameter(name="--json")] = False, stamp: bool = False) -> int:
    """Check every sheet and every language; exit 1 with code, file, line and hint.

    Parameters
    ----------
    json_
        Print the problems as JSON.
    stamp
        First give every line without an id its id.
    """
    from bot import workshop

    if stamp:
        workshop.stamp_sheets()
    problems = workshop.problems()
    if json_:
        print(json.dumps([problem.__dict__ for problem in problems], ensure_ascii=False, indent=1))
    else:
        for problem in problems:
            print(f"{problem.file}:{problem.line}: {problem.code} {problem.text}\n    {problem.hint}")
        print(f"{len(problems)} problems" if problems else "Sheets and words are fit.")
    return 1 if problems else 0


@app.command
def play(
    sheet: str, *, lang: str = "en", from_: Annotated[Path | None, Parameter(name="--from")] = None
) -> int:
    """Play a talk: family lines from a file or standard input, one a line; prints the transcript.

    Parameters
    ----------
    sheet
        Name of a sheet (first-contact) or path of a .md file.
    lang
        Language of the words.
    from_
        File with the family's lines; `family taps X`, `family writes X`, or just the words.
    """
    from bot import workshop

    try:
        given = from_.read_text(encoding="utf-8") if from_ else None
    except (OSError, UnicodeDecodeError):
        print(f"{from_} cannot be read as text.", file=sys.stderr)
        return 1
    return workshop.play(sheet, lang, given)


@words_app.command
def status() -> int:
    """Which language is how far, and fit for what."""
    from bot import workshop

    return workshop.words_status()


@words_app.command
def sync() -> int:
    """Bring every language's words files up to the sheets and pages; nothing a translator wrote is lost."""
    from bot import workshop

    return workshop.words_sync()


@words_app.command
def approve(lang: str, *, by: str) -> int:
    """Record that a named person has read every safety, limits and consent text of a language, as it stands now.

    Parameters
    ----------
    lang
        The language that was read: en, de, ar ...
    by
        Who read it: a name that stands in the language's review file.
    """
    from bot import workshop

    return workshop.words_approve(lang, by, datetime.now(UTC).date())


async def _desk(data: Path | None, work: "Callable[[Found], Awaitable[int]]") -> int:
    """Open the database and keys that are there, without starting anything."""
    from bot.foundations import belong_together, open_data, open_vault

    try:
        settings = alone(data) if data else read(demo=True)
        file = settings.database_file
        if file is not None and not file.exists():
            raise Trouble([f"There is no database in {file.parent}. Is this the right data directory?"])
        vault = open_vault(settings)
        db = await open_data(settings)
    except Trouble as trouble:
        return _refuse(trouble, "This cannot be done:")
    try:
        await belong_together(db, vault)
        return await work((settings, vault, db))
    except Trouble as trouble:
        return _refuse(trouble, "This cannot be done:")
    finally:
        await db.close()
        vault.close()


@app.command
async def cases(*, data: Path | None = None) -> int:
    """List the open cases: level, promise, reason. No words of a family are shown.

    Parameters
    ----------
    data
        The demo's data directory; without it, the service of the settings.
    """
    from bot import workshop

    return await _desk(data, workshop.list_cases)


@app.command
async def forget(code: str, *, data: Path | None = None) -> int:
    """Forget the family with this code: everything that is kept about them becomes unreadable.

    Parameters
    ----------
    code
        The code they were given: twelve digits, with or without spaces, in any script.
    data
        The demo's data directory; without it, the service of the settings.
    """
    from bot import workshop

    return await _desk(data, lambda found: workshop.forget(found, code))


@app.command
async def migrate() -> int:
    """Bring the database to this version."""
    from bot.foundations import open_data

    try:
        db = await open_data(read(demo=True))
    except Trouble as trouble:
        return _refuse(trouble, "This cannot be done:")
    await db.close()
    print("The database is up to date.")
    return 0


@app.command
async def doctor(*, alive: bool = False) -> int:
    """Look at settings, keys, database, operator and languages, and say what is not right. Changes nothing.

    Parameters
    ----------
    alive
        Only ask the running service whether it answers (for a container's health check).
    """
    if alive:  # every 30 seconds, on the smallest machine: nothing heavy is imported
        return _alive()
    from bot import workshop

    return await workshop.doctor()


def _alive() -> int:
    try:
        settings = read(demo=True)
    except Trouble as trouble:
        return _refuse(trouble, "Not alive:")
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::", ""} else settings.host  # noqa: S104  everywhere
    line = http.client.HTTPConnection(host, settings.port, timeout=ALIVE_WITHIN)
    try:
        line.request("GET", "/readyz")
        if line.getresponse().status == http.HTTPStatus.OK:
            return 0
    except (OSError, http.client.HTTPException):
        pass
    finally:
        line.close()
    print("The service does not answer.", file=sys.stderr)
    return 1


def main() -> None:
    raise SystemExit(app())


if __name__ == "__main__":
    main()
