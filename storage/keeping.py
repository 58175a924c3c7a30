"""How long things are kept, and how they are forgotten: for good, in the log and in every backup (promise 6).

Rule 1: First the new key, then the rows, then the old key is destroyed. A crash between any two steps leaves
        the talk as it was, or a talk that is gone and whose key `shred` destroys at the next start.
Rule 2: Deletion goes by the stored `delete_after`; a clock that jumped deletes nothing (security 3).
Rule 3: Nothing of an open case, an agreed follow-up or an unread letter is deleted by age.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, update

from storage import addresses, places, tables
from storage.rows import Adding, Changing
from storage.tables import OF_A_TALK, insert
from storage.vault import Broken, Forgotten, KeyTrouble, Vault
from storage.work import Database, Reader, Work, line

LAST_WORD = timedelta(days=1)  # so long an emptied talk stays, for the one message that says it is empty
MASS_SHARE, MASS_LEAST = 0.2, 20
_AT_ONCE = 200

_t = tables.conversations.c
_i = tables.inbox.c
_o = tables.outbox.c

_BLANK: Mapping[str, Any] = {
    "lang": "",
    "mode": "script",
    "edition": None,
    "state": None,
    "keep": "",
    "zone": "",
    "country": "",
    "register": "",
    "hidden_until": None,
    "stopped_at": None,
    "unreachable_at": None,
    "code_mac": None,
    "code": None,
}


_Talk = tuple[int, str]  # a talk's id and kid
_RESEAL = Changing(tables.inbox, ("id",), ("body", "conversation_id", "at"))
_START = Changing(tables.conversations, ("id",), ("delete_after",))
_SHRED = Adding(tables.shred, ("kid", "at"), once=("kid",))


@dataclass(frozen=True, slots=True)
class Terms:
    """How long we keep what; the texts for families are rendered from the same values."""

    session: timedelta = timedelta(minutes=60)  # a talk that wants nothing kept, after the last contact
    contact: timedelta = timedelta(days=30)  # any other talk, after the last contact
    case: timedelta = timedelta(days=90)  # the words of a case, after it was closed
    letters: timedelta = timedelta(hours=48)  # that a letter was here, and what was said to the family
    parked: timedelta = timedelta(days=7)  # a letter nobody could handle; a message nobody could deliver


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did. `refused`: "" | "clock" | "mass"; `due`: how many talks it found due."""

    due: int = 0
    talks: int = 0
    emptied: int = 0
    texts: int = 0
    letters: int = 0
    messages: int = 0
    refused: str = ""


async def forget(w: Work, vault: Vault, conversation_id: int, now: datetime) -> int:
    """Forget a talk inside the caller's transaction, and leave a blank one in its place for a day.

    Letters not yet read go on under the new key, so that none is lost. Call `shred` after the commit.
    Returns the id of the blank talk. Raises Forgotten when there is no such talk.
    """
    wanted = select(_t.kid, _t.pid, tables.addresses.c.sealed).outerjoin(tables.addresses)
    locked = wanted.where(_t.id == conversation_id).with_for_update(of=tables.conversations)
    talk = (await w.conn.execute(locked)).first()
    if talk is None:
        raise Forgotten("there is no such talk any more")
    [fresh] = await vault.new_keys(1)
    where_to = addresses.opened(vault, talk.kid, talk.pid, talk.sealed)
    await _reseal(w, vault, (conversation_id, talk.kid), (conversation_id, fresh), now)
    await _empty(w, [conversation_id], also_unread=False)
    times = {"created_at": now, "seen_at": now, "delete_after": now + LAST_WORD}
    blank = update(tables.conversations).where(_t.id == conversation_id)
    await w.conn.execute(blank.values({**_BLANK, **times, "kid": fresh}))
    if where_to is not None:
        await addresses.keep(w, vault, [(conversation_id, fresh, talk.pid, where_to)])
    await _to_shred(w, [talk.kid], now)
    return conversation_id


async def hand_over(w: Work, vault: Vault, old: int, new: int) -> None:
    """End the talk `old`; its unread letters go over to the talk `new`."""
    both = select(_t.id, _t.kid, _t.seen_at).where(_t.id.in_([old, new])).order_by(_t.id)
    talks = {row.id: row for row in await w.conn.execute(both.with_for_update())}
    await _reseal(w, vault, (old, talks[old].kid), (new, talks[new].kid), None)
    await _remove(w, [old], [talks[old].kid], talks[old].seen_at)


