"""The notes a family agreed to: planned, claimed when due, settled once (security F4, R5).

Rule 1: a row is claimed with a lease in one statement; when the lease has ended it is free again.
Rule 2: only the holder of the lease settles a row, and a cancelled row is never settled again.
Rule 3: for each talk one note at a time, the earliest first.
Rule 4: more than seven days late is dropped, never sent as a backlog (practice 4.2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlalchemy import Row, and_, exists, func, or_, select, union_all, update

from scheduler.plans import days
from scheduler.rules import WINDOWS, Verdict, crowded, hours, in_window_day, to_utc, to_wall
from storage.tables import follow_ups, insert
from storage.work import Reader, Work, line

MOST_SHIFT = 40  # minutes; a note at the same minute every time is a pattern others notice (practice 4.2)
TOO_LATE = timedelta(days=7)
_REMEMBERED = timedelta(days=8)  # a week of limits, and a day for the difference of clocks

_WALL = "%Y-%m-%dT%H:%M"

Outcome = Literal["send", "moved", "dropped", "cancelled", "gone"]


@dataclass(frozen=True, slots=True)
class Date:
    occurrence: int
    wall: datetime  # naive, by the clock on their wall
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """A row we hold the lease of."""

    id: int
    conversation_id: int
    plan: str
    scene: str
    occurrence: int
    wall: datetime
    zone: str
    due_at: datetime
    attempts: int
    by: str


def dates(
    plan: str,
    level: str,
    start: datetime,
    window: str,
    zone: str,
    shift_minutes: Sequence[int],
    country: str = "",
) -> list[Date]:
    """When the notes of a plan fall: the planned day or the next one of the window, a little after it opens.

    shift_minutes: one number from 0 to 40 for each note. No dates without an agreed window.
    Raises ValueError for a shift outside its range or missing.
    """
    if window not in WINDOWS:
        return []
    planned = days(plan, level)
    if len(shift_minutes) < len(planned) or not all(0 <= shift <= MOST_SHIFT for shift in shift_minutes):
        raise ValueError(f"needed: {len(planned)} shifts from 0 to {MOST_SHIFT} minutes")
    first, (opens, _) = to_wall(start, zone).date(), hours(window)
    taken: list[date] = []
    found = []
    for number, (after, shift) in enumerate(zip(planned, shift_minutes, strict=False), start=1):
        day = max([first + timedelta(days=after), *taken])
        while not in_window_day(day, window, country) or crowded(day, taken):
            day += timedelta(days=1)
        taken.append(day)
        wall = datetime.combine(day, opens) + timedelta(minutes=shift)
        found.append(Date(number, wall, to_utc(wall, zone)))
    return found


async def plan(
    w: Work,
    conversation_id: int,
    *,
    plan: str,
    scene: str,
    level: str,
    now: datetime,
    window: str,
    zone: str,
    country: str,
    rng: Random,
) -> int:
    """Plan the notes of one plan and return how many were made; none while notes of this plan still wait.

    A family that says yes again later gets a new round, numbered on from the last one.
    """
    rows = follow_ups.c
    mine = and_(rows.conversation_id == conversation_id, rows.plan == plan)
    found = await w.conn.execute(
        select(
            func.coalesce(func.max(rows.occurrence), 0),
            func.count().filter(rows.state.in_(("waiting", "leased", "held"))),
        ).where(mine)
    )
    last, live = found.one()
    shifts = [rng.randint(0, MOST_SHIFT) for _ in days(plan, level)]
    fresh = [] if live else dates(plan, level, now, window, zone, shifts, country)
    for each in fresh:
        await w.conn.execute(
            insert(w.conn.dialect.name, follow_ups)
            .values(
                conversation_id=conversation_id,
                plan=plan,
                occurrence=last + each.occurrence,
                scene=scene,
                wall=each.wall.strftime(_WALL),
                zone=zone,
                due_at=each.due_at,
            )
            .on_conflict_do_nothing(index_elements=["conversation_id", "plan", "occurrence"])
        )
    return len(fresh)


async def cancel(w: Work, conversation_id: int, why: str) -> int:
    """Take back every note of this family that has not gone out, also a claimed one; return how many."""
    rows = follow_ups.c
    done = await w.conn.execute(
        update(follow_ups)
        .where(rows.conversation_id == conversation_id, rows.state.in_(("waiting", "leased", "held")))
        .values(state="cancelled", reason=why, lease_until=None, lease_by=None)
    )
    return done.rowcount


async def due(w: Work, now: datetime, most: int, lease: timedelta, by: str) -> list[Due]:
    """Claim at most `most` notes that are due, one for each talk, the longest overdue first.

    lease: how long nobody else may claim them. by: the name of this claimer; no two processes share one.
    """
    rows, earlier = follow_ups.c, follow_ups.alias("earlier")
    free = or_(
        and_(rows.state == "waiting", rows.due_at <= now),
        and_(rows.state == "leased", rows.due_at <= now, rows.lease_until <= now),
    )
    before = exists().where(
        earlier.c.conversation_id == rows.conversation_id,
        earlier.c.state.in_(("waiting", "leased")),
        or_(earlier.c.due_at < rows.due_at, and_(earlier.c.due_at == rows.due_at, earlier.c.id < rows.id)),
    )
    # As a CTE, so that PostgreSQL runs it once: a repeated subselect could lock more rows than it returns.
    chosen = (
        select(rows.id)
        .where(free, ~before)
        .order_by(rows.due_at, rows.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .cte("chosen")
    )
    claimed = await w.conn.execute(
        update(follow_ups)
        .where(rows.id.in_(select(chosen.c.id)))
        .values(state="leased", lease_until=now + lease, lease_by=by, attempts=rows.attempts + 1)
        .returning(*rows)
    )
    found = [_due(row, by) for row in claimed]
    return sorted(found, key=lambda each: (each.due_at, each.id))


async def settle(w: Work, row: Due, verdict: Verdict, now: datetime) -> Outcome:
    """Bring a claimed note to its end, or to its next time.

    "send": put it into the inbox in this same work. "gone": cancelled, or somebody else has it: do nothing.
    "dropped": too late, tell the counsellor. A done row keeps in `due_at` when it went out, for the limits.
    """
    outcome, values = _outcome(row, verdict, now)
    rows = follow_ups.c
    # Every claim counts up `attempts`, so it is the fence: an older claim can settle nothing.
    held = and_(rows.id == row.id, rows.state == "leased", rows.attempts == row.attempts)
    done = await w.conn.execute(
        update(follow_ups).where(held).values(lease_until=None, lease_by=None, **values)
    )
    return outcome if done.rowcount else "gone"


async def next_due(r: Reader) -> datetime | None:
    """When the next note comes due or the next lease ends; None when nothing waits."""
    rows = follow_ups.c
    moments = union_all(
        select(rows.due_at.label("at")).where(rows.state == "waiting"),
        select(rows.lease_until.label("at")).where(rows.state == "leased"),
    ).subquery()
    at: datetime | None = (await line(r).execute(select(func.min(moments.c.at)))).scalar_one()
    return at


async def recent(
    r: Reader, conversation_ids: Iterable[int], now: datetime
) -> dict[int, tuple[datetime, ...]]:
    """When notes went out lately, for `Talk.recent`; every asked id is in the answer."""
    found: dict[int, tuple[datetime, ...]] = dict.fromkeys(conversation_ids, ())
    rows = follow_ups.c
    sent = await line(r).execute(
        select(rows.conversation_id, rows.due_at)
        .where(rows.conversation_id.in_(found), rows.state == "done", rows.due_at > now - _REMEMBERED)
        .order_by(rows.due_at)
    )
    for conversation_id, at in sent:
        found[conversation_id] = (*found[conversation_id], at)
    return found


def _outcome(row: Due, verdict: Verdict, now: datetime) -> tuple[Outcome, dict[str, object]]:
    """What becomes of a claimed note. It grows old from the agreed wall time, however often it moved."""
    latest = to_utc(row.wall, row.zone) + TOO_LATE
    if not verdict.ok and verdict.next_time is None:
        return "cancelled", {"state": "cancelled", "reason": verdict.reason}
    at = now if verdict.next_time is None else verdict.next_time
    if at > latest:
        return "dropped", {"state": "dropped", "reason": "late"}
    if verdict.ok:
        return "send", {"state": "done", "reason": "", "due_at": now}
    return "moved", {"state": "waiting", "reason": verdict.reason, "due_at": at}


def _due(row: Row[Any], by: str) -> Due:
    return Due(
        id=row.id,
        conversation_id=row.conversation_id,
        plan=row.plan,
        scene=row.scene,
        occurrence=row.occurrence,
        wall=datetime.strptime(row.wall, _WALL),  # noqa: DTZ007 - a wall clock has no zone
        zone=row.zone,
        due_at=row.due_at,
        attempts=row.attempts,
        by=by,
    )
