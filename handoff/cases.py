"""Cases: a family waits for a person, at a level, with a clock. No words of the family stand here.

Rule 1: one open case for each talk. A second handover raises its level and urgency and shortens its clock.
        It never lowers, never lengthens and never makes a second case.
Rule 2: the most urgent first, then the shortest clock.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, insert, select, update

from handoff.levels import ORDER, higher
from storage.tables import cases, conversations
from storage.work import Reader, Work, line


@dataclass(frozen=True, slots=True)
class CaseRow:
    id: int
    conversation_id: int
    queue: str
    level: str
    rules: tuple[str, ...]
    because: tuple[str, ...]  # reasons from the sheets and the house, never a family's words
    urgent: bool
    state: str
    opened_at: datetime
    answer_by: datetime
    claimed_by: str


async def open_case(
    w: Work,
    conversation_id: int,
    queue: str,
    level: str,
    rules: Sequence[str],
    because: str,
    urgent: bool,
    now: datetime,
    answer_by: datetime,
) -> int:
    """Open a case, or raise the open one of this talk, and return its id.

    because: a reason written in a sheet, in one line. answer_by: `Hours.deadline` of this level.
    """
    # Two handovers of one talk wait for each other here; on SQLite the work is the only writer anyway.
    await w.conn.execute(
        select(conversations.c.id)
        .where(conversations.c.id == conversation_id)
        .with_for_update(key_share=True)
    )
    found = await w.conn.execute(_rows(cases.c.conversation_id == conversation_id))
    standing = found.first()
    if standing is None:
        fresh = await w.conn.execute(
            insert(cases)
            .values(
                conversation_id=conversation_id,
                queue=queue,
                level=level,
                rules=_joined(rules, " "),
                because=because,
                urgent=urgent,
                state="waiting",
                opened_at=now,
                answer_by=answer_by,
            )
            .returning(cases.c.id)
        )
        return int(fresh.scalar_one())
    old = _case(standing)
    await w.conn.execute(
        update(cases)
        .where(cases.c.id == old.id)
        .values(
            queue="crisis" if "crisis" in (queue, old.queue) else old.queue,
            level=higher(level, old.level),
            rules=_joined((*old.rules, *rules), " "),
            because=_joined((*old.because, because), "\n"),
            urgent=urgent or old.urgent,
            answer_by=min(answer_by, old.answer_by),
        )
    )
    return old.id


async def list_open(r: Reader) -> list[CaseRow]:
    """Every open case, the most urgent first, then by its clock."""
    return [_case(row) for row in await line(r).execute(_rows())]


async def overdue(r: Reader, now: datetime) -> list[CaseRow]:
    """The cases nobody has taken although their clock has run out, in the same order."""
    late = _rows(cases.c.state == "waiting", cases.c.answer_by <= now)
    return [_case(row) for row in await line(r).execute(late)]


async def is_open(r: Reader, conversation_id: int) -> bool:
    """Does this family wait for a person, or write with one?"""
    found = await line(r).execute(_rows(cases.c.conversation_id == conversation_id))
    return found.first() is not None


def _rows(*which: ColumnElement[bool]) -> Any:
    steps = {name: step for step, name in enumerate(ORDER)}
    return (
        select(cases)
        .where(cases.c.state != "closed", *which)
        .order_by(case(steps, value=cases.c.level), cases.c.urgent.desc(), cases.c.answer_by, cases.c.id)
    )


def _case(row: Row[Any]) -> CaseRow:
    return CaseRow(
        id=row.id,
        conversation_id=row.conversation_id,
        queue=row.queue,
        level=row.level,
        rules=tuple(row.rules.split()),
        because=tuple(row.because.splitlines()),
        urgent=row.urgent,
        state=row.state,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        claimed_by=row.claimed_by or "",
    )


def _joined(parts: Iterable[str], by: str) -> str:
    """Each part once, in the order they came."""
    return by.join(dict.fromkeys(parts))


async def promises(r: Reader, conversation_ids: Collection[int]) -> dict[int, datetime]:
    """Of these talks, those with an open case: until when a person answers."""
    found = await line(r).execute(_rows(cases.c.conversation_id.in_(conversation_ids)))
    return {row.conversation_id: row.answer_by for row in found}
