"""Promise 5: nobody's own words are kept before the limits of anonymity are agreed to - whatever anybody does."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from bot.editions import read_sheets
from bot.stage import Paper, all_words
from dialogs.check import check
from dialogs.effects import ForgetMe, Kept, LanguageChosen, Said
from dialogs.engine import advance
from dialogs.events import CameDue, CaseClosed, Event, Garbled, Pressed, Showed, Started, Wrote
from dialogs.script import DERIVED, Script
from dialogs.state import State, from_json, to_json
from locales.render import Words, labels
from storage import conversations, tables
from storage.conversations import Visitor
from storage.vault import Vault
from storage.work import Database
from tests.promises.conftest import town
from tests.promises.family import Family

STEPS = 20_000
EACH = 60  # steps of one talk
MARK = "zqx"  # stands in what people write of their own, and nowhere in the sheets
NOW = -1  # and below: a tap on what is on offer at that moment
WILLING = Pressed(
    "willing", NOW
)  # agrees to the limits where they are asked, and asks for a person elsewhere


@cache
def house() -> tuple[Script, dict[str, Words]]:
    script, problems = check(read_sheets())
    assert script is not None, problems
    return script, all_words(script)


@cache
def typed() -> list[str]:
    """Every word of every language that is as good as a tap."""
    script, spoken = house()
    buttons = [message.id for message in script.messages.values() if message.kind == "button"]
    said = (way for words in spoken.values() for b in buttons if b in words for way in labels(words, b))
    return sorted({*said, "1", "2", "٣", "hello", "English", "العربية"})


@cache
def codes() -> frozenset[str]:
    """Every word a saved talk may hold: all of them stand in the sheets."""
    script, _ = house()
    words = set(re.findall(r"[\w-]+", "\n".join(read_sheets().values())))
    return frozenset({*words, *script.scenes, *script.messages, ""})


def own_words() -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, st.just(MARK), st.sampled_from(typed()), st.text(max_size=8))


def events() -> st.SearchStrategy[Event]:
    script, _ = house()
    buttons = [message.id for message in script.messages.values() if message.kind == "button"]
    scenes = list(script.scenes)
    stale = st.builds(Pressed, st.sampled_from([*buttons, "lang:de", ""]), st.integers(0, 9))
    asked = st.builds(Pressed, st.just(""), st.integers(-8, NOW))
    return st.one_of(
        *[asked] * 5,
        *[st.just(WILLING)] * 2,
        st.builds(Wrote, st.sampled_from(typed())),
        *[st.builds(Wrote, own_words())] * 2,
        st.builds(Pressed, st.sampled_from([button.id for button in script.always]), st.just(0)),
        stale,
        st.sampled_from([Showed("photo"), Showed("voice"), Started(), Garbled()]),
        st.builds(CameDue, st.just("check-in"), st.sampled_from(["follow-up.check-in", *scenes])),
        st.builds(CaseClosed, st.just("helped"), st.sampled_from(["people.handback", *scenes])),
    )


def strings(value: object) -> Iterator[str]:
    """Every string in a saved talk, names and values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@dataclass
class Count:
    steps: int = 0
    kept: int = 0
    agreed: int = 0
    words: int = 0  # own words before the limits were agreed to


@dataclass
class Talk:
    """One family's talk on paper; looks after the promise at every step."""

    given: dict[str, str]
    count: Count
    lang: str = "en"
    state: State = field(default_factory=State)
    offered: tuple[str, ...] = ()

    def take(self, event: Event) -> None:
        script, spoken = house()
        if event == WILLING:
            agreeing = [b for b in self.offered if b in AGREEING]
            event = Pressed(agreeing[0], self.state.asked) if agreeing else Wrote("/person")
        elif isinstance(event, Pressed) and event.asked <= NOW and self.offered:
            event = Pressed(self.offered[event.asked % len(self.offered)], self.state.asked)
        before = self.state
        turn = advance(script, before, event, Paper(spoken, self.lang, self.given))
        agreed = "limits" in before.agreed
        self.count.steps += 1
        self.count.words += isinstance(event, Wrote) and MARK in event.text and not agreed
        for effect in turn.effects:
            if isinstance(effect, Kept):
                assert agreed, "their own words left before they had agreed"
                self.count.kept += 1
            elif isinstance(effect, LanguageChosen):
                self.lang = effect.lang
            elif isinstance(effect, Said):
                self.offered = (*effect.buttons, *(f"lang:{lang}" for lang in spoken if effect.languages))
            elif isinstance(effect, ForgetMe):
                assert turn.state == State(), "forgotten, with a talk left"
        self.count.agreed += not agreed and "limits" in turn.state.agreed
        saved = to_json(turn.state)
        assert MARK not in saved
        strange = {word.partition("@")[0] for word in strings(json.loads(saved))} - codes() - NAMES
        assert not strange, f"a saved talk holds words that are in no sheet: {strange}"
        self.state = from_json(saved)


