"""A planned note takes effect once, in its window, or not at all, on both databases."""

import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from scheduler import followups
from scheduler.followups import TOO_LATE, Due, cancel, due, next_due, recent, settle
from scheduler.rules import Verdict, may_write
from storage.tables import follow_ups
from storage.work import Database, open_database
from tests.families import families
from tests.scheduler.talks import VIENNA, talk, wall

START = wall("2026-11-18T12:00")  # a Wednesday
FIRST = wall("2026-11-23T09:00")  # day 3 is a Saturday, so Monday
LEASE = timedelta(minutes=5)
YES = Verdict(True, "")


class NoShift(Random):
    """Every note at the first minute of its window, so that a test can name it."""

    def randint(self, a: int, b: int) -> int:
        return a


async def plan(db: Database, talk_id: int, **changes: Any) -> int:
    given: dict[str, Any] = {
        "plan": "check-in",
        "scene": "follow-up.note",
        "level": "T1",
        "now": START,
        "window": "weekday-morning",
        "zone": VIENNA,
        "country": "AT",
        "rng": NoShift(),
    }
    async with db.work() as w:
        return await followups.plan(w, talk_id, **(given | changes))


async def claim(db: Database, now: datetime, by: str = "one", most: int = 100) -> list[Due]:
    async with db.work() as w:
        return await due(w, now, most, LEASE, by)


async def end(db: Database, row: Due, verdict: Verdict, now: datetime) -> str:
    async with db.work() as w:
        return await settle(w, row, verdict, now)


async def states(db: Database) -> list[tuple[int, str, str]]:
    rows = follow_ups.c
    async with db.reading() as conn:
        found = await conn.execute(select(rows.occurrence, rows.state, rows.reason).order_by(rows.id))
        return [tuple(row) for row in found]


async def test_a_plan_writes_one_row_for_each_note(db: Database) -> None:
    (talk_id,) = await families(db)
    assert await plan(db, talk_id) == 4
    async with db.reading() as conn:
        found = (await conn.execute(select(follow_ups).order_by(follow_ups.c.occurrence))).all()
        assert await next_due(conn) == FIRST
    assert [row.wall for row in found] == [
        "2026-11-23T09:00",
        "2026-11-25T09:00",
        "2026-12-02T09:00",
        "2026-12-18T09:00",
    ]
    assert {(row.zone, row.scene, row.state) for row in found} == {(VIENNA, "follow-up.note", "waiting")}
    assert found[0].due_at == FIRST


async def test_the_same_plan_is_never_planned_twice(db: Database) -> None:
    (talk_id,) = await families(db)
    assert [await plan(db, talk_id) for _ in range(3)] == [4, 0, 0]
    assert len(await states(db)) == 4


async def test_after_a_no_a_new_yes_begins_a_new_round(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id, level="T3")
    async with db.work() as w:
        assert await cancel(w, talk_id, "stopped") == 2
    assert await plan(db, talk_id, level="T3", now=START + timedelta(days=60)) == 2
    assert await states(db) == [
        (1, "cancelled", "stopped"),
        (2, "cancelled", "stopped"),
        (3, "waiting", ""),
        (4, "waiting", ""),
    ]


@pytest.mark.parametrize("changes", [{"window": "none"}, {"level": "T0"}])
async def test_nothing_is_planned_that_was_not_agreed(db: Database, changes: dict[str, Any]) -> None:
    (talk_id,) = await families(db)
    assert await plan(db, talk_id, **changes) == 0
    async with db.reading() as conn:
        assert await next_due(conn) is None


async def test_notes_are_shifted_by_up_to_forty_minutes(db: Database) -> None:
    ids = await families(db, 20)
    for talk_id in ids:
        await plan(db, talk_id, level="T3", rng=Random(talk_id))
    async with db.reading() as conn:
        walls = (await conn.execute(select(follow_ups.c.wall))).scalars().all()
    minutes = {int(each[-2:]) for each in walls}
    assert all(each[11:13] == "09" for each in walls)
    assert max(minutes) <= 40
    assert len(minutes) > 10


