"""What we say, sealed, until a channel has it: never lost in silence, at most one copy more (promise 2, R4).

Rule 1: Urgent lane first; in one talk one row after the other, only a safety text may overtake.
Rule 2: Nobody can say whether a row arrived? It is offered once more (after a death of its sender up to DEATHS times,
        for it rarely had begun), except a note: that one stays unknown.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Self

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import Update

from storage import addresses, conversations, places, tables
from storage.rows import Adding, among
from storage.vault import Broken, Forgotten, Vault, as_bytes, as_text
from storage.work import Reader, Work, line

URGENT, NORMAL = 0, 1
DEATHS = 3  # so often a row is offered again whose sender died: it rarely had begun, and silence is worse than a copy


@dataclass(frozen=True, slots=True)
class Button:
    """A tap we offer: the token that comes back, and the words on it."""

    token: str
    label: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message as the family will see it: text, rows of buttons, the buttons that are always there.

    `clear`: outer references of messages to delete from the chat (kind "clear").
    """

    text: str
    lang: str
    rows: tuple[tuple[Button, ...], ...] = ()
    always: tuple[tuple[Button, ...], ...] = ()
    clear: tuple[str, ...] = ()

    def to_json(self) -> str:
        plain = [self.text, self.lang, _plain(self.rows), _plain(self.always), list(self.clear)]
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, written: str) -> Self:
        text, lang, rows, always, clear = json.loads(written)
        return cls(text, lang, _buttons(rows), _buttons(always), tuple(clear))


def _plain(rows: Iterable[Iterable[Button]]) -> list[list[list[str]]]:
    return [[[button.token, button.label] for button in row] for row in rows]