AGREEING = ("people.short-yes", "limits.limits-yes", "limits.examples-ok")
NAMES = frozenset(json.loads(to_json(State())))


@pytest.mark.timeout(120)
def test_no_own_words_leave_before_the_limits_are_agreed_to_and_none_ever_stay_in_the_talk() -> None:
    count = Count()
    worlds = st.fixed_dictionaries({name: st.sampled_from(sorted(DERIVED[name])) for name in DERIVED})

    @settings(
        max_examples=STEPS // EACH + 1, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(worlds, st.lists(events(), min_size=EACH, max_size=EACH))
    def talk(given_: dict[str, str], happened: list[Event]) -> None:
        family = Talk(given_, count)
        for event in happened:
            family.take(event)

    talk()
    print(f"\n{count}")
    assert count.steps >= STEPS
    assert count.kept > 100 and count.agreed > 50 and count.words > 200, "else nothing was tried"


def test_the_control_that_keeps_words_at_once_is_caught() -> None:
    """The same watch over an engine that forgets to ask."""
    careless = Talk({}, Count())
    with pytest.raises(AssertionError, match="before they had agreed"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"{__name__}.advance", eager)
        careless.take(Wrote(f"{MARK} my son"))


def eager(script: Script, state: State, event: Event, known: Paper) -> object:
    turn = advance_as_it_is(script, state, event, known)
    return type(turn)(turn.state, (*turn.effects, Kept("aside", "x")), turn.path)


advance_as_it_is = advance


# --- the whole house ---


async def unagreed(db: Database) -> int:
    """Kept words of families that did not agree."""
    t, a = tables.texts.c, tables.agreements.c
    told = select(a.conversation_id).where(a.what == "limits")
    async with db.reading() as conn:
        found = await conn.execute(select(func.count()).where(t.conversation_id.not_in(told)))
        return int(found.scalar_one())


def act(family: Family, chance: Random, number: int) -> None:
    """Something a family does: mostly a tap on what is on offer."""
    person, dice = family.person, chance.random()
    said = [line for line in person.said() if line.buttons]
    if dice < 0.5 and said:
        line = said[-1] if dice < 0.42 else chance.choice(said)
        own = [data for row in line.data for data in row]
        person.tap(chance.choice(own[:-7] or own), line)
    elif dice < 0.75:
        person.write(f"{MARK} {number} in my own words")
    elif dice < 0.9:
        person.write(chance.choice(typed()))
    else:
        chance.choice([person.send_photo, person.send_voice, person.start])()


async def test_in_the_whole_house_there_is_never_a_word_of_a_family_that_did_not_agree(home: Path) -> None:
    chance, acts = Random(5), 0
    async with town(home) as place:
        families = [place.family(f"P{n}") for n in range(12)]
        for round_ in range(14):
            for family in families:
                act(family, chance, round_)
                acts += 1
            await place.quiet()
            assert await unagreed(place.open.house.db) == 0
        kept = len(await place.rows(tables.texts))
        agreed = len(await place.rows(tables.agreements, what="limits"))
        print(f"\nacts {acts}, families that agreed {agreed} of {len(families)}, words kept {kept}")
        assert kept > 0 and agreed > 0, "else nothing was tried"
        assert await place.rows(tables.inbox, state="parked") == [], (
            "nothing was held back by the database alone"
        )
        assert place.api.warnings == []


# --- the database itself ---

AT = datetime(2026, 11, 23, tzinfo=UTC)


async def test_the_database_itself_refuses_words_before_the_agreement(db: Database, key_folder: Path) -> None:
    vault = Vault.at(key_folder)
    async with db.work() as w:
        [(talk, _)] = await conversations.meet(w, vault, [Visitor("test", "p", "p", "en", AT)])
    with pytest.raises(IntegrityError):
        async with db.work() as w:
            await conversations.keep_text(w, vault, talk, "message", "a word", AT)
    row = {"conversation_id": talk, "name": "message", "sealed": b"x", "at": AT}
    for agreed_to in ("keep", "follow", ""):
        with pytest.raises(IntegrityError):
            async with db.work() as w:
                await conversations.agree(w, talk, "keep", "1", "en", AT)
                await w.conn.execute(insert(tables.texts).values(**row, agreed_to=agreed_to))
    async with db.work() as w:
        await conversations.agree(w, talk, "limits", "1", "en", AT)
        await conversations.keep_text(w, vault, talk, "message", "a word", AT)
    with pytest.raises(IntegrityError):  # nor can the agreement go while words are there
        async with db.work() as w:
            await w.conn.execute(delete(tables.agreements).where(tables.agreements.c.conversation_id == talk))
    vault.close()
