"""A whole house, wired as in life, on loopback."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.house import House, Outside, build
from bot.post import Pace
from bot.settings import read
from storage import inbox, outbox

MONDAY = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)  # noon in Vienna: the example operator's people are there


class RunningClock:
    """Begins on a Monday at noon and runs like any clock."""

    def __init__(self) -> None:
        self.loop_began: float | None = None
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        now = asyncio.get_running_loop().time()
        self.loop_began = self.loop_began if self.loop_began is not None else now
        return MONDAY + self.ahead + timedelta(seconds=now - self.loop_began)


@dataclass
class Open:
    """A house whose doors are open."""

    house: House
    url: str
    clock: RunningClock

    async def quiet(self) -> None:
        """Everything that came in was answered, and every answer was sent."""
        async with asyncio.timeout(20):
            heard = -1
            while True:
                async with self.house.db.reading() as conn:
                    if not await inbox.waiting(conn) and not await outbox.waiting(conn):
                        return
                heard = await self.house.hub.wait(heard, 0.05)


@asynccontextmanager
async def opened(home: Path, **settings: object) -> AsyncIterator[Open]:
    clock = RunningClock()
    outside = Outside(clock=clock, chance=random.Random(11))
    found = read(demo=True, data_dir=home / "data", keys_dir=home / "keys", port=0, **settings)
    async with build(found, outside) as house:
        house.post.paces["telegram"] = Pace(0.0, 0.0)
        bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(house.serve(bound.set_result))
        try:
            port = await asyncio.wait_for(asyncio.shield(bound), 30)
            yield Open(house, f"http://127.0.0.1:{port}", clock)
        finally:
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving


@pytest.fixture(scope="session")
def chromium() -> Iterator[str]:
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed")
    yield found
