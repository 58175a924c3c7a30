"""Editions: what was published, by whose approval, and which speaks now. A running talk stays on its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update

from storage import tables
from storage.tables import insert
from storage.work import Reader, Work, line

_e = tables.editions.c


@dataclass(frozen=True, slots=True)
class Edition:
    """Script and words as they were approved.

    `content`: {"sheets": {name: text}, "words": {lang: {...}}, "drafts": [langs]}.
    """

    hash: str
    content: Mapping[str, Any]
    made_at: datetime
    approved_by: str


async def publish(w: Work, edition: Edition) -> None:
    """Make this edition the one that speaks; publishing an older one again is the rollback."""
    await w.conn.execute(
        update(tables.editions).where(_e.active, _e.hash != edition.hash).values(active=False)
    )
    row = {
        "hash": edition.hash,
        "content": json.dumps(edition.content, ensure_ascii=False, separators=(",", ":")),
        "made_at": edition.made_at,
        "approved_by": edition.approved_by,
        "active": True,
    }
    new = insert(w.conn.dialect.name, tables.editions).values(row)
    await w.conn.execute(new.on_conflict_do_update(index_elements=["hash"], set_={"active": True}))


async def active(r: Reader) -> Edition | None:
    """The edition new talks begin with."""
    return await _one(r, select(tables.editions).where(_e.active))


async def get(r: Reader, name: str) -> Edition | None:
    """An edition by its hash, as it was approved."""
    return await _one(r, select(tables.editions).where(_e.hash == name))


async def in_use(r: Reader) -> set[str]:
    """The editions somebody needs: the active one, and those of running talks."""
    talks = select(tables.conversations.c.edition).where(tables.conversations.c.edition.is_not(None))
    found = await line(r).execute(select(_e.hash).where(_e.active).union(talks))
    return {name for name in found.scalars() if name is not None}


async def _one(r: Reader, query: Select[Any]) -> Edition | None:
    row = (await line(r).execute(query)).first()
    return None if row is None else Edition(row.hash, json.loads(row.content), row.made_at, row.approved_by)