def _buttons(rows: Iterable[Iterable[Sequence[str]]]) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(Button(token, label) for token, label in row) for row in rows)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be sent. `key` names what it answers: the same key is never sent for a second time."""

    conversation_id: int
    key: str
    lane: int
    kind: str  # say | safety | handoff | note | clear
    parcel: Parcel
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """A row somebody has claimed and is about to send."""

    id: int
    conversation_id: int
    channel: str
    kid: str
    address: str
    parcel: Parcel
    kind: str
    lane: int
    attempts: int


_o = tables.outbox.c
_c = tables.conversations.c
_OPEN = _o.state == "open"
_SENDING = _o.state == "sending"
_FREE = {"lease_until": null(), "lease_by": null()}


_PUT = Adding(
    tables.outbox,
    ("conversation_id", "key", "lane", "kind", "payload", "not_before", "at"),
    once=("key",),
)


async def put(w: Work, vault: Vault, drafts: Sequence[Draft], at: datetime) -> None:
    """Put messages into the outbox; one whose key is there already is left as it is.

    Raises Forgotten when a talk is gone.
    """
    if not drafts:
        return
    kids = await conversations.keys(w, vault, (draft.conversation_id for draft in drafts))
    await _PUT.run(w.conn, [_row(vault, kids, draft, at) for draft in drafts])


def _row(vault: Vault, kids: Mapping[int, str], draft: Draft, at: datetime) -> dict[str, Any]:
    if draft.conversation_id not in kids:
        raise Forgotten("there is no such talk any more")
    payload = as_bytes(draft.parcel.to_json())
    return {
        "conversation_id": draft.conversation_id,
        "key": draft.key,
        "lane": draft.lane,
        "kind": draft.kind,
        "payload": vault.seal(kids[draft.conversation_id], places.payload(draft.key), payload),
        "not_before": draft.not_before,
        "at": at,
    }


def _next() -> Select[Any]:
    now = bindparam("now", type_=_o.not_before.type)
    due = or_(_o.not_before.is_(None), _o.not_before <= now)
    before = tables.outbox.alias()
    b = before.c
    # A row planned for later that was never tried stands in nobody's way; one that was put off does.
    in_the_way = or_(
        b.state == "sending",
        and_(b.state == "open", or_(b.not_before.is_(None), b.not_before <= now, b.attempts > 0)),
    )
    # Said twice for the database's sake: this part is what the small index of unsent rows knows.
    unsent = b.state.in_(("open", "sending"))
    earlier = (b.conversation_id == _o.conversation_id, b.id < _o.id, unsent, in_the_way)
    blocked = exists().where(*earlier)
    # A safety text waits for nothing but the safety text before it: number first, words second.
    led_in = exists().where(*earlier, b.lane == URGENT, b.kind == "safety")
    overtakes = and_(_o.lane == URGENT, _o.kind == "safety", ~led_in)
    kept = tables.addresses
    return (
        select(tables.outbox, _c.channel, _c.kid, _c.pid, kept.c.sealed)
        .join(tables.conversations, _c.id == _o.conversation_id)
        .outerjoin(kept, kept.c.conversation_id == _c.id)
        .where(_OPEN, due, or_(overtakes, ~blocked))
        .order_by(_o.lane, _o.id)
        .limit(bindparam("most"))
        .with_for_update(of=tables.outbox, skip_locked=True)
    )


_NEXT = _next()
_NEXT_ON = _NEXT.where(_c.channel == bindparam("channel"))


@cache
def _claim(dialect: str) -> Update:
    claimed = {"lease_until": bindparam("until", type_=_o.lease_until.type), "lease_by": bindparam("by")}
    mine = update(tables.outbox).where(among(dialect, _o.id))
    return mine.values(state="sending", attempts=_o.attempts + 1, **claimed)


_ENDED = (
    select(_o.id)
    .where(_SENDING, _o.lease_until < bindparam("now", type_=_o.lease_until.type))
    .order_by(_o.id)
    .with_for_update(skip_locked=True)
)


async def claim(
    w: Work, vault: Vault, now: datetime, most: int, lease: timedelta, by: str, channel: str | None = None
) -> list[Sending]:
    """Claim the next rows for sending, each for one claimer only; commit before the first is sent.

    A row whose lease ended unheard is decided here first (R4). A row with nowhere to go becomes "dead".
    `channel`: only for this one.
    """
    ended = (await w.conn.execute(_ENDED, {"now": now})).scalars().all()
    await _doubted(w, ended, DEATHS)
    asked: dict[str, Any] = {"now": now, "most": most}
    found = await w.conn.execute(
        *((_NEXT, asked) if channel is None else (_NEXT_ON, asked | {"channel": channel}))
    )
    rows = found.all()
    if not rows:
        return []
    await vault.fetch(row.kid for row in rows)
    sendings = [sending for row in rows if (sending := _sending(vault, row)) is not None]
    ids = [sending.id for sending in sendings]
    await w.conn.execute(_claim(w.conn.dialect.name), {"ids": ids, "until": now + lease, "by": by})
    for lost in {row.id for row in rows}.difference(ids):
        await dead(w, lost, now)
    return sendings


def _sending(vault: Vault, row: Any) -> Sending | None:
    where_to = addresses.opened(vault, row.kid, row.pid, row.sealed)
    parcel = _parcel(vault, row.kid, row.key, row.payload)
    if where_to is None or parcel is None:
        return None
    return Sending(
        row.id,
        row.conversation_id,
        row.channel,
        row.kid,
        where_to,
        parcel,
        row.kind,
        row.lane,
        row.attempts + 1,
    )


def _parcel(vault: Vault, kid: str, key: str, payload: bytes | None) -> Parcel | None:
    try:
        return (
            None
            if payload is None
            else Parcel.from_json(as_text(vault.open(kid, places.payload(key), payload)))
        )
    except (Forgotten, Broken):
        return None


async def sent(w: Work, row_id: int, outer_ref: str | None, at: datetime) -> None:
    """The channel has it; `outer_ref` is what the channel calls it, for deleting it later."""
    values = {"state": "sent", "outer_ref": outer_ref, "sent_at": at, "not_before": None}
    await w.conn.execute(update(tables.outbox).where(_o.id == row_id).values(values | _FREE))


async def unknown(w: Work, row_id: int, at: datetime) -> None:
    """Nobody can say whether it arrived (a time-out while reading the answer): R4 decides what follows."""
    await _doubted(w, [row_id], 1)


@cache
def _doubt(dialect: str) -> Update:
    again = and_(_o.doubts < bindparam("most"), _o.kind != "note")
    state = case((again, literal("open")), else_=literal("unknown"))
    return (
        update(tables.outbox)
        .where(among(dialect, _o.id), _SENDING)
        .values(state=state, doubts=_o.doubts + 1, **_FREE)
    )


async def _doubted(w: Work, ids: Sequence[int], most: int) -> None:
    if ids:
        await w.conn.execute(_doubt(w.conn.dialect.name), {"ids": list(ids), "most": most})


async def end_leases(w: Work, by: str, now: datetime) -> None:
    """Somebody of this name died while sending and is here again: the next claim decides about those rows."""
    mine = (
        update(tables.outbox)
        .where(_SENDING, _o.lease_by == by)
        .values(lease_until=now - timedelta(microseconds=1))
    )
    await w.conn.execute(mine)


async def refused(w: Work, row_id: int, at: datetime) -> None:
    """The family's side does not take it (blocked, deleted): it is not tried again (R7)."""
    await _end(w, row_id, "refused")


