"""The house: the only wiring there is. The demo, the service, the command line and the tests call the same `build`.

Rule 1: clocks and randomness come in from outside.
Rule 2: what is not fit is said at once, as a list, and nothing starts (promise 9).
"""

import asyncio
import contextlib
import random
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, cast

import uvicorn
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.routing import Route

from bot import accept
from bot.card import cards
from bot.channels.port import Channel
from bot.channels.webchat import WebChat
from bot.editions import Shelf
from bot.foundations import belong_together, open_data, open_vault, publish, read_operator
from bot.hub import Hub
from bot.known import Around
from bot.logs import log
from bot.post import Post
from bot.settings import Settings, Trouble
from bot.turn import Turns
from handoff import operator as operators
from handoff.hours import Hours
from handoff.operator import Operator
from locales import interface, languages
from scheduler import followups
from scheduler.clock import Clock, Job
from scheduler.dispatch import dispatch
from storage import keeping
from storage.vault import Vault
from storage.work import Database
from web.app import app
from web.house import Language, WebHouse
from web.hub import Hub as Visitors

if TYPE_CHECKING:
    from bot.channels.telegram import Telegram

LEASE = timedelta(seconds=60)
WEBHOOK = "/telegram"
DUE_MOST = 200
SETTLED = timedelta(hours=1)  # a clock that jumped further, or less than this ago, deletes nothing
STOP_WITHIN = 8  # seconds for open requests when the house is told to stop


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Outside:
    """What comes in from outside the house: time and chance. Tests bring their own."""

    clock: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.SystemRandom)
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)


