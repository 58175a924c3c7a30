"""Letters from nobody, at a fixed moment."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from storage import conversations, inbox, outbox
from storage.inbox import Letter
from storage.outbox import Draft, Parcel, Sending
from storage.vault import Vault
from storage.work import Database, open_database

NOW = datetime(2030, 1, 15, 12, 0, 0, 250, tzinfo=UTC)
LEASE = timedelta(seconds=30)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """One more door to a database, as another process would have it."""
    db = await open_database(url)
    try:
        yield db
    finally:
        await db.close()


def letter(number: int, person: str = "anna", body: bytes | None = None, *, seq: int | None = None) -> Letter:
    """Letter `number` of a channel. The person's address is "to-" and their name."""
    return Letter(
        channel="telegram",
        outer_id=str(number),
        seq=number if seq is None else seq,
        person=person,
        address=f"to-{person}",
        body=f"letter {number}".encode() if body is None else body,
        message_ref=f"m{number}",
        at=NOW,
    )


async def talk(db: Database, vault: Vault, person: str = "anna", number: int = 1) -> int:
    """A talk with one letter that was taken and answered."""
    await inbox.accept(db, vault, [letter(number, person)])
    async with db.work() as w:
        found = await conversations.find(w, "telegram", vault.pid("telegram", person))
        assert found is not None
        taken = await inbox.take(w, vault, NOW, 1, only=found)
        await inbox.done(w, [row.id for row in taken[found]])
    return found


def draft(conversation_id: int, key: str, kind: str = "say", *, lane: int = 1, text: str = "") -> Draft:
    return Draft(conversation_id, key, lane, kind, Parcel(text or f"text of {key}", "en"))


async def say(db: Database, vault: Vault, *drafts: Draft) -> None:
    async with db.work() as w:
        await outbox.put(w, vault, drafts, NOW)


async def claimed(
    db: Database, vault: Vault, now: datetime = NOW, most: int = 100, by: str = "post-1"
) -> Sequence[Sending]:
    async with db.work() as w:
        return await outbox.claim(w, vault, now, most, LEASE, by)
