"""The process dies before each single step, one after the other, and after the restart nothing is half done.

A child process does the work and ends itself (no clean-up, no rollback by us) before commit or key operation number n,
when letters come in also before each statement. Then a fresh start looks at what is there. This is done for every n
until nothing is left to die at.
"""

import asyncio
import multiprocessing
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from storage import conversations, inbox, keeping, outbox
from storage.keeping import sweep
from storage.tables import conversations as talks_table
from storage.tables import inbox as inbox_table
from storage.tables import shred as shred_table
from storage.vault import KeyRing, KeyStore, Vault
from storage.work import Database, open_database
from tests.databases import Cluster
from tests.storage.test_forget import ADDRESSES, PEOPLE, live, planted, readable
from tests.storage.world import DAY, NOW, letter, opened

DIED = 9
WORDS = set(planted(0).values()) - PEOPLE
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])


class Steps:
    """Counts steps, and ends the process before the last one it may reach."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, *_: Any) -> None:
        self.left -= 1
        if self.left == 0:
            os._exit(DIED)

    def tidying(self, _conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "wal_checkpoint" in statement:
            self()


class DyingStore(KeyStore):
    """A key store whose process may die before and after each change."""

    step: Steps

    def add(self, rows: Any) -> None:
        self.step()
        super().add(rows)
        self.step()

    def delete(self, kids: Any) -> None:
        self.step()
        super().delete(kids)
        self.step()

    def replace(self, rows: Any) -> None:
        self.step()
        super().replace(rows)
        self.step()


Act = Callable[[Database, Vault], Awaitable[Any]]


async def accept(db: Database, vault: Vault) -> None:
    await inbox.accept(db, vault, [letter(number, f"p{number % 3}") for number in range(5)])


async def forget(db: Database, vault: Vault) -> None:
    async with db.work() as w:
        number = (await w.conn.execute(select(talks_table.c.id))).scalar_one()
        rows = (await inbox.take(w, vault, NOW, 1))[number]
        await keeping.forget(w, vault, number, NOW)
        await inbox.done(w, [row.id for row in rows])
    await keeping.shred(db, vault)


async def clean(db: Database, vault: Vault) -> None:
    await sweep(db, vault, NOW + 40 * DAY, False)


async def rotate(db: Database, vault: Vault) -> None:
    await vault.rewrap("2")


ACTS: dict[str, Act] = {"accept": accept, "forget": forget, "clean": clean, "rotate": rotate}


def child(act: str, url: str, keys: Path, last: int) -> None:
    """The process that dies."""

    async def run() -> None:
        step = Steps(last)
        store = DyingStore.open(keys / "keys.db")
        store.step = step
        vault, db = Vault(KeyRing.load(keys), store), await open_database(url)
        event.listen(db.engine.sync_engine, "commit", step)
        if db.dialect == "sqlite":
            event.listen(
                db.engine.sync_engine, "before_cursor_execute", step if act == "accept" else step.tidying
            )
        await ACTS[act](db, vault)

    asyncio.run(run())
    os._exit(0)


@dataclass
class World:
    """A prepared house that can be copied, so that each death finds the same one."""

    url: str
    keys: Path
    scratch: Path
    cluster: Cluster | None
    deaths: int = field(default=0)

    def copies(self, act: str) -> Iterator[tuple[str, Path, bool]]:
        """For each step: the address and the keys of a copy in which the process died there; the last one survives."""
        for last in range(1, 200):
            url, keys = self._copy(last)
            process = FORKS.Process(target=child, args=(act, url, keys, last))
            process.start()
            process.join()
            assert process.exitcode in (0, DIED)
            self._wait(url)
            yield url, keys, process.exitcode == 0
            self._drop(url)
            if process.exitcode == 0:
                self.deaths = last - 1
                return
        raise AssertionError("it never ended")

    def _copy(self, number: int) -> tuple[str, Path]:
        home = self.scratch / str(number)
        shutil.copytree(self.keys, home / "keys")
        if self.cluster is None:
            data = Path(self.url.removeprefix("sqlite:///"))
            shutil.copytree(data.parent, home / "data")
            return f"sqlite:///{home / 'data' / data.name}", home / "keys"
        return self.cluster.create(f"crash_{number}", _name(self.url)), home / "keys"

    def _wait(self, url: str) -> None:
        """PostgreSQL needs a moment to see that its client is dead."""
        if self.cluster is None:
            return
        assert self.cluster.admin is not None
        others = b"SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        for _ in range(2000):
            row = self.cluster.admin.execute(others, [_name(url)]).fetchone()
            if row is not None and row[0] == 0:
                return
            time.sleep(0.005)
        raise AssertionError("a dead process still holds its connection")

    def _drop(self, url: str) -> None:
        if self.cluster is not None:
            self.cluster.drop(_name(url))


def _name(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@pytest.fixture
def world(database_url: str, key_folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    cluster = request.getfixturevalue("postgres") if database_url.startswith("postgresql") else None
    return World(database_url, key_folder, tmp_path / "copies", cluster)


async def prepare(world: World, *families: int) -> None:
    vault = Vault.at(world.keys)
    async with opened(world.url) as db:
        for family in families:
            await live(db, vault, family)
    vault.close()


async def test_letters_are_taken_in_whole_or_not_at_all(world: World) -> None:
    for url, keys, survived in world.copies("accept"):
        vault = Vault.at(keys)
        async with opened(url) as db:
            async with db.reading() as conn:
                kept = (await conn.execute(select(func.count()).select_from(inbox_table))).scalar_one()
                talks = (await conn.execute(select(func.count()).select_from(talks_table))).scalar_one()
            assert (kept, talks) == ((5, 3) if survived else (0, 0))
            await accept(db, vault)  # the channel was not told, so it brings them again
            await accept(db, vault)
            async with db.work() as w:
                taken = await inbox.take(w, vault, NOW, 9)
                bodies = sorted(row.body or b"" for rows in taken.values() for row in rows)
                assert bodies == [f"letter {number}".encode() for number in range(5)]
                assert {await conversations.address(w, vault, number) for number in taken} == {
                    "to-p0",
                    "to-p1",
                    "to-p2",
                }
        vault.close()
    assert world.deaths >= (3 if world.cluster else 7)


async def test_a_talk_is_forgotten_whole_or_not_at_all_and_then_for_good(world: World) -> None:
    await prepare(world, 0)
    seen = set()
    for url, keys, survived in world.copies("forget"):
        vault = Vault.at(keys)
        async with opened(url) as db:
            async with db.reading() as conn:
                to_shred = list((await conn.execute(select(shred_table.c.kid))).scalars())
            before = await readable(db, vault)
            await keeping.shred(db, vault)  # the restart
            after = await readable(db, vault)
            seen.add((len(before), len(after)))
            if before == WORDS:  # it died before the commit: everything is as it was
                assert (to_shred, after) == ([], WORDS)
                await forget(db, vault)  # the letter is still open, so the turn comes to it again
                after = await readable(db, vault)
            assert after == ADDRESSES & WORDS
            assert await vault.missing(to_shred) == set(to_shred)
            async with db.reading() as conn:
                assert (await conn.execute(select(func.count()).select_from(shred_table))).scalar_one() == 0
                number = (await conn.execute(select(talks_table.c.id))).scalar_one()
                assert (
                    await keeping.left_behind(conn, number, vault.pid("telegram", planted(0)["person"])) == []
                )
        vault.close()
        assert survived or len(before) in (1, len(WORDS))  # never anything between
    assert seen == {(len(WORDS), len(WORDS)), (1, 1)}
    assert world.deaths >= 6


async def test_sweeping_that_was_interrupted_is_finished_by_the_next_one(world: World) -> None:
    await prepare(world, 0, 1)
    vault = Vault.at(world.keys)
    async with opened(world.url) as db, db.work() as w:  # the letters were read, one family has a case
        await inbox.done(
            w, [row.id for rows in (await inbox.take(w, vault, NOW, 9)).values() for row in rows]
        )
    vault.close()
    for url, keys, _ in world.copies("clean"):
        vault = Vault.at(keys)
        kids = [row[0] for row in vault._store._line.execute("SELECT kid FROM keys")]
        async with opened(url) as db:
            await clean(db, vault)
            async with db.reading() as conn:
                assert (await conn.execute(select(talks_table))).all() == []
                assert (await conn.execute(select(shred_table))).all() == []
                assert await outbox.waiting(conn) == 0
            assert await vault.missing(kids) == set(kids)
        vault.close()
    assert world.deaths >= 6


async def test_a_rotation_that_was_interrupted_loses_no_talk_and_goes_on(
    sqlite_url: str, world: World
) -> None:
    if world.cluster is not None:
        return  # the keys lie in files of their own: there is nothing of PostgreSQL in it
    vault = Vault.at(world.keys)
    kids = await vault.new_keys(1200)
    cells = {kid: vault.seal(kid, "x", kid.encode()) for kid in kids}
    vault.close()
    KeyRing.add(world.keys)
    moved = []
    for _, keys, _ in world.copies("rotate"):
        vault = Vault.at(keys)
        await vault.fetch(kids)
        assert all(vault.open(kid, "x", cell) == kid.encode() for kid, cell in cells.items())
        moved.append(1200 - await vault.rewrap("2"))
        vault.close()
        (keys / "kek-1.key").unlink()
        vault = Vault.at(keys)
        assert all(vault.open(kid, "x", cell) == kid.encode() for kid, cell in cells.items())
        vault.close()
    assert sorted(set(moved)) == [0, 500, 1000, 1200]  # it went on, it did not begin again
