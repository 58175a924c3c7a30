"""Beside under load: the house as `build` wires it, with a real disk, real keys, and sends that are swallowed."""

import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text

from bench.peer import TOKEN, Swallow
from bench.walk import Walk, updates
from bench.watch import Lap, Take, settle
from bot.channels.telegram import Leash, Telegram
from bot.house import House, Outside, build
from bot.post import Pace
from bot.settings import read
from handoff.operator import EXAMPLE
from storage.tables import outbox

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


class Ours:
    """One house on one database."""

    def __init__(
        self, house: House, walked: Walk, swallow: Swallow, server: Callable[[], float] | None
    ) -> None:
        self.house, self.walked, self.swallow, self.server = house, walked, swallow, server

    async def take(self, first: int, families: int, at_once: int) -> Take:
        """Accept, answer and send; the answers are counted in the database and at the door out."""
        house = self.house
        settle()
        said, sent = await self._said(), self.swallow.sends
        server = self.server() if self.server else 0.0
        count, turn, post = 0, Lap(), Lap()
        for batch in updates(self.walked, first, families, at_once):
            count += len(batch)
            with turn:
                await house.door.take_in(batch)
                while await house.turns.round():
                    pass
            with post:
                while await house.post.round():
                    pass
        answers = await self._said() - said
        if self.swallow.sends - sent != answers:
            answers = -1  # what was written down and what left are not the same: the row is void
        return Take(
            count,
            turn.wall,
            turn.cpu,
            turn.wall + post.wall,
            turn.cpu + post.cpu,
            self.server() - server if self.server else None,
            answers,
            families * self.walked.answers,
        )

    async def _said(self) -> int:
        async with self.house.db.reading() as conn:
            return int((await conn.execute(select(func.count()).select_from(outbox))).scalar_one())

    async def durability(self) -> dict[str, str]:
        """What the database itself says about when it calls something written."""
        asked = (
            ("journal_mode", "synchronous")
            if self.server is None
            else ("server_version", "fsync", "synchronous_commit")
        )
        word = "PRAGMA" if self.server is None else "SHOW"
        async with self.house.db.reading() as conn:
            return {name: str((await conn.execute(text(f"{word} {name}"))).scalar_one()) for name in asked}


@contextlib.asynccontextmanager
async def ours(
    home: Path, walked: Walk, database_url: str = "", server: Callable[[], float] | None = None
) -> AsyncIterator[Ours]:
    """A house in `home`: SQLite, unless another database is given."""
    settings = read(
        data_dir=home / "data",
        keys_dir=home / "keys",
        database_url=database_url or f"sqlite:///{home / 'data' / 'beside.db'}",
        demo=True,
        operator=EXAMPLE,
        telegram_token=TOKEN,
    )
    began = time.monotonic()
    clock = Outside(
        clock=lambda: MONDAY + timedelta(seconds=time.monotonic() - began), chance=random.Random(7)
    )
    async with build(settings, clock) as house:
        telegram = house.channels["telegram"]
        assert isinstance(telegram, Telegram)
        swallow = Swallow()
        swallow.middleware(Leash())
        telegram.bot.session = swallow
        house.post.paces["telegram"] = Pace(0.0, 0.0)  # the messenger's own pace is not what is measured
        try:
            yield Ours(house, walked, swallow, server)
        finally:
            await swallow.close()
