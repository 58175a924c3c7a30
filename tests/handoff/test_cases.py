"""A family waits once, at the highest level anybody gave it, and the desk sees the most urgent first."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from handoff.cases import is_open, list_open, open_case, overdue
from storage.tables import cases
from storage.work import Database, open_database
from tests.families import families

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def hand_over(db: Database, talk: int, **changes: Any) -> int:
    given: dict[str, Any] = {
        "queue": "families",
        "level": "T3",
        "rules": ("T3.1",),
        "because": "they asked for a person",
        "urgent": False,
        "now": NOW,
        "answer_by": NOW + 24 * HOUR,
    }
    async with db.work() as w:
        return await open_case(w, talk, **(given | changes))


async def test_a_handover_opens_one_case(db: Database) -> None:
    (talk,) = await families(db)
    number = await hand_over(db, talk, level="T2", rules=("T2.2", "R.1"))
    async with db.reading() as conn:
        (case,) = await list_open(conn)
        assert await is_open(conn, talk)
        assert not await is_open(conn, talk + 1)
    assert (case.id, case.conversation_id, case.queue, case.level) == (number, talk, "families", "T2")
    assert (case.rules, case.because, case.state) == (
        ("T2.2", "R.1"),
        ("they asked for a person",),
        "waiting",
    )
    assert (case.opened_at, case.answer_by, case.claimed_by) == (NOW, NOW + 24 * HOUR, "")


async def test_a_second_handover_raises_the_case_and_adds_its_reason(db: Database) -> None:
    (talk,) = await families(db)
    first = await hand_over(db, talk, level="T2", rules=("T2.2",), answer_by=NOW + 72 * HOUR)
    second = await hand_over(
        db,
        talk,
        queue="crisis",
        level="T0",
        rules=("T0.1",),
        because="danger now",
        urgent=True,
        now=NOW + HOUR,
        answer_by=NOW + 2 * HOUR,
    )
    async with db.reading() as conn:
        (case,) = await list_open(conn)
    assert first == second == case.id
    assert (case.level, case.urgent, case.queue, case.answer_by) == ("T0", True, "crisis", NOW + 2 * HOUR)
    assert case.rules == ("T2.2", "T0.1")
    assert case.because == ("they asked for a person", "danger now")
    assert case.opened_at == NOW


async def test_a_later_handover_never_lowers_a_case(db: Database) -> None:
    (talk,) = await families(db)
    await hand_over(db, talk, queue="crisis", level="T1", rules=("T1.1",), urgent=True, answer_by=NOW + HOUR)
    await hand_over(db, talk, now=NOW + HOUR, answer_by=NOW + 100 * HOUR)
    async with db.reading() as conn:
        (case,) = await list_open(conn)
    assert (case.level, case.urgent, case.queue, case.answer_by) == ("T1", True, "crisis", NOW + HOUR)


async def test_the_same_reason_is_told_once(db: Database) -> None:
    (talk,) = await families(db)
    for _ in range(3):
        await hand_over(db, talk)
    async with db.reading() as conn:
        (case,) = await list_open(conn)
    assert (case.rules, case.because) == (("T3.1",), ("they asked for a person",))


async def test_after_a_case_was_closed_a_new_one_begins(db: Database) -> None:
    (talk,) = await families(db)
    first = await hand_over(db, talk, level="T1")
    async with db.work() as w:
        await w.conn.execute(update(cases).values(state="closed", closed_at=NOW))
        assert not await is_open(w, talk)
    second = await hand_over(db, talk, level="T3")
    async with db.reading() as conn:
        (case,) = await list_open(conn)
    assert (case.id, case.level) == (second, "T3")
    assert first != second


async def test_the_desk_sees_the_most_urgent_first(db: Database) -> None:
    late, soon, now_, advice, wish = await families(db, 5)
    await hand_over(db, advice, level="T3", answer_by=NOW)
    await hand_over(db, late, level="T1", answer_by=NOW + 20 * HOUR)
    await hand_over(db, soon, level="T1", answer_by=NOW + 4 * HOUR)
    await hand_over(db, wish, level="T1", urgent=True, answer_by=NOW + 21 * HOUR)
    await hand_over(db, now_, level="T0", answer_by=NOW + 24 * HOUR)
    async with db.reading() as conn:
        found = [case.conversation_id for case in await list_open(conn)]
    assert found == [now_, wish, soon, late, advice]


async def test_what_nobody_took_in_time_is_overdue(db: Database) -> None:
    waiting, claimed, closed, early = await families(db, 4)
    for talk in (waiting, claimed, closed):
        await hand_over(db, talk, answer_by=NOW + HOUR)
    await hand_over(db, early, answer_by=NOW + 3 * HOUR)
    async with db.work() as w:
        await w.conn.execute(update(cases).where(cases.c.conversation_id == claimed).values(state="claimed"))
        await w.conn.execute(update(cases).where(cases.c.conversation_id == closed).values(state="closed"))
    async with db.reading() as conn:
        assert [case.conversation_id for case in await overdue(conn, NOW + HOUR)] == [waiting]
        assert await overdue(conn, NOW + HOUR - timedelta(seconds=1)) == []


async def test_two_handovers_at_once_make_one_case(db: Database, database_url: str) -> None:
    (talk,) = await families(db)
    other = await open_database(database_url)
    try:
        made = await asyncio.gather(*(hand_over(each, talk) for each in (db, other) * 5))
    finally:
        await other.close()
    async with db.reading() as conn:
        assert (await conn.execute(select(func.count()).select_from(cases))).scalar_one() == 1
    assert len(set(made)) == 1