async def test_a_note_is_claimed_when_it_is_due_and_not_before(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    assert await claim(db, FIRST - timedelta(seconds=1)) == []
    (row,) = await claim(db, FIRST)
    assert (row.conversation_id, row.plan, row.scene, row.occurrence) == (
        talk_id,
        "check-in",
        "follow-up.note",
        1,
    )
    assert (row.due_at, row.wall.isoformat(), row.attempts, row.by) == (
        FIRST,
        "2026-11-23T09:00:00",
        1,
        "one",
    )
    assert await claim(db, FIRST, by="two") == []


async def test_a_sent_note_is_done_for_ever(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id, level="T3")
    now = wall("2026-11-30T09:20")
    (row,) = await claim(db, now)
    assert await end(db, row, YES, now) == "send"
    assert await end(db, row, YES, now) == "gone"
    assert await claim(db, now + timedelta(days=2), by="two") == []
    assert (await states(db))[0] == (1, "done", "")
    async with db.reading() as conn:
        assert await recent(conn, [talk_id, 999], now + timedelta(days=7)) == {talk_id: (now,), 999: ()}
        assert await recent(conn, [talk_id], now + timedelta(days=8)) == {talk_id: ()}


async def test_when_a_claimer_dies_its_note_comes_back_and_the_dead_one_cannot_settle_it(
    db: Database,
) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    (lost,) = await claim(db, FIRST)
    async with db.reading() as conn:
        assert await next_due(conn) == FIRST + LEASE
    assert await claim(db, FIRST + LEASE - timedelta(seconds=1), by="two") == []
    (found,) = await claim(db, FIRST + LEASE, by="two")
    assert (found.id, found.attempts) == (lost.id, 2)
    assert await end(db, lost, YES, FIRST + LEASE) == "gone"
    assert await end(db, found, YES, FIRST + LEASE) == "send"


async def test_a_claimer_that_comes_back_under_its_old_name_does_not_settle_an_old_claim(
    db: Database,
) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    (lost,) = await claim(db, FIRST)
    (found,) = await claim(db, FIRST + LEASE)
    assert await end(db, lost, YES, FIRST + LEASE) == "gone"
    assert await end(db, found, YES, FIRST + LEASE) == "send"


async def test_stop_wins_over_a_note_that_is_being_settled(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    (row,) = await claim(db, FIRST)
    async with db.work() as w:
        assert await cancel(w, talk_id, "stopped") == 4
    assert await end(db, row, YES, FIRST) == "gone"
    assert {state for _, state, _ in await states(db)} == {"cancelled"}


async def test_cancel_takes_back_the_notes_of_one_family_only(db: Database) -> None:
    one, other = await families(db, 2)
    await plan(db, one)
    await plan(db, other)
    async with db.work() as w:
        await cancel(w, one, "hidden")
    assert [row.conversation_id for row in await claim(db, FIRST)] == [other]


async def test_outside_the_window_a_note_moves_and_is_never_sent(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    night = wall("2026-11-23T23:00")  # the house was down all day
    (row,) = await claim(db, night)
    assert await end(db, row, may_write(night, talk(), row.plan), night) == "moved"
    async with db.reading() as conn:
        assert await next_due(conn) == wall("2026-11-24T09:00")
    assert (await states(db))[0] == (1, "waiting", "window")
    (row,) = await claim(db, wall("2026-11-24T09:00"))
    assert await end(db, row, YES, wall("2026-11-24T09:00")) == "send"


async def test_a_note_more_than_seven_days_late_is_dropped_with_its_reason(db: Database) -> None:
    one, other = await families(db, 2)
    await plan(db, one, level="T3")
    await plan(db, other, level="T3")
    planned = wall("2026-11-30T09:00")
    first, second = await claim(db, planned + TOO_LATE)
    assert await end(db, first, YES, planned + TOO_LATE) == "send"
    assert await end(db, second, YES, planned + TOO_LATE + timedelta(seconds=1)) == "dropped"
    assert ("dropped", "late") in {(state, reason) for _, state, reason in await states(db)}


async def test_a_note_that_could_only_go_out_too_late_is_dropped_now(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id, level="T3")
    now = wall("2026-11-30T09:00")
    (row,) = await claim(db, now)
    hidden = may_write(now, talk(hidden_until=now + TOO_LATE + timedelta(minutes=1)), row.plan)
    assert hidden.next_time is not None
    assert await end(db, row, hidden, now) == "dropped"
    assert (await states(db))[0] == (1, "dropped", "late")


async def test_a_note_that_can_still_go_out_on_the_seventh_day_waits(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id, level="T3")
    now = wall("2026-11-30T09:00")
    (row,) = await claim(db, now)
    hidden = may_write(now, talk(hidden_until=now + TOO_LATE), row.plan)
    assert await end(db, row, hidden, now) == "moved"


async def test_moving_again_and_again_does_not_make_a_note_young(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id, level="T3")
    now = planned = wall("2026-11-30T09:00")
    outcomes = []
    while not outcomes or outcomes[-1] == "moved":
        (row,) = await claim(db, now)
        verdict = may_write(now, talk(mode="human"), row.plan)
        outcomes.append(await end(db, row, verdict, now))
        now = verdict.next_time or now
    assert outcomes[-1] == "dropped"
    assert now <= planned + TOO_LATE + timedelta(days=3)


@pytest.mark.parametrize("reason", ["stopped", "no-consent", "unreachable", "no-window"])
async def test_what_only_the_family_can_change_takes_the_note_back(db: Database, reason: str) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    (row,) = await claim(db, FIRST)
    assert await end(db, row, Verdict(False, reason), FIRST) == "cancelled"
    assert (await states(db))[0] == (1, "cancelled", reason)


async def test_a_family_gets_one_note_at_a_time_the_oldest_first(db: Database) -> None:
    (talk_id,) = await families(db)
    await plan(db, talk_id)
    later = wall("2026-11-25T09:30")  # two notes are due after an outage
    (first,) = await claim(db, later)
    assert first.occurrence == 1
    assert await claim(db, later, by="two") == []
    await end(db, first, YES, later)
    (second,) = await claim(db, later, by="two")
    async with db.reading() as conn:
        sent = (await recent(conn, [talk_id], later))[talk_id]
    assert await end(db, second, may_write(later, talk(recent=sent), second.plan), later) == "moved"
    async with db.reading() as conn:
        assert await next_due(conn) == wall("2026-11-26T09:00")


async def test_the_longest_overdue_are_claimed_first_and_no_more_than_asked(db: Database) -> None:
    ids = await families(db, 6)
    for ago, talk_id in enumerate(ids):
        await plan(db, talk_id, level="T3", now=START - timedelta(days=7 * ago))
    found = await claim(db, wall("2026-11-30T09:00"), most=4)
    assert [row.conversation_id for row in found] == ids[:1:-1]


async def drain(db: Database, by: str, now: datetime) -> list[int]:
    """A dispatcher that works off everything and sometimes dies between claim and settle."""
    dice, done = Random(by), list[int]()
    idle = 0
    while idle < 3:
        rows = await claim(db, now, by, most=7)
        now += LEASE / 4
        idle = 0 if rows else idle + 1
        for row in rows:
            if dice.random() < 0.9:
                done += [row.id] if await end(db, row, YES, now) == "send" else []
        if not rows:
            await asyncio.sleep(0)
            now += LEASE
    return done


async def test_several_dispatchers_send_every_note_exactly_once(db: Database, database_url: str) -> None:
    ids = await families(db, 60)
    for talk_id in ids:
        await plan(db, talk_id, level="T3")
    others = [await open_database(database_url) for _ in range(3)]
    now = wall("2026-11-30T09:00")
    try:
        sent = await asyncio.gather(*(drain(each, f"d{n}", now) for n, each in enumerate([db, *others])))
        sent.append(await drain(db, "last", now + timedelta(hours=6)))
    finally:
        for each in others:
            await each.close()
    flat = [number for each in sent for number in each]
    assert len(flat) == len(set(flat)) == len(ids)
    assert sum(bool(each) for each in sent) > 1  # the work was shared
