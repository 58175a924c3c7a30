"""One edition speaks at a time; a running talk keeps its own; going back is one step."""

import dataclasses

import pytest
from sqlalchemy.exc import IntegrityError

from storage import conversations, editions
from storage.tables import editions as editions_table
from storage.vault import Vault
from storage.work import Database
from tests.storage.old.make import EDITION
from tests.storage.world import NOW, talk

NEXT = dataclasses.replace(EDITION, hash="e-2", content={"words": {"fa": {"x": "سلام"}}}, approved_by="y")


async def test_the_newest_publication_speaks_and_going_back_is_one_step(db: Database) -> None:
    async with db.reading() as conn:
        assert await editions.active(conn) is None
    for edition in (EDITION, EDITION, NEXT, EDITION):
        async with db.work() as w:
            await editions.publish(w, edition)
        async with db.reading() as conn:
            assert await editions.active(conn) == edition
    async with db.reading() as conn:
        assert await editions.get(conn, "e-2") == NEXT
        assert await editions.get(conn, "e-3") is None


async def test_what_was_published_under_a_hash_is_never_changed(db: Database) -> None:
    async with db.work() as w:
        await editions.publish(w, EDITION)
        await editions.publish(w, dataclasses.replace(EDITION, content={"other": 1}, approved_by="z"))
        assert await editions.active(w) == EDITION


async def test_two_editions_can_never_speak_at_once(db: Database) -> None:
    async with db.work() as w:
        await editions.publish(w, EDITION)
    row = {"hash": "e-9", "content": "{}", "made_at": NOW, "approved_by": "z", "active": True}
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await w.conn.execute(editions_table.insert(), row)


async def test_an_edition_somebody_is_talked_to_in_is_in_use(db: Database, vault: Vault) -> None:
    number = await talk(db, vault)
    async with db.work() as w:
        assert await editions.in_use(w) == set()
        await editions.publish(w, EDITION)
        one = (await conversations.load(w, vault, [number]))[number]
        one.edition = "e-1"
        await conversations.save(w, vault, [one])
        await editions.publish(w, NEXT)
        assert await editions.in_use(w) == {"e-1", "e-2"}
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await w.conn.execute(editions_table.delete().where(editions_table.c.hash == "e-1"))
