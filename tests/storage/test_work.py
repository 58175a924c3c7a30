"""One way to write: all of a work or nothing of it, and nobody hears of it before it is durable."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.tables import shred
from storage.work import Database, Work, open_database
from tests.storage.world import NOW


async def _put(w: Work, kid: str, at: datetime = NOW) -> None:
    await w.conn.execute(shred.insert(), {"kid": kid, "at": at})


async def _kids(db: Database) -> list[str]:
    async with db.reading() as conn:
        return list((await conn.execute(select(shred.c.kid).order_by(shred.c.kid))).scalars())


async def test_a_work_happens_whole_and_is_told_afterwards(db: Database) -> None:
    told: list[str] = []
    async with db.work() as w:
        w.after(lambda: told.append("first"))
        w.after(lambda: told.append("second"))
        await _put(w, "a")
        await _put(w, "b")
        assert told == []
    assert told == ["first", "second"]
    assert await _kids(db) == ["a", "b"]


async def test_a_work_that_fails_leaves_nothing_and_tells_nobody(db: Database) -> None:
    told: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with db.work() as w:
            w.after(lambda: told.append("never"))
            await _put(w, "a")
            raise ZeroDivisionError
    assert await _kids(db) == []
    assert told == []
    async with db.work() as w:  # and the next one is free to work
        await _put(w, "b")
    assert await _kids(db) == ["b"]


async def test_a_work_that_is_cancelled_leaves_nothing_and_holds_up_nobody(db: Database) -> None:
    inside = asyncio.Event()

    async def endless() -> None:
        async with db.work() as w:
            await _put(w, "a")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(endless())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10), db.work() as w:
        await _put(w, "b")
    assert await _kids(db) == ["b"]


async def test_works_of_one_process_wait_for_each_other(db: Database) -> None:
    """Forty at once, each reads and writes one more: none is lost on SQLite, where there is one writer."""
    if db.dialect != "sqlite":
        return

    async def add_one() -> None:
        async with db.work() as w:
            count = len((await w.conn.execute(select(shred))).all())
            await _put(w, f"{count:02}")

    await asyncio.gather(*(add_one() for _ in range(40)))
    assert await _kids(db) == [f"{number:02}" for number in range(40)]


async def test_two_processes_on_one_file_wait_for_each_other(sqlite_url: str) -> None:
    here, there = await open_database(sqlite_url), await open_database(sqlite_url)

    async def add(db: Database, name: str) -> None:
        async with db.work() as w:
            await _put(w, f"{name}-{len((await w.conn.execute(select(shred))).all()):02}")

    await asyncio.gather(*(add(db, name) for _ in range(10) for db, name in ((here, "h"), (there, "t"))))
    assert sorted(kid[2:] for kid in await _kids(here)) == [f"{number:02}" for number in range(20)]
    await here.close()
    await there.close()


async def test_a_work_inside_a_work_is_refused_instead_of_waiting_for_itself(sqlite_url: str) -> None:
    db = await open_database(sqlite_url)
    async with db.work() as w:
        await _put(w, "a")
        with pytest.raises(RuntimeError, match="inside another work"):
            async with db.work():
                pass
    assert await _kids(db) == ["a"]
    await db.close()


async def test_what_is_written_while_reading_is_gone(db: Database) -> None:
    async with db.reading() as conn:
        await conn.execute(shred.insert(), {"kid": "a", "at": NOW})
    assert await _kids(db) == []


async def test_reading_goes_on_while_somebody_writes(db: Database) -> None:
    async with db.work() as w:
        await _put(w, "a")
        async with asyncio.timeout(3):
            assert await _kids(db) == []
    assert await _kids(db) == ["a"]


async def test_a_moment_without_a_time_zone_is_refused(db: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        async with db.work() as w:
            await _put(w, "a", datetime(2030, 1, 1))  # noqa: DTZ001


async def test_moments_come_back_in_utc_to_the_microsecond(db: Database) -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    async with db.work() as w:
        await _put(w, "a", datetime(2030, 6, 1, 0, 30, 0, 123456, tzinfo=tehran))
        await _put(w, "b", datetime(2030, 5, 31, 22, 0, tzinfo=UTC))
    async with db.reading() as conn:
        found = (await conn.execute(select(shred).order_by(shred.c.at))).all()
    assert found == [
        ("a", datetime(2030, 5, 31, 21, 0, 0, 123456, tzinfo=UTC)),
        ("b", datetime(2030, 5, 31, 22, 0, tzinfo=UTC)),
    ]
    assert {row.at.tzinfo for row in found} == {UTC}


async def test_an_error_does_not_repeat_the_values_it_was_given(db: Database) -> None:
    with pytest.raises(DBAPIError) as error:
        async with db.work() as w:
            await w.conn.execute(text("INSERT INTO nowhere VALUES (:it)"), {"it": "words-of-a-family"})
    assert "words-of-a-family" not in str(error.value)
    assert "hide_parameters" in str(error.value)


async def test_sqlite_is_durable_and_strict_and_forgets(sqlite_url: str) -> None:
    db = await open_database(sqlite_url)

    async def pragma(conn: AsyncConnection, name: str) -> object:
        return (await conn.execute(text(f"PRAGMA {name}"))).scalar()

    async with db.work() as w, db.reading() as r:
        for conn in (w.conn, r):
            assert [await pragma(conn, name) for name in ("journal_mode", "synchronous", "foreign_keys")] == [
                "wal",
                2,
                1,
            ]
            assert [await pragma(conn, name) for name in ("secure_delete", "busy_timeout")] == [1, 5000]
    await db.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://somewhere/db", "oracle://x"])
async def test_other_databases_are_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be sqlite:///a-file or postgresql://"):
        await open_database(url)


async def test_the_driver_is_our_choice(tmp_path: object, postgres_url: str) -> None:
    for url, driver in ((f"sqlite+aiosqlite:///{tmp_path}/x.db", "aiosqlite"), (postgres_url, "psycopg")):
        db = await open_database(url)
        assert db.engine.dialect.driver == driver
        await db.close()


async def test_a_missing_folder_is_said_without_its_path(tmp_path: object) -> None:
    with pytest.raises(FileNotFoundError, match=r"^the folder of the database file is missing$"):
        await open_database(f"sqlite:///{tmp_path}/nowhere/beside.db")
