"""Houses for promises: started once from the sheets, then copied, so that a test waits for nobody."""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from bot.house import build
from bot.logs import QUIET
from bot.settings import read
from storage import editions
from storage.editions import Edition
from storage.work import open_database
from tests.botapi import BotApi
from tests.journeys.conftest import opened
from tests.promises.family import Town

SECRET = "a-secret-that-only-the-messenger-knows"


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Data and keys of a house that was started once."""
    home = tmp_path_factory.mktemp("first-start")

    async def start() -> None:
        async with build(read(demo=True, data_dir=home / "data", keys_dir=home / "keys")):
            pass

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, start()).result()
    return home


@pytest.fixture
def home(first_start: Path, tmp_path: Path) -> Path:
    """A home of one's own, ready to be opened."""
    return move_in(first_start, tmp_path / "home")


@pytest.fixture
def logs_as_they_were(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command line takes over the logs and the last words of the process; the other tests get them back."""
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIET}
    for name in [name for name in os.environ if name.startswith("BESIDE_")]:
        monkeypatch.delenv(name)
    yield
    root.handlers[:], sys.excepthook = handlers, hook
    root.setLevel(level)
    for name, was in levels.items():
        logging.getLogger(name).setLevel(was)
    structlog.reset_defaults()


def move_in(first_start: Path, home: Path) -> Path:
    shutil.copytree(first_start, home)
    return home


async def the_edition(home: Path) -> Edition:
    db = await open_database(f"sqlite:///{home / 'data' / 'beside.db'}")
    async with db.reading() as conn:
        found = await editions.active(conn)
    await db.close()
    assert found is not None
    return found


async def bring_edition(url: str, home: Path) -> None:
    """Put the edition of a home into another database, so that a house starts there quickly too."""
    edition = await the_edition(home)
    db = await open_database(url)
    async with db.work() as w:
        await editions.publish(w, edition)
    await db.close()


@asynccontextmanager
async def town(home: Path, token: str | None = None, **settings: object) -> AsyncIterator[Town]:
    """A messenger, and an open house that listens there."""
    async with (
        BotApi.serve(token=token) as api,
        opened(home, telegram_token=api.token, telegram_api_url=api.url, **settings) as house,
    ):
        yield Town(api, house)
