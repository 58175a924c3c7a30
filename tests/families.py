"""Talks to hang cases and follow-ups on: nobody in particular, and no words."""

from datetime import UTC, datetime

from sqlalchemy import insert

from storage.tables import conversations
from storage.work import Database

BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


async def families(db: Database, how_many: int = 1) -> list[int]:
    """Begin that many talks and return their ids."""
    async with db.work() as w:
        made = await w.conn.execute(
            insert(conversations).returning(conversations.c.id, sort_by_parameter_order=True),
            [
                {"channel": "test", "pid": f"p{n}", "kid": f"k{n}", "created_at": BEGAN, "seen_at": BEGAN}
                for n in range(how_many)
            ],
        )
        return [row.id for row in made]
