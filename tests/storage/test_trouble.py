"""When the disk is full, or may not be written, or is busy: nothing is half kept, and the channel is not told."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import conversations, inbox, keeping, outbox
from storage.tables import conversations as talks_table
from storage.tables import inbox as inbox_table
from storage.vault import Forgotten, Vault
from storage.work import Database
from tests.databases import Cluster
from tests.storage.test_forget import forget_all, live, readable
from tests.storage.world import NOW, draft, letter, opened, say, talk


@pytest.fixture
async def sqlite_db(sqlite_url: str) -> AsyncIterator[Database]:
    async with opened(sqlite_url) as db:
        yield db


class Disk:
    """The disk of every connection: as many pages as there are now, and `free` more."""

    def __init__(self, db: Database) -> None:
        self.free: int | None = None
        event.listen(db.engine.sync_engine, "begin", self._measure)

    def _measure(self, conn: Any) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar()
        most = 1 << 30 if self.free is None else pages + self.free
        conn.exec_driver_sql(f"PRAGMA max_page_count={most}")


async def count(db: Database, table: Any) -> int:
    async with db.reading() as conn:
        return (await conn.execute(select(func.count()).select_from(table))).scalar_one()


@pytest.mark.parametrize("free", [0, 1, 2, 5, 20])
async def test_on_a_full_disk_a_batch_of_letters_is_refused_whole(
    sqlite_db: Database, vault: Vault, free: int
) -> None:
    known = await talk(sqlite_db, vault)
    disk = Disk(sqlite_db)
    disk.free = free
    letters = [letter(number, f"p{number}", b"x" * 3000) for number in range(2, 60)]
    with pytest.raises(OperationalError, match="full"):
        await inbox.accept(sqlite_db, vault, letters)
    assert await count(sqlite_db, talks_table) == 1
    assert await count(sqlite_db, inbox_table) == 1
    disk.free = None  # somebody made room: the channel brings them again
    assert all(await inbox.accept(sqlite_db, vault, letters))
    async with sqlite_db.work() as w:
        taken = await inbox.take(w, vault, NOW, 99)
        assert len(taken) == 58
        assert known not in taken
        assert all(row.body == b"x" * 3000 for rows in taken.values() for row in rows)
        assert (await w.conn.execute(text("PRAGMA integrity_check"))).scalar() == "ok"


async def test_a_full_disk_does_not_keep_a_family_from_being_forgotten(
    sqlite_db: Database, vault: Vault
) -> None:
    number = await live(sqlite_db, vault, 0)
    disk = Disk(sqlite_db)
    disk.free = 0
    await forget_all(sqlite_db, vault, [number])
    assert len(await readable(sqlite_db, vault)) == 1  # the address, for the last word


async def test_a_disk_that_may_only_be_read_is_said_and_nothing_is_kept(
    sqlite_url: str, vault: Vault
) -> None:
    async with opened(sqlite_url) as db:
        await talk(db, vault)
    async with opened(sqlite_url) as db:

        @event.listens_for(db.engine.sync_engine, "connect")
        def only_read(raw: Any, _record: Any) -> None:
            cursor = raw.cursor()
            cursor.execute("PRAGMA query_only=ON")
            cursor.close()

        with pytest.raises(OperationalError, match="readonly"):
            await inbox.accept(db, vault, [letter(2), letter(3, "ben")])
        assert await count(db, inbox_table) == 1  # reading goes on
    async with opened(sqlite_url) as db:
        assert await inbox.accept(db, vault, [letter(2), letter(3, "ben")]) == [True, True]


async def test_a_database_that_is_busy_too_long_is_said_and_nothing_is_kept(
    sqlite_url: str, vault: Vault
) -> None:
    async with opened(sqlite_url) as db:

        @event.listens_for(db.engine.sync_engine, "connect")
        def impatient(raw: Any, _record: Any) -> None:
            cursor = raw.cursor()
            cursor.execute("PRAGMA busy_timeout=50")
            cursor.close()

        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            await inbox.accept(db, vault, [letter(1)])
        other.execute("ROLLBACK")
        other.close()
        assert await inbox.accept(db, vault, [letter(1)]) == [True]


async def test_a_postgresql_that_went_away_is_said_and_found_again(
    postgres: Cluster, postgres_url: str, vault: Vault
) -> None:
    async with opened(postgres_url) as db:
        await inbox.accept(db, vault, [letter(1)])
        kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = '{}'"
        name = postgres_url.partition("@/")[2].partition("?")[0]
        postgres.run(kill.format(name))  # while nobody uses it: nobody notices
        assert await inbox.accept(db, vault, [letter(2)]) == [True]
        with pytest.raises(DBAPIError):  # in the middle of a work: the work is undone
            async with db.work() as w:
                rows = [row for rows in (await inbox.take(w, vault, NOW, 9)).values() for row in rows]
                await inbox.done(w, [row.id for row in rows])
                await asyncio.to_thread(postgres.run, kill.format(name))
        async with db.reading() as conn:
            assert await inbox.waiting(conn) == 2


async def test_when_the_keys_cannot_be_written_no_stranger_is_half_met(
    sqlite_db: Database, vault: Vault, key_folder: Path
) -> None:
    await talk(sqlite_db, vault)
    other = sqlite3.connect(key_folder / "keys.db", isolation_level=None)
    vault._store._line.execute("PRAGMA busy_timeout=50")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        await inbox.accept(sqlite_db, vault, [letter(2), letter(3, "ben")])
    other.execute("ROLLBACK")
    other.close()
    assert (await count(sqlite_db, talks_table), await count(sqlite_db, inbox_table)) == (1, 1)
    assert await inbox.accept(sqlite_db, vault, [letter(2), letter(3, "ben")]) == [True, True]


async def test_forgetting_waits_for_letters_that_are_coming_in_and_loses_none(
    postgres_url: str, vault: Vault
) -> None:
    """A letter is sealed with the talk's key, and before it is committed somebody forgets the talk."""
    async with opened(postgres_url) as db, opened(postgres_url) as other:
        number = await talk(db, vault)

        async def forget() -> None:
            async with other.work() as w:
                await keeping.forget(w, vault, number, NOW)

        async with db.work() as w:
            await inbox.put(w, vault, number, "due:1", {"event": "due"}, NOW)
            forgetting = asyncio.create_task(forget())
            await _waits_for_a_lock(db)
        await forgetting
        await keeping.shred(db, vault)
        async with db.work() as w:
            [row] = (await inbox.take(w, vault, NOW, 9))[number]
            assert row.body == b'{"event": "due"}'


