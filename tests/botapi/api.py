"""The front door: one object that starts the server and gives tests everything they need."""

from __future__ import annotations

import asyncio
import random as random_module
import time as time_module
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from aiohttp import web

from . import checks
from .clock import Timekeeper
from .faults import Faults
from .flood import FloodPolicy
from .model import Bot, Call, Json
from .person import Group, Person
from .polling import stop_webhook
from .request import Policy
from .server import ApiServer
from .world import World

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Fed:
    """One message of a feed: when it was said, by whom, and its number in the text."""

    at: float
    person_id: int
    text: str


class BotApi:
    """A running server; make one with `async with BotApi.serve() as api`."""

    def __init__(self, world: World, policy: Policy, token: str | None = None) -> None:
        self.world, self.policy = world, policy
        self.faults = Faults(world)
        self.server = ApiServer(world, policy, self.faults)
        self.url = ""
        self.token = world.add_bot("beside_test_bot", "Beside", token).token

    @classmethod
    @asynccontextmanager
    async def serve(
        cls,
        *,
        clock: Callable[[], float] = time_module.time,
        random: Random | None = None,
        flood: FloodPolicy | None = None,
        port: int = 0,
        token: str | None = None,
        **policy: bool,
    ) -> AsyncIterator[BotApi]:
        """Serves on loopback until the block ends; `policy` names are those of `request.Policy`."""
        chance = random or random_module.Random(20260101)
        api = cls(World(Timekeeper(clock), chance, flood or FloodPolicy.off()), Policy(**policy), token)
        from .person_http import PersonSide

        people = PersonSide(api)
        api.server.person_side = people.handle
        runner = web.AppRunner(
            api.server.app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, port)
        await site.start()
        try:
            host, bound = runner.addresses[0][:2]
            api.url = f"http://{host}:{bound}"
            yield api
        finally:
            api.server.closing.set()
            await people.stop()
            for bot in api.world.bots.values():
                await stop_webhook(bot)
            await runner.cleanup()

    # Who is there

    def bot(self, which: str | None = None) -> Bot:
        """By token or username; the first bot when not said."""
        if which is None:
            return self.world.bots[self.token]
        found = self.world.bots.get(which) or next(
            (b for b in self.world.bots.values() if b.username == which), None
        )
        if found is None:
            raise LookupError(f"no bot {which.partition(':')[0]}")
        return found

    def add_bot(
        self,
        username: str = "second_test_bot",
        name: str = "Second",
        token: str | None = None,
        reads_all_groups: bool = False,
    ) -> str:
        return self.world.add_bot(username, name, token, reads_all_groups).token

    def person(
        self, first_name: str = "Amal", language_code: str | None = None, bot: str | None = None, **more: Any
    ) -> Person:
        return Person(self.world, self.world.add_user(first_name, language_code, **more), self.bot(bot))

    def find_person(self, person_id: int, bot: str | None = None) -> Person:
        return Person(self.world, self.world.users[person_id], self.bot(bot))

    def group(
        self,
        title: str,
        owner: Person,
        bots: list[str] | None = None,
        *,
        admin: bool = True,
        forum: bool = False,
        supergroup: bool = True,
        username: str | None = None,
    ) -> Group:
        """A group with its owner and bots in it."""
        group = Group(self.world, self.world.add_group(title, supergroup, forum, username))
        group.chat.members[owner.id] = "creator"
        for token in bots if bots is not None else [self.token]:
            group.add_bot(self.bot(token), owner.user, admin)
        return group

    # What happened

    @property
    def warnings(self) -> list[str]:
        """What accepted requests got wrong according to aiogram's models; tests assert it is empty."""
        return self.world.warnings

    def strange_answers(self) -> list[str]:
        """What aiogram's models find wrong with the answers given so far."""
        answered = [call for call in self.world.calls if call.status == 200]
        return [line for call in answered for line in checks.compare_answer(call.method, call.result)]

    def calls(self, method: str | None = None, bot: str | None = None) -> list[Call]:
        number = self.bot(bot).id if bot else None
        return [
            call
            for call in self.world.calls
            if (method is None or call.method == method) and (number is None or call.bot_id == number)
        ]

    def pending(self, bot: str | None = None) -> list[Json]:
        queue = self.bot(bot).queue
        queue.expire()
        return [update.body for update in queue.pending]

    async def until(self, ready: Callable[[], Any], timeout: float = 5.0) -> None:
        """Waits until something in the messenger makes `ready()` true."""
        if not await self.world.changed.until(lambda: bool(ready()), timeout):
            raise TimeoutError(f"did not happen within {timeout} s")

    # Time

    def now(self) -> float:
        return self.world.time.now()

    def jump(self, seconds: float) -> None:
        """Moves the server's clock and wakes whatever waits for it."""
        self.world.time.jump(seconds)
        for bot in self.world.bots.values():
            bot.queue.changed.fire()

    # Much at once

    async def feed(
        self,
        updates: int = 2000,
        people: int = 40,
        rate: float = 50.0,
        bot: str | None = None,
        prefix: str = "m",
    ) -> list[Fed]:
        """`people` write `updates` numbered messages, `rate` a second on the wall clock (0: at once)."""
        crowd = [self.person(f"P{number}", "en", bot) for number in range(people)]
        loop = asyncio.get_running_loop()
        begin = loop.time()
        said: list[Fed] = []
        for number in range(updates):
            due = begin + number / rate if rate else begin
            if (left := due - loop.time()) > 0:
                await asyncio.sleep(left)
            somebody = crowd[self.world.random.randrange(people)]
            text = f"{prefix}{number:05d}"
            somebody.write(text)
            said.append(Fed(self.now(), somebody.id, text))
        return said