async def shred(db: Database, vault: Vault) -> int:
    """Destroy the keys of what was forgotten, then empty the log. After each forget, and at every start."""
    async with db.reading() as conn:
        kids = (await conn.execute(select(tables.shred.c.kid))).scalars().all()
    for start in range(0, len(kids), _AT_ONCE):
        part = kids[start : start + _AT_ONCE]
        await vault.destroy(part)
        async with db.work() as w:
            await w.conn.execute(delete(tables.shred).where(tables.shred.c.kid.in_(part)))
    await db.tidy()
    return len(kids)


async def _reseal(w: Work, vault: Vault, old: _Talk, new: _Talk, at: datetime | None) -> None:
    """Unread letters change their key, and with `at` they are of that moment.

    One that nobody can open stays, without a body: the turn will say so.
    """
    unread = select(_i.id, _i.channel, _i.outer_id, _i.body, _i.at)
    rows = (await w.conn.execute(unread.where(_i.conversation_id == old[0], _i.state == "open"))).all()
    await vault.fetch([old[1], new[1]])
    changed = []
    for row in rows:
        place = places.body(row.channel, row.outer_id)
        try:
            body = vault.seal(new[1], place, vault.open(old[1], place, row.body or b""))
        except (Forgotten, Broken):
            body = None
        changed.append({"id": row.id, "body": body, "conversation_id": new[0], "at": at or row.at})
    await _RESEAL.run(w.conn, changed)


async def _empty(w: Work, ids: Sequence[int], *, also_unread: bool, but: Iterable[str] = ()) -> None:
    for table in OF_A_TALK:
        if table.name not in but:
            rows = delete(table).where(table.c.conversation_id.in_(ids))
            if table is tables.inbox and not also_unread:
                rows = rows.where(_i.state != "open")
            await w.conn.execute(rows)


async def _remove(w: Work, ids: Sequence[int], kids: Sequence[str], now: datetime) -> None:
    await _empty(w, ids, also_unread=True)
    await w.conn.execute(delete(tables.conversations).where(_t.id.in_(ids)))
    await _to_shred(w, kids, now)


async def _to_shred(w: Work, kids: Sequence[str], now: datetime) -> None:
    await _SHRED.run(w.conn, [{"kid": kid, "at": now} for kid in kids])


# --- retention ---


async def sweep(
    db: Database,
    vault: Vault,
    now: datetime,
    clock_jumped: bool,
    *,
    terms: Terms = Terms(),
    confirmed: bool = False,
) -> Swept:
    """Delete what is past its time, in small transactions; interrupted, the next sweep goes on.

    After a clock jump nothing is deleted, and talks are not deleted in masses (more than 20 and more than
    a fifth), unless an operator has `confirmed` it.
    """
    if clock_jumped and not confirmed:
        return Swept(refused="clock")
    await _start_clocks(db, terms)
    gone, emptied = _due(now, terms)
    async with db.reading() as conn:
        total = await _count(conn, None)
        due = await _count(conn, or_(gone, emptied))
    mass = due > MASS_LEAST and due > MASS_SHARE * total and not confirmed
    talks = 0 if mass else await _sweep_talks(db, gone, now, remove=True)
    emptied_talks = 0 if mass else await _sweep_talks(db, emptied, now, remove=False)
    async with db.work() as w:
        texts, letters, messages = [await _delete(w, statement) for statement in _old_rows(now, terms)]
        for statement in _old_words(now, terms):
            await w.conn.execute(statement)
    await shred(db, vault)
    return Swept(due, talks, emptied_talks, texts, letters, messages, "mass" if mass else "")


def _open_case() -> ColumnElement[bool]:
    case = tables.cases.c
    return exists().where(case.conversation_id == _t.id, case.state != "closed")


