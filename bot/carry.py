"""Carry: each effect of a turn becomes rows, inside the turn's own transaction.

Rule 1: one effect, one branch; nothing is sent here, only put into the outbox.
Rule 2: words are rendered once, here, so that "what did we promise this family" has one answer.
"""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.channels.port import Capabilities
from bot.known import Around, Facts, Known
from bot.logs import log
from dialogs.effects import (
    Agreed,
    Cancelled,
    Effect,
    ForgetMe,
    HandedOver,
    HideMe,
    Ignored,
    Kept,
    LanguageChosen,
    Planned,
    Said,
)
from dialogs.engine import Turn
from dialogs.events import CameDue, CaseClosed, Event
from dialogs.state import State
from handoff import cases
from handoff.levels import level
from locales.render import render
from scheduler import followups, rules, zones
from scheduler.dispatch import writing_to
from storage import conversations, keeping, outbox
from storage.conversations import Conversation
from storage.inbox import Row
from storage.outbox import Button, Draft, Parcel
from storage.vault import Vault
from storage.work import Work

SILENT_AFTER_HIDE = timedelta(hours=24)  # practice 2.3 hide
ALWAYS_ROWS = (
    ("always.emergency", "always.person", "always.hide"),
    ("always.back", "always.skip", "always.my-data", "always.stop"),
)


def token(vault: Vault, talk: Conversation, button: str, asked: int) -> str:
    """What a button carries: no words, and good for one talk only (a key of its own per talk goes into it)."""
    return f"{asked:x}.{vault.mark('tap', talk.kid, button, str(asked))[:9].hex()}"