async def dead(w: Work, row_id: int, at: datetime) -> None:
    """It can never be sent: no address, unreadable, or tried too often. The desk sees it."""
    await _end(w, row_id, "dead")


async def _end(w: Work, row_id: int, state: str) -> None:
    await w.conn.execute(
        update(tables.outbox).where(_o.id == row_id).values(state=state, payload=None, **_FREE)
    )


async def later(w: Work, row_id: int, not_before: datetime) -> None:
    """It surely did not arrive (no connection, 429): try again, not before this moment."""
    values: dict[str, Any] = {"state": "open", "not_before": not_before}
    await w.conn.execute(update(tables.outbox).where(_o.id == row_id, _SENDING).values(values | _FREE))


async def drop(w: Work, conversation_id: int) -> int:
    """What was not sent to this family yet never will be (hide, forget, stop); returns how many rows."""
    unsent = delete(tables.outbox).where(_o.conversation_id == conversation_id, _OPEN)
    return (await w.conn.execute(unsent)).rowcount


async def waiting(r: Reader) -> int:
    """How many messages have not reached their channel yet."""
    unsent = select(func.count()).select_from(tables.outbox).where(_o.state.in_(("open", "sending")))
    count: int = (await line(r).execute(unsent)).scalar_one()
    return count


async def history(
    r: Reader, vault: Vault, conversation_id: int, after: int = 0
) -> list[tuple[int, Parcel, str]]:
    """What was said to this family, for the web chat: (id, parcel, kind), oldest first, younger than `after`.

    Without what is planned for later, and without what could not be sent.
    """
    said = or_(_o.state.in_(("sending", "sent", "unknown")), and_(_OPEN, _o.not_before.is_(None)))
    query = (
        select(_o.id, _o.key, _o.payload, _o.kind, _c.kid)
        .join(tables.conversations, _c.id == _o.conversation_id)
        .where(_o.conversation_id == conversation_id, _o.id > after, said)
        .order_by(_o.id)
    )
    rows = (await line(r).execute(query)).all()
    opened = [(row.id, _parcel(vault, row.kid, row.key, row.payload), row.kind) for row in rows]
    return [(number, parcel, kind) for number, parcel, kind in opened if parcel is not None]


async def refs(r: Reader, conversation_id: int, since: datetime) -> list[str]:
    """What the channel calls our messages and theirs, as far as they are younger than `since`: for /hide."""
    ours = select(_o.outer_ref).where(
        _o.conversation_id == conversation_id, _o.outer_ref.is_not(None), _o.sent_at >= since
    )
    i = tables.inbox.c
    theirs = select(i.message_ref).where(
        i.conversation_id == conversation_id, i.message_ref.is_not(None), i.at >= since
    )
    found = (await line(r).execute(ours.order_by(_o.id))).scalars().all()
    found_too = (await line(r).execute(theirs.order_by(i.id))).scalars().all()
    return [ref for ref in (*found, *found_too) if ref is not None]