def _due(now: datetime, terms: Terms) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Which talks are past their time: those that go, and those whose closed case still keeps the words."""
    case, plan = tables.cases.c, tables.follow_ups.c
    agreed = exists().where(plan.conversation_id == _t.id, plan.state.in_(("waiting", "leased")))
    unread = exists().where(_i.conversation_id == _t.id, _i.state == "open")
    kept = exists().where(case.conversation_id == _t.id, case.closed_at > now - terms.case)
    reachable = exists().where(tables.addresses.c.conversation_id == _t.id)
    past = and_(_t.delete_after <= now, ~_open_case(), ~agreed, ~unread)
    return and_(past, ~kept), and_(past, kept, or_(reachable, _t.state.is_not(None), _t.code.is_not(None)))


async def _count(r: Reader, condition: ColumnElement[bool] | None) -> int:
    query = select(func.count()).select_from(tables.conversations)
    count: int = (await line(r).execute(query if condition is None else query.where(condition))).scalar_one()
    return count


async def _start_clocks(db: Database, terms: Terms) -> None:
    """Write down until when each talk is kept, counted from the last contact; never while a case is open."""
    unset = select(_t.id, _t.keep, _t.seen_at).where(_t.delete_after.is_(None), ~_open_case()).limit(_AT_ONCE)
    spans = {"session": terms.session}
    while True:
        async with db.work() as w:
            rows = (await w.conn.execute(unset.with_for_update(key_share=True, skip_locked=True))).all()
            if not rows:
                return
            until = [row.seen_at + spans.get(row.keep, terms.contact) for row in rows]
            clocks = [{"id": row.id, "delete_after": at} for row, at in zip(rows, until, strict=True)]
            await _START.run(w.conn, clocks)


async def _sweep_talks(db: Database, which: ColumnElement[bool], now: datetime, *, remove: bool) -> int:
    query: Select[Any] = select(_t.id, _t.kid).where(which).order_by(_t.id).limit(_AT_ONCE)
    swept = 0
    while True:
        async with db.work() as w:
            held = (
                await w.conn.execute(query.with_for_update(of=tables.conversations, skip_locked=True))
            ).all()
            # Asked again now that nobody can add to them: a letter may have come before we had the lock.
            sure = select(_t.id, _t.kid).where(which, _t.id.in_([row.id for row in held]))
            rows = (await w.conn.execute(sure)).all()
            if not rows:
                return swept
            ids = [row.id for row in rows]
            if remove:
                await _remove(w, ids, [row.kid for row in rows], now)
            else:
                await _empty(w, ids, also_unread=True, but=("cases", "texts", "agreements"))
                await w.conn.execute(update(tables.conversations).where(_t.id.in_(ids)).values(_BLANK))
            swept += len(ids)


def _old_rows(now: datetime, terms: Terms) -> list[Any]:
    """The words of cases closed long ago, letters that had their effect, messages that arrived.

    Words outside a case go as long after they were written, unless the family has a case that still counts.
    """
    case, text = tables.cases.c, tables.texts.c
    counts = or_(case.state != "closed", case.closed_at > now - terms.case)
    closed = select(case.id).where(~counts)
    in_need = select(case.conversation_id).where(counts)
    outside = and_(text.case_id.is_(None), text.at <= now - terms.case, text.conversation_id.not_in(in_need))
    return [
        delete(tables.texts).where(or_(text.case_id.in_(closed), outside)),
        delete(tables.inbox).where(_i.state == "done", _i.at <= now - terms.letters),
        delete(tables.outbox).where(_o.state == "sent", _o.sent_at <= now - terms.letters),
    ]


def _old_words(now: datetime, terms: Terms) -> list[Any]:
    """Where the row stays for the desk to see, but not the words."""
    ended = _o.state.in_(("refused", "unknown", "dead"))
    return [
        update(tables.inbox).where(_i.state == "parked", _i.at <= now - terms.parked).values(body=None),
        update(tables.outbox).where(ended, _o.at <= now - terms.parked).values(payload=None),
    ]


async def _delete(w: Work, statement: Any) -> int:
    return (await w.conn.execute(statement)).rowcount


# --- proofs ---

_TELLING = (
    "edition",
    "state",
    "keep",
    "zone",
    "country",
    "register",
    "hidden_until",
    "stopped_at",
    "code_mac",
    "code",
)


async def left_behind(r: Reader, conversation_id: int, pid: str) -> list[str]:
    """The verifier: the tables that still hold something of a forgotten talk; empty is the only good answer.

    A blank talk with its address does not count, nor what is younger than it: unread letters, the last word.
    """
    conn = line(r)
    named = or_(_t.id == conversation_id, _t.pid == pid)
    talks = (await conn.execute(select(tables.conversations).where(named))).all()
    blank = [
        row for row in talks if row.id == conversation_id and not any(getattr(row, name) for name in _TELLING)
    ]
    found = ["conversations"] if len(talks) > len(blank) else []
    for table in OF_A_TALK:
        rows = select(func.count()).where(table.c.conversation_id == conversation_id)
        if blank and table is tables.addresses:
            continue
        if blank and table in (tables.inbox, tables.outbox):
            rows = rows.where(table.c.at < blank[0].created_at)
        if (await conn.execute(rows)).scalar_one():
            found.append(table.name)
    return sorted(found)


async def same_house(db: Database, vault: Vault) -> None:
    """Make sure that these keys and this database belong together; the first start marries them.

    Raises KeyTrouble: with other keys every family would be a stranger, and every talk unreadable.
    """
    mark = vault.mark("this house")
    async with db.work() as w:
        new = insert(db.dialect, tables.house).on_conflict_do_nothing(index_elements=["name"])
        await w.conn.execute(new, {"name": "keys", "value": mark})
        kept = (
            await w.conn.execute(select(tables.house.c.value).where(tables.house.c.name == "keys"))
        ).scalar()
    if kept != mark:
        raise KeyTrouble("The key file id.key belongs to another database; look which key folder is mounted.")