@dataclass
class Carrier:
    """Carries out the effects of one talk's turns in one transaction."""

    w: Work
    vault: Vault
    around: Around
    now: datetime
    promise: datetime | None  # of the open case, until when a person answers
    chance: random.Random
    forgot: bool = False
    drafts: list[Draft] = field(default_factory=list)

    async def carry(self, row: Row, known: Known, can: Capabilities, turn: Turn, event: Event) -> None:
        """Turn effects into rows; `known.talk` is changed, and replaced by a blank one when the family was forgotten."""
        self._mirror(known.talk, turn.state)
        facts = Facts(known, turn.state, can)
        last = max((n for n, e in enumerate(turn.effects) if isinstance(e, Said)), default=-1)
        # What leads up to a safety text goes with it: alone it would arrive after the question it explains.
        urgent = max((n for n, e in enumerate(turn.effects) if isinstance(e, Said) and e.urgent), default=-1)
        handed = any(isinstance(e, HandedOver) for e in turn.effects)
        bare = turn.state.over or isinstance(event, CameDue) or _leaves(turn.effects)
        for n, effect in enumerate(turn.effects):
            if isinstance(effect, Said):
                kind = (
                    "note"
                    if isinstance(event, CameDue)
                    else "safety"
                    if n <= urgent
                    else "handoff"
                    if handed
                    else "say"
                )
                parcel = self._parcel(known, turn.state, facts, effect, with_always=n == last and not bare)
                lane = 0 if n <= urgent or handed else 1
                self.drafts.append(Draft(known.talk.id, f"{row.id}:{n}", lane, kind, parcel))
            else:
                await self._effect(effect, f"{row.id}:{n}", known, facts, can, turn.state)

    def _parcel(self, known: Known, state: State, facts: Facts, said: Said, with_always: bool) -> Parcel:
        talk = known.talk
        words = self.around.shelf.words(known.edition, talk.lang, said.message)
        text = render(words, said.message, facts, register=talk.register)

        def button(full: str) -> Button:
            return Button(token(self.vault, talk, full, state.asked), facts.label(full))

        rows = [(button(full),) for full in said.buttons]
        if said.languages:
            drafts = known.edition.drafts
            for code, name in known.languages:
                mark = "" if self.around.live or code not in drafts else f" ({facts.say('pieces.draft')})"
                rows.append((Button(token(self.vault, talk, f"lang:{code}", state.asked), name + mark),))
        always = tuple(tuple(button(full) for full in row) for row in ALWAYS_ROWS) if with_always else ()
        return Parcel(text=text, lang=talk.lang, rows=tuple(rows), always=always)

    async def _effect(
        self, effect: Effect, key: str, known: Known, facts: Facts, can: Capabilities, state: State
    ) -> None:
        talk, w, now = known.talk, self.w, self.now
        match effect:
            case Kept(name, text):
                await conversations.keep_text(w, self.vault, talk.id, name, text, now)
            case HandedOver():
                await self._hand_over(effect, known, facts, state)
            case Planned(plan, scene):
                await self._plan(plan, scene, talk, state)
            case Cancelled():
                await followups.cancel(w, talk.id, "stopped")
                talk.stopped_at = now
            case LanguageChosen(lang):
                talk.lang = lang
            case Agreed(to):
                await conversations.agree(
                    w, talk.id, to, self.around.shelf.version(talk.lang), talk.lang, now
                )
                if to == "follow":
                    talk.stopped_at = None
            case HideMe():
                await self._clear(key, talk, can)
                talk.hidden_until = now + SILENT_AFTER_HIDE
            case ForgetMe():
                known.talk = await self._forget(key, talk)
            case Ignored(why):
                log("ignored", code=why)

    async def _hand_over(self, effect: HandedOver, known: Known, facts: Facts, state: State) -> None:
        found, hours = level(state.answers), self.around.hours
        by = hours.deadline(found.level, self.now)
        await cases.open_case(
            self.w,
            known.talk.id,
            effect.queue,
            found.level,
            found.rules,
            effect.because,
            effect.urgent,
            self.now,
            by,
        )
        self.promise = known.promise = min(by, self.promise) if self.promise else by

    async def _plan(self, plan: str, scene: str, talk: Conversation, state: State) -> None:
        await followups.plan(
            self.w,
            talk.id,
            plan=plan,
            scene=scene,
            level=level(state.answers).level,
            now=self.now,
            window=state.answers.get("safe_times", "none"),
            zone=talk.zone,
            country=talk.country,
            rng=self.chance,
        )

    async def _clear(self, key: str, talk: Conversation, can: Capabilities) -> None:
        """What can be cleared in the person's own chat, ours and theirs; what was not sent yet never will be."""
        await outbox.drop(self.w, talk.id)
        self.drafts = [draft for draft in self.drafts if draft.conversation_id != talk.id]
        refs = await outbox.refs(self.w.conn, talk.id, self.now - can.clear_back) if can.clear_back else []
        self.drafts.append(
            Draft(talk.id, key, 0, "clear", Parcel(text="", lang=talk.lang, clear=tuple(refs)))
        )

    async def _forget(self, key: str, talk: Conversation) -> Conversation:
        """Nothing stays but what this very turn says: a person who is forgotten is not left without an answer."""
        turn, lang = key.partition(":")[0], talk.lang
        shell_id = await keeping.forget(self.w, self.vault, talk.id, self.now)
        shell = (await conversations.load(self.w, self.vault, [shell_id]))[shell_id]
        shell.lang = lang
        self.drafts = [
            Draft(shell_id, d.key, d.lane, d.kind, d.parcel)
            for d in self.drafts
            if d.key.partition(":")[0] == turn
        ]
        self.forgot, self.promise = True, None
        return shell

    def _mirror(self, talk: Conversation, state: State) -> None:
        """What the rooms need to know of the answers without opening the talk."""
        talk.country = state.answers.get("country", "")
        talk.register = state.answers.get("register", "")
        found = zones.guess(talk.country)
        talk.zone = found.zone if found else self.around.operator.zone
        if "follow" in state.agreed:
            talk.keep = "follow"
        elif "keep" in state.agreed:
            talk.keep = "keep"
        elif "consent" in state.answers:
            talk.keep = "session"

    async def house_event(self, known: Known, row: Row) -> Event | None:
        """An event of the house's own; a note is weighed once more at the very last moment."""
        told = json.loads(row.body or b"{}")
        match told:
            case {"what": "due", "plan": str(plan), "scene": str(scene)}:
                verdict = rules.may_write(self.now, writing_to(known.talk), plan)
                if not verdict.ok:
                    log("note-held", code=verdict.reason)
                    return None
                return CameDue(plan, scene)
            case {"what": "case-closed", "outcome": str(outcome), "scene": str(scene)}:
                return CaseClosed(outcome, scene)
        raise ValueError("an event of the house that nobody knows")


def _leaves(effects: tuple[Effect, ...]) -> bool:
    return any(isinstance(effect, HideMe | ForgetMe) for effect in effects)