@dataclass
class House:
    settings: Settings
    outside: Outside
    operator: Operator
    db: Database
    vault: Vault
    shelf: Shelf
    hub: Hub
    visitors: Visitors
    channels: Mapping[str, Channel]
    turns: Turns
    post: Post
    door: accept.Door
    clock: Clock = field(init=False)
    web: Starlette = field(init=False)

    async def settle(self) -> None:
        """Answer and send everything that can be answered and sent now. For tests and the command line."""
        while await self.turns.round() or await self.post.round():
            pass

    async def next_due(self) -> datetime | None:
        async with self.db.reading() as conn:
            return await followups.next_due(conn)

    async def dispatch(self, now: datetime) -> None:
        """Follow-ups that came due go through the one door."""
        sent = await dispatch(
            self.db, self.vault, now, DUE_MOST, LEASE, self.post.name, lambda e, why: log(e, code=why)
        )
        if sent:
            self.hub.changed()

    async def sweep(self, now: datetime) -> None:
        operator = self.operator
        terms = keeping.Terms(
            contact=timedelta(days=operator.days_answers), case=timedelta(days=operator.days_chat)
        )
        last = self.clock.last_jump
        jumped = last is not None and now - last[0] < SETTLED and abs(last[1]) > SETTLED
        swept = await keeping.sweep(self.db, self.vault, now, jumped, terms=terms)
        log("swept", count=swept.talks, code=swept.refused or "done")

    async def ready(self) -> bool:
        """Whether the database answers."""
        try:
            async with asyncio.timeout(2), self.db.reading() as conn:
                await conn.execute(text("SELECT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            return False
        return True

    async def serve(self, on_ready: Callable[[int], None] = lambda _: None) -> None:
        """Run until stopped: web, turn, post, clock, and Telegram when it has a token."""
        settings = self.settings
        config = uvicorn.Config(
            self.web,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_WITHIN,
            lifespan="off",
        )
        server = Server(config)
        async with asyncio.TaskGroup() as rooms:
            tasks = [rooms.create_task(self.turns.run()), rooms.create_task(self.post.run())]
            self.clock.start()
            if (telegram := self.channels.get("telegram")) is not None:
                tasks.append(rooms.create_task(self._telegram(telegram)))
            tasks.append(rooms.create_task(server.tell(on_ready)))
            try:
                await server.until_stopped(self.visitors.close)
            finally:
                await self.clock.stop()
                for task in tasks:
                    task.cancel()

    async def _telegram(self, telegram: Channel) -> None:
        """Say hello to Telegram as often as it takes, then receive."""
        from bot.channels.telegram import TROUBLES, Telegram, outer

        assert isinstance(telegram, Telegram)
        failures = 0
        while True:
            try:
                await telegram.open(commands(self.shelf))
                if self.settings.telegram_webhook_url and self.settings.telegram_webhook_secret:
                    secret = self.settings.telegram_webhook_secret.get_secret_value()
                    await telegram.listen_at(self.settings.telegram_webhook_url, secret)
                    return
                await telegram.listen_by_polling()
                break
            except TROUBLES as error:
                pause = accept.PAUSE[min(failures, len(accept.PAUSE) - 1)]
                log(
                    "telegram-not-reached",
                    level="error",
                    channel="telegram",
                    code=outer(error).kind,
                    seconds=pause,
                )
                failures += 1
                await asyncio.sleep(pause)
        await accept.poll(telegram, self.door)


class Server(uvicorn.Server):
    """The web server, which says when it is there."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The command line listens for signals; the server does not."""
        yield

    async def until_stopped(self, tell_visitors: Callable[[], None]) -> None:
        """Serve; when cancelled, tell open pages, let open requests end and close the door behind them."""
        serving = asyncio.create_task(self.serve())
        try:
            await asyncio.shield(serving)
        except asyncio.CancelledError:
            tell_visitors()
            self.should_exit = True
            await serving
            raise

    async def tell(self, on_ready: Callable[[int], None]) -> None:
        await self.up.wait()
        if self.started:
            on_ready(self.servers[0].sockets[0].getsockname()[1])


def commands(shelf: Shelf) -> dict[str, list[tuple[str, str]]]:
    """The list of commands Telegram shows, for each language, from the always-words."""
    edition = shelf.newest
    found: dict[str, list[tuple[str, str]]] = {}
    for lang in edition.words:
        rows = []
        for button in edition.script.always:
            said = edition.labels(lang, button.id)
            command = next((word[1:] for word in edition.everywhere[button.id] if word.startswith("/")), "")
            if command:
                rows.append((command, said[0]))
        found[lang] = rows
    first = next(iter(found))
    return {"": found[first], **found}


@contextlib.asynccontextmanager
async def build(settings: Settings, outside: Outside | None = None) -> AsyncIterator[House]:
    """Wire the whole house. Raises Trouble with every reason why it may not start."""
    outside = outside or Outside()
    today = outside.clock().date()
    operator = read_operator(settings, today)
    if not settings.demo and (problems := operators.live_problems(operator, today)):
        raise Trouble(problems)
    vault = open_vault(settings)
    async with contextlib.AsyncExitStack() as open_things:
        open_things.callback(vault.close)
        db = await open_data(settings)
        open_things.push_async_callback(db.close)
        await belong_together(db, vault)
        house = await _wire(settings, outside, operator, db, vault)
        if (telegram := house.channels.get("telegram")) is not None:
            open_things.push_async_callback(cast("Telegram", telegram).close)
        yield house


async def _wire(
    settings: Settings, outside: Outside, operator: Operator, db: Database, vault: Vault
) -> House:
    await keeping.shred(db, vault)
    shelf = await publish(settings, operator, db, outside.clock())
    hub = Hub()
    visitors = Visitors()
    channels: dict[str, Channel] = {"web": WebChat(visitors)}
    if settings.telegram_token is not None:
        from bot.channels.telegram import Telegram  # heavy: only when it is used (performance 11, G9)

        channels["telegram"] = Telegram(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    around = Around(operator, Hours(operator), shelf, not settings.demo, lambda: new_code(outside.chance))
    # A name that comes back after a crash, so that what we held is free at once. A free port is nobody's name.
    number = settings.port or outside.chance.getrandbits(48)
    name = f"{socket.gethostname()}:{number}"
    turns = Turns(db, vault, channels, around, hub, outside.clock, outside.chance)
    post = Post(db, vault, channels, hub, outside.clock, outside.monotonic, name)
    door = accept.Door(db, vault, outside.clock, hub.changed)
    house = House(settings, outside, operator, db, vault, shelf, hub, visitors, channels, turns, post, door)
    house.clock = Clock(
        next_due=house.next_due,
        dispatch=house.dispatch,
        jobs=[Job("sweep", house.sweep, {"minute": 17})],
        zone=operator.zone,
        now=outside.clock,
        monotonic=outside.monotonic,
        log=lambda code, facts: log(code, level="warning", **facts),
    )
    house.web = _pages(house)
    return house


def _pages(house: House) -> Starlette:
    """The families' web chat, and the address Telegram calls when it is not polled."""
    settings, edition = house.settings, house.shelf.newest
    offered = [
        Language(lang, name, languages.direction(lang), lang in edition.drafts)
        for lang, name in edition.on_offer
    ]
    return app(
        WebHouse(
            db=house.db,
            vault=house.vault,
            clock=house.outside.clock,
            token=house.outside.token,
            wake=house.hub.changed,
            changed=house.visitors,
            languages=offered,
            interface=cache(interface.Interface.load),
            card=cards(house.turns.around, house.outside.clock),
            service_name=house.operator.name,
            outside=settings.exit_url,
            https=settings.https,
            example=house.operator.example,
            ready=house.ready,
        ),
        machines=_called_by_telegram(house),
    )


def _called_by_telegram(house: House) -> list[Route]:
    """The address Telegram calls: no browser's page, so it is not asked for one; it proves itself by the secret."""
    telegram, secret = house.channels.get("telegram"), house.settings.telegram_webhook_secret
    if telegram is None or secret is None:
        return []
    called = accept.webhook(cast("Telegram", telegram), house.door, secret.get_secret_value())
    return [Route(WEBHOOK, called, methods=["POST"])]


def new_code(chance: random.Random) -> str:
    """Twelve digits in groups of four: they look like any number, in every script, and can be said on the phone."""
    digits = f"{chance.randrange(10**12):012d}"
    return " ".join(digits[n : n + 4] for n in range(0, 12, 4))
