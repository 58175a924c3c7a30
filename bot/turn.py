"""The turn: the one place where an inbox row becomes a new state and outbox rows.

Rule 1: effects, state and outbox commit together, and only `storage.work` commits (promise 1).
Rule 2: many talks share one transaction; when it fails each is tried alone, row by row (promise 10).
Rule 3: a row that fails three times is parked, the family hears that a person will look, the desk gets an urgent case.
Rule 4: order per talk; a talk that waits for another try never makes another family wait.
"""

import random
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.carry import Carrier, token
from bot.channels.port import Back, Channel, Gone, Heard, Nothing, Tapped, Unreadable
from bot.channels.port import Said as SaidWord
from bot.editions import Opened
from bot.hub import Hub
from bot.known import Around, Known
from bot.logs import frames, log
from dialogs.engine import advance
from dialogs.events import Event, Garbled, Pressed, Showed, Started, Wrote
from dialogs.state import State, from_json, to_json
from handoff import cases
from locales.languages import nearest
from locales.render import render
from scheduler import followups
from storage import conversations, inbox, outbox
from storage.conversations import Conversation
from storage.inbox import Row
from storage.keeping import shred
from storage.outbox import Draft, Parcel
from storage.vault import Vault
from storage.work import Database, Work

CHANNEL_OFF = timedelta(minutes=1)
EACH = 20  # waiting rows of one talk in one transaction
TALKS = 64  # conversations in one transaction
IDLE = 1.0  # seconds; the bell usually rings earlier
AGAIN = (timedelta(seconds=1), timedelta(seconds=2))  # between the three tries of a failing row
# The database is away, full or busy: nobody's row is to blame. Any other error is a row's own.
DOWN = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    OSError,
    sqlite3.OperationalError,
)  # the last: of the keys
TROUBLE = "always.trouble"


@dataclass
class Batch:
    """What one transaction is about to write."""

    talks: dict[int, Conversation] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    parked: list[tuple[int, str]] = field(default_factory=list)
    forgotten: bool = False


