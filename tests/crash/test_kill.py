"""100 random kill -9 while 40 families write 2,000 messages, 50 a second: nothing lost, nothing doubled, order kept."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from storage import conversations, inbox
from storage.vault import Vault
from storage.work import Database, open_database
from tests.botapi import BotApi
from tests.botapi.person import Person

FAMILIES = 40
EACH_CYCLE = 20  # messages, at 50 a second
RATE = 50.0
KILLS = int(os.environ.get("BESIDE_KILLS", "100"))
TO_THE_MESSAGE = ("hello", "English", "person", "Yes, connect me", "Just ask them to write to me")


@dataclass
class Result:
    kills: int
    sent: dict[int, list[str]]
    kept: dict[int, list[str]]
    replies: dict[int, int]
    before: dict[int, int]

    @property
    def lost(self) -> int:
        return sum(len(set(said) - set(self.kept[person])) for person, said in self.sent.items())

    @property
    def doubled(self) -> int:
        return sum(n - 1 for kept in self.kept.values() for n in Counter(kept).values())

    @property
    def out_of_order(self) -> int:
        return sum(
            1
            for person, said in self.sent.items()
            if [word for word in self.kept[person] if word in set(said)]
            != [w for w in said if w in set(self.kept[person])]
        )

    @property
    def replies_more(self) -> list[int]:
        """For each family, answers above one for each message."""
        return [self.replies[p] - self.before[p] - len(said) for p, said in self.sent.items()]


class Nursery:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def _ask(self, line: str) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()
        return (await self.process.stdout.readline()).decode().strip()

    async def start(self) -> int:
        return int(await self._ask("start"))

    async def end(self, pid: int, how: signal.Signals) -> None:
        os.kill(pid, how)
        await self._ask(f"wait {pid}")


@asynccontextmanager
async def nursery(api: BotApi, url: str, home: Path, careless: bool) -> AsyncIterator[Nursery]:
    settings = {
        "BESIDE_DATABASE_URL": url,
        "BESIDE_DATA_DIR": str(home / "data"),
        "BESIDE_KEYS_DIR": str(home / "keys"),
        "BESIDE_PORT": str(free_port()),
        "BESIDE_TELEGRAM_TOKEN": api.token,
        "BESIDE_TELEGRAM_API_URL": api.url,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crash.nursery",
        *(["--careless"] if careless else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if os.environ.get("BESIDE_KILLS") else asyncio.subprocess.DEVNULL,
        env={**os.environ, **settings},
    )
    try:
        yield Nursery(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def polled(api: BotApi, before: int) -> None:
    await api.until(lambda: len(api.calls("getUpdates")) > before, timeout=30)


async def quiet(api: BotApi, db: Database) -> None:
    """Everything handed over was taken in, answered and sent."""

    async def open_rows() -> int:
        async with db.reading() as conn:
            return await inbox.waiting(conn) + await conversations_unsent(conn)

    async with asyncio.timeout(60):
        while True:
            if not api.pending() and not await open_rows():
                return
            await asyncio.sleep(0.05)  # another process; its database is all one can look at


async def conversations_unsent(conn: object) -> int:
    from storage import outbox

    return await outbox.waiting(conn)  # type: ignore[arg-type]


async def write_messages(
    people: list[Person], numbers: Iterator[int], chance: random.Random, sent: dict[int, list[str]]
) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for n in range(EACH_CYCLE):
        await asyncio.sleep(max(0.0, begin + n / RATE - loop.time()))
        person = chance.choice(people)
        words = f"this is message number {next(numbers)}"
        person.write(words)
        sent[person.id].append(words)


def answers(person: Person) -> int:
    return sum(1 for line in person.transcript() if line.from_bot)


async def ordeal(url: str, home: Path, kills: int, careless: bool, seed: int) -> Result:
    chance = random.Random(seed)
    numbers = iter(range(10**6))
    async with BotApi.serve(random=random.Random(seed)) as api, nursery(api, url, home, careless) as houses:
        people = [api.person(f"Person {n}", "en") for n in range(FAMILIES)]
        pid = await houses.start()
        await polled(api, 0)
        for person in people:
            for words in TO_THE_MESSAGE:
                person.write(words)
        db = await open_database(url)
        try:
            await quiet(api, db)
            before = {person.id: answers(person) for person in people}
            await houses.end(pid, signal.SIGTERM)
            sent: dict[int, list[str]] = {person.id: [] for person in people}
            for _ in range(kills):
                calls = len(api.calls("getUpdates"))
                pid = await houses.start()
                await polled(api, calls)
                writing = asyncio.create_task(write_messages(people, numbers, chance, sent))
                await asyncio.sleep(chance.uniform(0.0, 0.5))  # the moment of death
                await houses.end(pid, signal.SIGKILL)
                await writing
            pid = await houses.start()
            await quiet(api, db)
            await houses.end(pid, signal.SIGTERM)
            kept = await kept_words(db, home / "keys", people)
        finally:
            await db.close()
        return Result(kills, sent, kept, {p.id: answers(p) for p in people}, before)


async def kept_words(db: Database, keys: Path, people: list[Person]) -> dict[int, list[str]]:
    vault = Vault.at(keys)
    found = {}
    async with db.reading() as conn:
        for person in people:
            talk = await conversations.find(conn, "telegram", vault.pid("telegram", str(person.id)))
            assert talk is not None
            texts = await conversations.kept_texts(conn, vault, talk)
            found[person.id] = [text.text for text in sorted(texts, key=lambda t: t.id)]
    vault.close()
    return found


@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_in_a_hundred_deaths(
    database_url: str, key_folder: Path, tmp_path: Path
) -> None:
    result = await ordeal(database_url, tmp_path, kills=KILLS, careless=False, seed=20261120)
    missing = -sum(min(0, n) for n in result.replies_more)
    twice = sum(max(0, n) for n in result.replies_more)
    told = (
        f"kills {result.kills}, messages {sum(map(len, result.sent.values()))}, lost {result.lost}, "
        f"doubled {result.doubled}, out of order {result.out_of_order}, "
        f"answers missing {missing}, answers twice {twice}"
    )
    print(told)
    assert result.lost == 0, told
    assert result.doubled == 0, told
    assert result.out_of_order == 0, told
    assert missing == 0, told
    assert twice <= result.kills, told


@pytest.mark.timeout(300)
async def test_the_control_that_acknowledges_first_loses_some(
    sqlite_url: str, key_folder: Path, tmp_path: Path
) -> None:
    result = await ordeal(sqlite_url, tmp_path, kills=15, careless=True, seed=7)
    assert result.lost > 0
