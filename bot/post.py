"""Post: the outbox's round. Claim with a lease, send, write down what became of it.

Rule 1: outcomes are sent, refused, unknown; an unknown safety, handoff or talk text is sent once more, a note is not.
Rule 2: the platform's own pace is kept here; an urgent text goes first, and `retry_after` is obeyed to the second.
Rule 3: a note is weighed at the very last moment: after a crash it may be night, or they may have said stop.
Rule 4: one message is on its way at a time, so that a death repeats one at most; but one family's slow line makes
        nobody else wait: after PATIENCE the next message leaves beside it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.channels.port import Channel, OuterError
from bot.hub import Hub
from bot.logs import frames, log
from scheduler import followups
from scheduler.dispatch import writing_to
from scheduler.rules import may_write
from storage import conversations, outbox
from storage.outbox import Sending
from storage.vault import Vault
from storage.work import Database, Work

LEASE = timedelta(seconds=60)
SLOW_MOST = 32  # messages on slow lines at the same time
TRIES = 700  # for "surely not sent"; the waits double up to two minutes, so about a day
NOTE_TRIES = 8  # a note belongs to its hour: about four minutes
ANY_PLAN = "check-in"  # what is weighed here is the moment, not the plan
PATIENCE = 0.2  # seconds until the next message leaves beside a slow one
LONGEST_NAP = (
    5.0  # seconds; who must wait longer gives the row back, so that its lease does not end meanwhile
)
IDLE = 1.0  # seconds; the bell usually rings earlier
PEOPLE = 10_000  # remembered for the pace of each; beyond that only those who must wait
Outcome = tuple[str, str | None, float]  # what became of it, the channel's reference, seconds to wait


@dataclass
class Pace:
    """When the next message may leave, for a channel and for each person. Times are monotonic seconds."""

    each_second: float
    each_person: float
    free_at: float = 0.0
    person_free_at: dict[str, float] = field(default_factory=dict)

    def wait(self, person: str, now: float) -> float:
        """Seconds to wait before sending to this person; books the place."""
        start = max(now, self.free_at if self.each_second else now, self.person_free_at.get(person, 0.0))
        if self.each_second:
            self.free_at = max(now, self.free_at) + 1.0 / self.each_second
        if self.each_person:
            if len(self.person_free_at) > PEOPLE:
                self.person_free_at = {p: t for p, t in self.person_free_at.items() if t > now}
            self.person_free_at[person] = start + self.each_person
        return start - now

    def hold(self, until: float) -> None:
        self.free_at = max(self.free_at, until)


@dataclass
class Post:
    db: Database
    vault: Vault
    channels: Mapping[str, Channel]
    hub: Hub
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    name: str
    paces: dict[str, Pace] = field(default_factory=dict)
    flying: set[asyncio.Task[tuple[Sending, Outcome]]] = field(default_factory=set)

    async def run(self) -> None:
        await self.take_back()
        heard = self.hub.rings
        try:
            while True:
                try:
                    busy = await self.round()
                except (SQLAlchemyError, OSError) as error:
                    log("post-failed", level="error", what=frames(error))
                    busy = 0
                if not busy:
                    heard = await self.hub.wait(heard, IDLE)
        finally:
            for task in self.flying:
                task.cancel()
            await asyncio.gather(*self.flying, return_exceptions=True)

    async def take_back(self) -> None:
        """What we held when we died is free at once: nobody else has our name."""
        async with self.db.work() as w:
            await outbox.end_leases(w, self.name, self.clock())

    async def round(self) -> int:
        """Write down what became of the last message and claim the next, in one commit; then send that one."""
        landed = {task for task in self.flying if task.done()}
        room = len(self.flying) - len(landed) < SLOW_MOST
        async with self.db.work() as w:
            for task in landed:
                row, (outcome, ref, seconds) = task.result()
                await self._settle(w, row, outcome, ref, seconds)
            rows = await outbox.claim(w, self.vault, self.clock(), 1, LEASE, self.name) if room else []
        self.flying -= landed  # only now: what could not be written down is written down in the next round
        self.flying |= {asyncio.create_task(self._carry_out(row)) for row in rows}
        if self.flying:
            await asyncio.wait(self.flying, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        return len(rows) + len(landed) + len(self.flying)

    async def _carry_out(self, row: Sending) -> tuple[Sending, Outcome]:
        try:
            if await self._too_late([row]):
                return row, ("refused", None, 0.0)
        except (SQLAlchemyError, OSError) as error:  # nobody could look whether it may go: it waits
            log("post-failed", level="error", what=frames(error))
            return row, ("later", None, 5.0)
        return row, await self.send(row)

    async def _too_late(self, rows: Sequence[Sending]) -> set[int]:
        """The notes among these rows that may not go any more (promise 4)."""
        notes = [row for row in rows if row.kind == "note"]
        if not notes:
            return set()
        async with self.db.reading() as conn:
            talks = await conversations.load(conn, self.vault, [row.conversation_id for row in notes])
        now, held = self.clock(), set()
        for row in notes:
            talk = talks.get(row.conversation_id)
            verdict = may_write(now, writing_to(talk), ANY_PLAN) if talk else None
            if verdict is None or not verdict.ok:
                log("note-held", code=verdict.reason if verdict else "gone")
                held.add(row.id)
        return held

    async def send(self, row: Sending) -> Outcome:
        channel = self.channels.get(row.channel)
        if channel is None:  # a channel that was switched off; the row waits until it is back
            return "later", None, 60.0
        pace = self.paces.setdefault(row.channel, Pace(channel.can.pace, channel.can.pace_each))
        if (pause := pace.wait(row.address, self.monotonic())) > LONGEST_NAP:
            return "later", None, pause
        await asyncio.sleep(pause)
        try:
            if row.kind == "clear":
                await channel.clear(row)
                return "sent", None, 0.0
            return "sent", await channel.send(row), 0.0
        except OuterError as error:
            if error.retry_after:
                pace.hold(self.monotonic() + error.retry_after)
            return error.kind, None, error.retry_after
        except (
            Exception
        ) as error:  # ours: nobody knows how far it came, and the other rows go on (promise 10)
            log("send-failed", level="error", channel=row.channel, row=row.id, what=frames(error))
            return "unknown", None, 0.0

    async def _settle(self, w: Work, row: Sending, outcome: str, ref: str | None, seconds: float) -> None:
        now = self.clock()
        match outcome:
            case "sent":
                await outbox.sent(w, row.id, ref, now)
            case "later" if row.attempts < (NOTE_TRIES if row.kind == "note" else TRIES):
                wait = max(seconds, float(2 ** min(row.attempts, 7)))
                await outbox.later(w, row.id, now + timedelta(seconds=wait))
            case "unknown":
                await outbox.unknown(w, row.id, now)
            case "gone":
                await outbox.refused(w, row.id, now)
                await conversations.unreachable(w, row.conversation_id, now)
                await followups.cancel(w, row.conversation_id, "blocked")
            case "later":
                await outbox.dead(w, row.id, now)
            case _:
                await outbox.refused(w, row.id, now)
        if outcome != "sent":
            log("send", channel=row.channel, kind=row.kind, state=outcome, row=row.id, seconds=seconds)
