"""Post: the outbox's round. Claim with a lease, send, write down what became of it.

Rule 1: outcomes are sent, refused, unknown; an unknown safety, handoff or talk text is sent once more, a note is not.
Rule 2: the platform's own pace is kept here; an urgent text goes first, and `retry_after` is obeyed to the second.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.channels.port import Channel, OuterError
from bot.hub import Hub
from bot.logs import frames, log
from scheduler import followups
from storage import conversations, outbox
from storage.outbox import Sending
from storage.vault import Vault
from storage.work import Database, Work

LEASE = timedelta(seconds=60)
MOST = 32
TRIES = 8  # for "surely not sent"; the waits double from 1 s, so about four minutes
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

    async def run(self) -> None:
        heard = self.hub.rings
        while True:
            try:
                busy = await self.round()
            except (SQLAlchemyError, OSError) as error:
                log("post-failed", level="error", what=frames(error))
                busy = 0
            if not busy:
                heard = await self.hub.wait(heard, IDLE)

    async def round(self) -> int:
        """Claim what may leave now and send it; returns how many rows were claimed."""
        async with self.db.work() as w:
            rows = await outbox.claim(w, self.vault, self.clock(), MOST, LEASE, self.name)
        talks: dict[int, list[Sending]] = defaultdict(list)
        for row in rows:
            talks[row.conversation_id].append(row)
        told = await asyncio.gather(*(self._in_order(talk) for talk in talks.values()))
        if rows:
            async with self.db.work() as w:
                for row, (outcome, ref, seconds) in itertools.chain(*told):
                    await self._settle(w, row, outcome, ref, seconds)
        return len(rows)

    async def _in_order(self, rows: list[Sending]) -> list[tuple[Sending, Outcome]]:
        """One talk's messages, one after the other; after one that did not leave, the rest waits its turn."""
        told: list[tuple[Sending, Outcome]] = []
        for row in rows:
            held = bool(told) and told[-1][1][0] == "later"
            told.append((row, ("later", None, 0.0) if held else await self.send(row)))
        return told

    async def send(self, row: Sending) -> Outcome:
        channel = self.channels.get(row.channel)
        if channel is None:  # a channel that was switched off; the row waits until it is back
            return "later", None, 60.0
        pace = self.paces.setdefault(row.channel, Pace(channel.can.pace, channel.can.pace_each))
        if (pause := pace.wait(row.address, self.monotonic())) > 0:
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

    async def _settle(self, w: Work, row: Sending, outcome: str, ref: str | None, seconds: float) -> None:
        now = self.clock()
        match outcome:
            case "sent":
                await outbox.sent(w, row.id, ref, now)
            case "later" if row.attempts < TRIES or seconds:
                wait = max(seconds, float(2 ** min(row.attempts, 7)))
                await outbox.later(w, row.id, now + timedelta(seconds=wait))
            case "unknown":
                await outbox.unknown(w, row.id, now)
            case "gone":
                await outbox.refused(w, row.id, now)
                await conversations.unreachable(w, row.conversation_id, now)
                await followups.cancel(w, row.conversation_id, "blocked")
            case _:
                await outbox.refused(w, row.id, now)
        if outcome != "sent":
            log("send", channel=row.channel, kind=row.kind, state=outcome, row=row.id, seconds=seconds)