@dataclass
class Turns:
    db: Database
    vault: Vault
    channels: Mapping[str, Channel]
    around: Around
    hub: Hub
    clock: Callable[[], datetime]
    chance: random.Random

    async def run(self) -> None:
        heard = self.hub.rings
        while True:
            try:
                busy = await self.round()
            except DOWN as error:
                log("turn-failed", level="error", what=frames(error))
                busy = 0
            if not busy:
                heard = await self.hub.wait(heard, IDLE)

    async def round(self) -> int:
        """Answer up to 64 talks in one transaction; returns how many rows were taken."""
        try:
            return await self._batch(TALKS, EACH, None)
        except DOWN:
            raise  # the database is down: nothing was lost, the next round tries again
        except Exception as error:  # a bug in one talk must not stop sixty-three others
            log("batch-failed", level="error", what=frames(error))
            return await self._one_by_one()

    async def _one_by_one(self) -> int:
        async with self.db.reading() as conn:
            waiting = await inbox.talks_waiting(conn, self.clock(), TALKS)
        taken = 0
        for conversation_id in waiting:
            taken += await self._alone(conversation_id)
        return taken

    async def _alone(self, conversation_id: int) -> int:
        taken = 0
        while True:
            try:
                now_taken = await self._batch(1, 1, conversation_id)
            except DOWN:
                raise
            except Exception as error:  # the row at the front of this talk is the one that fails
                log("row-failed", level="error", what=frames(error))
                return taken + await self._put_aside(conversation_id)
            if not now_taken:
                return taken
            taken += now_taken

    async def _put_aside(self, conversation_id: int) -> int:
        """1 when the failing row is out of the way; a bug even there must not stop the others either."""
        try:
            await self._failed(conversation_id)
        except DOWN:
            raise
        except Exception as error:
            log("row-not-parked", level="critical", what=frames(error))
            return 0
        return 1

    async def _batch(self, most: int, most_each: int, only: int | None) -> int:
        now = self.clock()
        batch = Batch()
        async with self.db.work() as w:
            taken = await inbox.take(w, self.vault, now, most, most_each, only)
            if not taken:
                return 0
            batch.talks = await conversations.load(w, self.vault, list(taken))
            promises = await cases.promises(w, list(taken))
            for conversation_id, rows in taken.items():
                if (
                    batch.talks[conversation_id].channel not in self.channels
                ):  # switched off: they wait for it
                    await inbox.later(w, rows[0].id, now + CHANNEL_OFF, "channel-off")
                    continue
                carrier = Carrier(w, self.vault, self.around, now, promises.get(conversation_id), self.chance)
                await self._talk(batch, carrier, conversation_id, rows)
                batch.drafts += carrier.drafts
                batch.forgotten |= carrier.forgot
            await outbox.put(w, self.vault, batch.drafts, now)
            await conversations.save(w, self.vault, list(batch.talks.values()))
            await inbox.done(w, batch.done)
            for row_id, why in batch.parked:
                await inbox.park(w, row_id, why)
            w.after(self.hub.changed)
        if batch.forgotten:
            await shred(self.db, self.vault)
        return sum(len(rows) for rows in taken.values())

    async def _talk(self, batch: Batch, carrier: Carrier, conversation_id: int, rows: list[Row]) -> None:
        """All waiting rows of one talk, oldest first."""
        for row in rows:
            talk = batch.talks[conversation_id]
            heard = self._decode(row)
            if isinstance(heard, Garbled):
                batch.parked.append((row.id, "unreadable"))
            else:
                batch.done.append(row.id)
            state = from_json(talk.state) if talk.state else State()
            edition = await self._edition(carrier.w, talk, state)
            known = Known(self.around, edition, talk, carrier.now, carrier.promise)
            event = await self._event(carrier, known, state, row, heard)
            if event is None:
                continue
            if row.kind == "outer":
                talk.seen_at, talk.unreachable_at, talk.delete_after = carrier.now, None, None
                talk.hidden_until = None
            turn = advance(edition.script, state, event, known)
            channel = self.channels[talk.channel]
            await carrier.carry(row, known, channel.can, turn, event)
            talk = batch.talks[conversation_id] = known.talk
            talk.state = "" if turn.state == State() else to_json(turn.state)
            talk.edition = edition.hash if talk.state else None

    def _decode(self, row: Row) -> Heard | Garbled | None:
        """None: an event of the house's own."""
        if row.kind == "house":
            return None
        if row.body is None:
            return Garbled()
        try:
            return self.channels[row.channel].decode(row.body)
        except Unreadable:
            return Garbled()

    async def _edition(self, w: Work, talk: Conversation, state: State) -> Opened:
        """The edition this talk is pinned to; one that begins, or begins again, takes the newest."""
        shelf = self.around.shelf
        fresh = state.over or not talk.edition
        edition = shelf.newest if fresh else await shelf.fetch(w.conn, talk.edition or "")
        if not talk.lang or talk.lang not in edition.words:
            talk.lang = _first_language(talk.lang, edition, self.around.operator.languages)
        return edition

    async def _event(
        self, carrier: Carrier, known: Known, state: State, row: Row, heard: Heard | Garbled | None
    ) -> Event | None:
        match heard:
            case Started() | Wrote() | Showed() | Garbled():
                return heard
            case Tapped(token):
                return pressed(self.vault, known, state, token)
            case SaidWord(word):
                return Pressed(f"always.{word}", -1)
            case Gone():
                known.talk.unreachable_at = carrier.now
                await followups.cancel(carrier.w, known.talk.id, "blocked")
                return None
            case Back() | Nothing():
                return None
        return await carrier.house_event(known, row)

    async def _failed(self, conversation_id: int) -> None:
        """The front row of a talk failed: try again soon, or park it and put a person in (security R12, R13)."""
        now = self.clock()
        async with self.db.work() as w:
            taken = await inbox.take(w, self.vault, now, 1, 1, conversation_id)
            row = taken[conversation_id][0]
            if row.attempts < len(AGAIN):
                await inbox.later(w, row.id, now + AGAIN[row.attempts], "bug")
                return
            await inbox.park(w, row.id, "bug")
            talk = (await conversations.load(w, self.vault, [conversation_id]))[conversation_id]
            newest = self.around.shelf.newest
            talk.lang = talk.lang if talk.lang in newest.words else next(iter(newest.words))
            answer_by = self.around.hours.deadline("T1", now)
            await cases.open_case(
                w,
                conversation_id,
                "families",
                "T1",
                ("bug",),
                "a message could not be handled",
                True,
                now,
                answer_by,
            )
            parcel = Parcel(text=_trouble(newest, talk.lang), lang=talk.lang)
            await outbox.put(
                w, self.vault, [Draft(conversation_id, f"{row.id}:trouble", 0, "safety", parcel)], now
            )
            await conversations.save(w, self.vault, [talk])
            w.after(self.hub.changed)


def _trouble(edition: Opened, lang: str) -> str:
    """The sentence for when something broke on our side; it has no holes, so it is there when rendering is not."""
    words = edition.words[lang]
    try:
        return render(words, TROUBLE, {})
    except Exception as error:  # the bug may sit there
        log("trouble-not-rendered", level="error", what=frames(error))
        return words.plain[TROUBLE][0]


def _first_language(hint: str, edition: Opened, offered: tuple[str, ...]) -> str:
    """Where a talk begins, before anybody chose: the app's language when it is on offer, else the operator's first."""
    if near := nearest(hint, edition.words):
        return near
    return next((lang for lang in offered if lang in edition.words), next(iter(edition.words)))


def pressed(vault: Vault, known: Known, state: State, given: str) -> Pressed:
    """The button a token stands for; "" when it belongs to no open question of this talk."""
    number, _, _ = given.partition(".")
    try:
        asked = int(number, 16)
    except ValueError:
        return Pressed("", -1)
    talk, script = known.talk, known.edition.script
    scene = script.scenes.get(state.scene)
    buttons = [b.id for step in (scene.steps if scene else ()) for b in getattr(step, "buttons", ())]
    buttons += [b.id for b in script.always]
    buttons += [f"lang:{code}" for code, _ in known.languages]
    for button in buttons:
        if token(vault, talk, button, asked) == given:
            return Pressed(button, asked)
    return Pressed("", asked)
