"""Talks: who (by a keyed name only), where they stand, what they agreed to, and their sealed words.

Rule 1: A talk that was forgotten or moved while somebody worked on it is not saved over.
Rule 2: No free text before the limits are agreed to: the database itself refuses it (promise 5).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, null, select, update

from storage import addresses, keeping, places, tables
from storage.rows import Adding, Changing, Given, among
from storage.tables import Insert, conversations, insert, texts
from storage.vault import Forgotten, Vault, as_bytes, as_text
from storage.work import Reader, Work, line


@dataclass(slots=True)
class Conversation:
    """One talk as the turn sees it: opened, changeable, saved whole."""

    id: int
    channel: str
    pid: str
    kid: str
    lang: str
    mode: str  # script | waiting | human | closed
    edition: str | None
    state: str  # JSON of the dialog; "" before the first word
    keep: str  # "" | session | keep | follow
    zone: str
    country: str
    register: str
    hidden_until: datetime | None
    stopped_at: datetime | None
    unreachable_at: datetime | None
    code: str  # the return code, "" when there is none
    created_at: datetime
    seen_at: datetime
    delete_after: datetime | None


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone who wrote: enough to begin a talk with them, or to find the one that is there."""

    channel: str
    person: str
    address: str
    lang: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptText:
    """A family's own words, opened on the desk."""

    id: int
    case_id: int | None
    name: str
    text: str
    at: datetime


_c = conversations.c


@cache
def _find(dialect: str) -> Select[Any]:
    kept = tables.addresses.c.conversation_id.is_not(None).label("reachable")
    query = select(_c.id, _c.kid, _c.pid, _c.channel, kept).outerjoin(tables.addresses)
    return _held(query.where(among(dialect, _c.pid, "pids")))


@cache
def _keys(dialect: str) -> Select[Any]:
    return _held(select(_c.id, _c.kid).where(among(dialect, _c.id)))


def _held(query: Select[Any]) -> Select[Any]:
    # KEY SHARE holds off only `forget` and removal: who seals a row first makes sure that the key stays
    # (PostgreSQL; on SQLite the writer is alone anyway).
    return query.with_for_update(read=True, key_share=True, of=conversations)


@cache
def _load(dialect: str) -> Select[Any]:
    return select(conversations).where(among(dialect, _c.id))


_MEET = Adding(
    conversations,
    ("pid", "channel", "kid", "lang", "created_at", "seen_at"),
    once=("pid", "channel"),
    returning=("id", "kid", "pid", "channel"),
)


def code_mark(vault: Vault, code: str) -> bytes:
    """The keyed mark under which a return code is found again."""
    return vault.mark("return code", code)


_Name = tuple[str, str]  # pid and channel


async def meet(w: Work, vault: Vault, visitors: Sequence[Visitor]) -> list[tuple[int, str]]:
    """Find or begin the talk of each visitor: (id, kid) in their order. Afterwards each can be answered.

    A talk whose key is gone (a backup was restored after it was forgotten) begins anew, blank.
    """
    names = [(vault.pid(visitor.channel, visitor.person), visitor.channel) for visitor in visitors]
    people: dict[_Name, Visitor] = {}
    for name, visitor in zip(names, visitors, strict=True):
        people.setdefault(name, visitor)
    known = await _known(w, people)
    if gone := await vault.missing(row.kid for row in known.values()):
        lost = [name for name, row in known.items() if row.kid in gone]
        for name in lost:
            await keeping.forget(w, vault, known[name].id, people[name].at)
        known |= await _known(w, lost)
    talks = {name: (row.id, row.kid) for name, row in known.items()}
    talks |= await _begin(w, vault, {name: who for name, who in people.items() if name not in known})
    unreachable = [name for name in people if name not in known or not known[name].reachable]
    await addresses.keep(w, vault, [(*talks[name], name[0], people[name].address) for name in unreachable])
    return [talks[name] for name in names]


async def _known(w: Work, names: Iterable[_Name]) -> dict[_Name, Row[Any]]:
    wanted = set(names)
    rows = await w.conn.execute(_find(w.conn.dialect.name), {"pids": [pid for pid, _ in wanted]})
    return {(row.pid, row.channel): row for row in rows if (row.pid, row.channel) in wanted}


