"""The one door: what moves a talk lies here first, durable and sealed; then we say "received".

Rule 1: A letter is new once per (channel, outer id), however often the channel brings it (promise 1, R2).
Rule 2: One order per talk: (seq, id). Somebody who takes a talk takes it alone (R3).
Rule 3: A talk with a postponed row waits whole; other talks never wait for it (R13).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, Update, bindparam, func, literal, or_, select, update

from storage import conversations, places, tables
from storage.conversations import Visitor
from storage.rows import Adding, among
from storage.tables import insert
from storage.vault import Broken, Forgotten, Vault, as_bytes
from storage.work import Database, Reader, Work, line

HOUSE = "house"  # the channel of our own events
_LONGEST_CODE = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """What a channel brings, undecoded. `seq` is the channel's own order; `person` is never kept in clear."""

    channel: str
    outer_id: str
    seq: int
    person: str
    address: str
    body: bytes
    message_ref: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One open row of a talk. `body` is None when nobody can open it any more."""

    id: int
    conversation_id: int
    channel: str
    outer_id: str
    kind: str  # outer | house
    body: bytes | None
    attempts: int
    at: datetime
    message_ref: str | None


_i = tables.inbox.c
_c = tables.conversations.c
_OPEN = _i.state == "open"


_ACCEPT = Adding(
    tables.inbox,
    ("channel", "outer_id", "seq", "conversation_id", "kind", "body", "message_ref", "at"),
    once=("channel", "outer_id"),
    returning=("channel", "outer_id"),
)


async def accept(
    db: Database, vault: Vault, letters: Sequence[Letter], lang_hint: Mapping[str, str] | None = None
) -> list[bool]:
    """Take letters in, all in one transaction; True for each that is new. Only then tell the channel.

    `lang_hint`: person -> language, for people we meet for the first time.
    Raises what the database raises (full, read-only, busy): nothing was kept, the channel must not be told.
    """
    if not letters:
        return []
    hints = lang_hint or {}
    visitors = [
        Visitor(
            letter.channel, letter.person, letter.address, _code(hints.get(letter.person)) or "", letter.at
        )
        for letter in letters
    ]
    async with db.work() as w:
        talks = await conversations.meet(w, vault, visitors)
        rows = [_row(vault, letter, *talk) for letter, talk in zip(letters, talks, strict=True)]
        new = {(row.channel, row.outer_id) for row in await _ACCEPT.run(w.conn, rows)}
    return [_first(new, (letter.channel, letter.outer_id)) for letter in letters]


def _row(vault: Vault, letter: Letter, number: int, kid: str) -> dict[str, Any]:
    return {
        "channel": letter.channel,
        "outer_id": letter.outer_id,
        "seq": letter.seq,
        "conversation_id": number,
        "kind": "outer",
        "body": vault.seal(kid, places.body(letter.channel, letter.outer_id), letter.body),
        "message_ref": _code(letter.message_ref),
        "at": letter.at,
    }


def _code(given: str | None) -> str | None:
    """A short code from outside, or None: what PostgreSQL cannot store must not stop the whole batch (security F2)."""
    fit = given is not None and len(given) <= _LONGEST_CODE and given.isascii() and given.isprintable()
    return given if fit else None


def _first(new: set[tuple[str, str]], name: tuple[str, str]) -> bool:
    if name not in new:
        return False
    new.discard(name)  # the same letter twice in one batch is new once
    return True


async def put(
    w: Work, vault: Vault, conversation_id: int, key: str, body: Mapping[str, Any], at: datetime
) -> bool:
    """Put an event of the house before a talk (a follow-up came due, a case was closed); True = new.

    It comes after every letter that waits already. A talk that is gone takes nothing: False.
    """
    kid = (await conversations.keys(w, vault, [conversation_id])).get(conversation_id)
    if kid is None:
        return False
    waiting = select(func.coalesce(func.max(_i.seq), literal(0)))
    row = {
        "channel": HOUSE,
        "outer_id": key,
        "seq": waiting.where(_OPEN, _i.conversation_id == conversation_id).scalar_subquery(),
        "conversation_id": conversation_id,
        "kind": "house",
        "body": vault.seal(kid, places.body(HOUSE, key), as_bytes(json.dumps(body, ensure_ascii=False))),
        "at": at,
    }
    new = insert(w.conn.dialect.name, tables.inbox).on_conflict_do_nothing(
        index_elements=["channel", "outer_id"]
    )
    return (await w.conn.execute(new.values(row).returning(_i.id))).first() is not None


def _waiting_talks(window: int | None) -> Select[Any]:
    """The talks that wait, with their oldest row; of the oldest `window` open rows, or of all."""
    open_rows = select(_i.id, _i.conversation_id, _i.not_before).where(_OPEN).order_by(_i.id).limit(window)
    rows = open_rows.subquery().c
    due = func.max(rows.not_before)
    return (
        select(rows.conversation_id, func.min(rows.id).label("first"))
        .group_by(rows.conversation_id)
        .having(or_(due.is_(None), due <= bindparam("now", type_=_i.not_before.type)))
    )


def _free_talks(window: int | None) -> Select[Any]:
    first = _waiting_talks(window).subquery()
    return (
        select(_c.id, _c.kid)
        .join(first, first.c.conversation_id == _c.id)
        .order_by(first.c.first)
        .limit(bindparam("most"))
        .with_for_update(**_ALONE)
    )


@cache
def _their_rows(dialect: str) -> Select[Any]:
    place = func.row_number().over(partition_by=_i.conversation_id, order_by=(_i.seq, _i.id)).label("place")
    ranked = select(_i.id, place).where(_OPEN, among(dialect, _i.conversation_id)).subquery()
    return (
        select(tables.inbox)
        .join(ranked, ranked.c.id == _i.id)
        .where(ranked.c.place <= bindparam("most_each"))
        .order_by(_i.conversation_id, _i.seq, _i.id)
    )


# NO KEY UPDATE: takers exclude each other, while `accept` may go on adding letters to the same talk.
_ALONE: dict[str, Any] = {"of": tables.conversations, "key_share": True, "skip_locked": True}
_WINDOW = 512
_WAITING = _waiting_talks(None).order_by("first").limit(bindparam("most"))
_NEXT = _free_talks(_WINDOW)
_NEXT_OF_ALL = _free_talks(None)
_ONE = select(_c.id, _c.kid).where(_c.id == bindparam("only")).with_for_update(**_ALONE)


async def _free(w: Work, now: datetime, most: int, only: int | None) -> dict[int, str]:
    """Talks that we hold from now on: id -> kid."""
    if only is not None:
        found = (await w.conn.execute(_ONE, {"only": only})).all()
    else:
        asked = {"now": now, "most": most}
        found = (await w.conn.execute(_NEXT, asked)).all()
        if len(found) < most:  # one talk may fill the whole window; the others must not wait for it
            found = (await w.conn.execute(_NEXT_OF_ALL, asked)).all()
    return {row.id: row.kid for row in found}


async def take(
    w: Work,
    vault: Vault,
    now: datetime,
    most_conversations: int,
    most_each: int = 20,
    only: int | None = None,
) -> dict[int, list[Row]]:
    """Take the next talks for a turn, those that wait longest first; each with its oldest rows in order.

    Nobody else can take them until the commit. `only`: this talk or nothing.
    """
    kids = await _free(w, now, most_conversations, only)
    if not kids:
        return {}
    await vault.fetch(kids.values())
    asked = {"ids": list(kids), "most_each": most_each}
    taken: dict[int, list[Row]] = {number: [] for number in kids}
    late: set[int] = set()
    for row in await w.conn.execute(_their_rows(w.conn.dialect.name), asked):
        taken[row.conversation_id].append(_opened(vault, kids[row.conversation_id], row))
        if row.not_before is not None and row.not_before > now:
            late.add(row.conversation_id)  # its time has not come
    return {number: rows for number, rows in taken.items() if rows and number not in late}


def _opened(vault: Vault, kid: str, row: Any) -> Row:
    body: bytes | None
    try:
        body = vault.open(kid, places.body(row.channel, row.outer_id), row.body or b"")
    except (Forgotten, Broken):
        body = None
    return Row(
        row.id,
        row.conversation_id,
        row.channel,
        row.outer_id,
        row.kind,
        body,
        row.attempts,
        row.at,
        row.message_ref,
    )


@cache
def _done(dialect: str) -> Update:
    effected = {"state": "done", "body": None, "not_before": None, "why": None}
    return update(tables.inbox).where(among(dialect, _i.id)).values(effected)


async def done(w: Work, ids: Sequence[int]) -> None:
    """These rows had their effect: their bodies are wiped, what stays is that they were here."""
    if ids:
        await w.conn.execute(_done(w.conn.dialect.name), {"ids": list(ids)})


async def later(w: Work, row_id: int, at: datetime, why: str) -> None:
    """Try this row again at `at`. `why` is a code, never a family's word."""
    again = {"attempts": _i.attempts + 1, "not_before": at, "why": why}
    await w.conn.execute(update(tables.inbox).where(_i.id == row_id, _OPEN).values(again))


async def park(w: Work, row_id: int, why: str) -> None:
    """Put a row aside that nobody could handle, so that the talk goes on; the body stays for seven days."""
    await w.conn.execute(update(tables.inbox).where(_i.id == row_id, _OPEN).values(state="parked", why=why))


async def talks_waiting(r: Reader, now: datetime, most: int) -> list[int]:
    """The talks a `take` would come to first, those that wait longest in front; nothing is locked."""
    return list((await line(r).execute(_WAITING, {"now": now, "most": most})).scalars())


async def waiting(r: Reader) -> int:
    """How many rows wait for a turn."""
    count: int = (
        await line(r).execute(select(func.count()).select_from(tables.inbox).where(_OPEN))
    ).scalar_one()
    return count