async def test_a_letter_waits_for_a_talk_that_is_being_forgotten(postgres_url: str, vault: Vault) -> None:
    """The other way round: the talk is being forgotten, and a letter of the same family comes in."""
    async with opened(postgres_url) as db, opened(postgres_url) as other:
        number = await talk(db, vault)
        async with db.work() as w:
            await keeping.forget(w, vault, number, NOW)
            accepting = asyncio.create_task(inbox.accept(other, vault, [letter(2)]))
            await _waits_for_a_lock(db)
        assert await accepting == [True]
        await keeping.shred(db, vault)
        async with db.work() as w:
            [row] = (await inbox.take(w, vault, NOW, 9))[number]
            assert row.body == b"letter 2"


async def _waits_for_a_lock(db: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(10), db.reading() as conn:
        while (await conn.execute(waiting)).scalar() == 0:
            await conn.rollback()
            await asyncio.sleep(0.01)  # another process decides when it arrives there


async def test_a_work_on_a_talk_without_a_key_says_so_instead_of_storing_anything(
    db: Database, vault: Vault
) -> None:
    number = await talk(db, vault)
    async with db.reading() as conn:
        one = (await conversations.load(conn, vault, [number]))[number]
    await vault.destroy([one.kid])
    with pytest.raises(Forgotten):
        await say(db, vault, draft(number, "k"))
    one.state = "s"
    with pytest.raises(Forgotten):
        async with db.work() as w:
            await conversations.save(w, vault, [one])
    async with db.reading() as conn:
        assert await outbox.waiting(conn) == 0