async def _begin(w: Work, vault: Vault, strangers: Mapping[_Name, Visitor]) -> dict[_Name, tuple[int, str]]:
    kids = await vault.new_keys(len(strangers))
    rows = []
    for name, kid in zip(
        sorted(strangers), kids, strict=True
    ):  # sorted: two processes meet them in one order
        who = strangers[name]
        named = {"pid": name[0], "channel": name[1], "kid": kid, "lang": who.lang}
        rows.append(named | {"created_at": who.at, "seen_at": who.at})
    begun = {(row.pid, row.channel): (row.id, row.kid) for row in await _MEET.run(w.conn, rows)}
    if len(begun) < len(strangers):  # another process met them in the same moment
        begun |= {name: (row.id, row.kid) for name, row in (await _known(w, strangers)).items()}
        await vault.destroy(set(kids) - {kid for _, kid in begun.values()})
    return begun


async def load(r: Reader, vault: Vault, ids: Iterable[int]) -> dict[int, Conversation]:
    """Open talks by id; one that is not there is left out, one whose key is gone comes back blank.

    Raises Broken when a saved talk was tampered with.
    """
    conn = line(r)
    rows = (await conn.execute(_load(conn.dialect.name), {"ids": list(ids)})).all()
    await vault.fetch(row.kid for row in rows)
    return {row.id: _opened(vault, row) for row in rows}


def _opened(vault: Vault, row: Row[Any]) -> Conversation:
    values = dict(row._mapping)
    del values["code_mac"]
    try:
        values["state"] = _plain(vault, row.kid, places.state(row.id), row.state)
        values["code"] = _plain(vault, row.kid, places.code(row.id), row.code)
    except Forgotten:
        values["state"] = values["code"] = ""
    return Conversation(**values)


def _plain(vault: Vault, kid: str, where: str, sealed: bytes | None) -> str:
    return "" if sealed is None else as_text(vault.open(kid, where, sealed))


_SAVED = ("lang", "mode", "edition", "keep", "zone", "country", "register")
_MOMENTS = ("hidden_until", "stopped_at", "unreachable_at", "seen_at")
_SEALED = ("state", "code", "code_mac")


def _saved(given: Given) -> dict[str, ColumnElement[Any]]:
    # A new contact, or another wish about keeping, starts the clock of retention anew: the sweep sets it.
    same = and_(_c.seen_at == given("seen_at"), _c.keep == given("keep"))
    values = {name: given(name) for name in (*_SAVED, *_MOMENTS, *_SEALED)}
    return values | {"delete_after": case((same, given("delete_after")), else_=null())}


_SAVE = Changing(conversations, ("id", "kid"), (*_SAVED, *_MOMENTS, *_SEALED, "delete_after"), _saved)


async def save(w: Work, vault: Vault, talks: Sequence[Conversation]) -> None:
    """Save talks, all in one statement. `created_at`, `channel`, `pid` and `kid` are not changed by it.

    Raises Forgotten when one of them was forgotten, moved or removed since it was loaded.
    """
    if not talks:
        return
    await vault.fetch(talk.kid for talk in talks)
    if await _SAVE.run(w.conn, [_row(vault, talk) for talk in talks]) != len(talks):
        raise Forgotten("a talk was forgotten while it was being worked on")


def _row(vault: Vault, talk: Conversation) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(talk, name) for name in (*_SAVED, *_MOMENTS)}
    state = vault.seal(talk.kid, places.state(talk.id), as_bytes(talk.state)) if talk.state else None
    code = vault.seal(talk.kid, places.code(talk.id), as_bytes(talk.code)) if talk.code else None
    return row | {
        "id": talk.id,
        "kid": talk.kid,
        "edition": talk.edition or None,
        "state": state,
        "code": code,
        "code_mac": code_mark(vault, talk.code) if talk.code else None,
        "delete_after": talk.delete_after,
    }


async def keys(w: Work, vault: Vault, ids: Iterable[int]) -> dict[int, str]:
    """The kid of each talk, held until the commit, so that what is sealed now can be opened later."""
    rows = (await w.conn.execute(_keys(w.conn.dialect.name), {"ids": sorted(set(ids))})).all()
    await vault.fetch(row.kid for row in rows)
    return {row.id: row.kid for row in rows}


async def address(r: Reader, vault: Vault, conversation_id: int) -> str | None:
    """Where to write to this family; None when there is no address (any more)."""
    kept = tables.addresses
    query = select(_c.kid, _c.pid, kept.c.sealed).join(kept).where(_c.id == conversation_id)
    row = (await line(r).execute(query)).first()
    return None if row is None else addresses.opened(vault, row.kid, row.pid, row.sealed)


