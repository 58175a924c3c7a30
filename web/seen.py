"""What is to be seen of a talk: which messages, which answers to tap, and what is not shown again.

Rule 1: what stood before the last "clear" is not shown again.
Rule 2: who opens the page after half an hour without a word sees only what came since the family's last word:
        it may be somebody else (security A1), and what is safe can change (practice 2.3, returning).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import tables
from storage.conversations import Conversation
from storage.outbox import Button, Parcel
from web.show import Pages

LONG_AGO = timedelta(minutes=30)

History = Sequence[tuple[int, Parcel, str]]


class Line(NamedTuple):
    """One message of ours as a page shows it."""

    id: int
    text: str
    lang: str
    dir: str


@dataclass(frozen=True)
class View:
    """What a page shows now. `last`: our newest message; `quiet`: nothing shows that there ever was a talk."""

    messages: tuple[Line, ...]
    options: tuple[Button, ...]
    last: int
    quiet: bool


def view(history: History, floor: int, pages: Pages) -> View:
    """The page of a talk: `history` is its outbox above `floor`."""
    messages: list[Line] = []
    options: tuple[Button, ...] = ()
    last, quiet, cleared = floor, floor > 0, False
    for number, parcel, kind in history:
        last = number
        if kind == "clear":
            messages, options, quiet, cleared = [], (), True, True
            continue
        # After a clear comes one last neutral line, without a button: it may stand there, and nothing else.
        quiet = quiet and cleared and not messages and not parcel.rows and not parcel.always
        if parcel.text:
            messages.append(Line(number, parcel.text, parcel.lang, pages.direction(parcel.lang)))
        options = offered(parcel, kind, options)
    return View(tuple(messages), options, last, quiet)


def offered(parcel: Parcel, kind: str, before: tuple[Button, ...]) -> tuple[Button, ...]:
    """The answers to tap after this message. A note in between leaves an open question open."""
    now = tuple(button for row in parcel.rows for button in row)
    return before if kind == "note" and not now else now


async def floor_of(conn: AsyncConnection, talk: Conversation, now: datetime) -> int:
    """Messages up to this number are not shown to a browser that opens the talk now; 0: all are."""
    if now - talk.seen_at <= LONG_AGO:
        return 0
    said = tables.outbox.c
    query = select(func.max(said.id)).where(said.conversation_id == talk.id, said.at < talk.seen_at)
    return (await conn.execute(query)).scalar() or 0