async def find(r: Reader, channel: str, pid: str) -> int | None:
    """The talk of a pid on a channel."""
    return (await line(r).execute(select(_c.id).where(_c.pid == pid, _c.channel == channel))).scalar()


async def by_code(r: Reader, mac: bytes) -> tuple[int, str] | None:
    """The talk (id, channel) that a return code belongs to; `mac` comes from `code_mark`."""
    row = (await line(r).execute(select(_c.id, _c.channel).where(_c.code_mac == mac))).first()
    return None if row is None else (row.id, row.channel)


async def unreachable(w: Work, conversation_id: int, at: datetime) -> None:
    """The family's side takes nothing any more (blocked, deleted) until they write again (R7)."""
    await w.conn.execute(update(conversations).where(_c.id == conversation_id).values(unreachable_at=at))


async def move(w: Work, vault: Vault, conversation_id: int, person: str) -> None:
    """Point a talk at another browser, because its return code was used there.

    A talk that had just begun in that browser ends: its unread messages go over to this one.
    """
    mine = _c.id == conversation_id
    talk = (await w.conn.execute(select(_c.kid, _c.channel).where(mine).with_for_update())).one()
    pid = vault.pid(talk.channel, person)
    there = await find(w, talk.channel, pid)
    if there == conversation_id:
        return
    where_to = person
    if there is not None:
        where_to = await address(w, vault, there) or person
        await keeping.hand_over(w, vault, there, conversation_id)
    kept = tables.addresses
    await w.conn.execute(update(conversations).where(mine).values(pid=pid))
    await w.conn.execute(kept.delete().where(kept.c.conversation_id == conversation_id))
    await addresses.keep(w, vault, [(conversation_id, talk.kid, pid, where_to)])


@cache
def _agree(dialect: str) -> Insert:
    new = insert(dialect, tables.agreements)
    return new.on_conflict_do_update(
        index_elements=["conversation_id", "what"],
        set_={name: new.excluded[name] for name in ("version", "lang", "at")},
    )


async def agree(w: Work, conversation_id: int, what: str, version: str, lang: str, at: datetime) -> None:
    """The family agreed to something, in these words (version) and this language; the last time counts."""
    row = {"conversation_id": conversation_id, "what": what, "version": version, "lang": lang, "at": at}
    await w.conn.execute(_agree(w.conn.dialect.name), row)


async def agreements(r: Reader, conversation_id: int) -> dict[str, tuple[str, str, datetime]]:
    """What the family agreed to: what -> (version, language, when)."""
    rows = await line(r).execute(
        select(tables.agreements).where(tables.agreements.c.conversation_id == conversation_id)
    )
    return {row.what: (row.version, row.lang, row.at) for row in rows}


async def keep_text(
    w: Work,
    vault: Vault,
    conversation_id: int,
    name: str,
    text: str,
    at: datetime,
    case_id: int | None = None,
) -> None:
    """Keep a family's own words for the team: sealed so that only the desk can read them (tier C).

    Raises sqlalchemy.exc.IntegrityError when the family has not agreed to the limits (promise 5).
    """
    kid = (await keys(w, vault, [conversation_id])).get(conversation_id)
    if kid is None:
        raise Forgotten("there is no such talk any more")
    sealed = vault.seal_for_team(kid, places.text(conversation_id, name, at), as_bytes(text))
    row = {
        "conversation_id": conversation_id,
        "case_id": case_id,
        "agreed_to": "limits",
        "name": name,
        "sealed": sealed,
        "at": at,
    }
    await w.conn.execute(texts.insert(), row)


async def kept_texts(
    r: Reader, vault: Vault, conversation_id: int, case_id: int | None = None
) -> list[KeptText]:
    """A family's own words in the order they came, of one case or of the whole talk; needs team.key.

    Raises KeyTrouble in a process that is not the desk.
    """
    query = select(texts, _c.kid).join(conversations, _c.id == texts.c.conversation_id).order_by(texts.c.id)
    query = query.where(texts.c.conversation_id == conversation_id)
    if case_id is not None:
        query = query.where(texts.c.case_id == case_id)
    rows = (await line(r).execute(query)).all()
    return [
        KeptText(
            row.id,
            row.case_id,
            row.name,
            as_text(vault.open_for_team(row.kid, places.text(conversation_id, row.name, row.at), row.sealed)),
            row.at,
        )
        for row in rows
    ]
