"""Whatever a family does, in whatever state a talk was saved: it goes on, it halts, and promise 5 holds."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dialogs
from dialogs.effects import ForgetMe, HandedOver, Ignored, Kept, LanguageChosen, Said
from dialogs.engine import advance
from dialogs.english import EnglishKnown
from dialogs.events import CameDue, CaseClosed, Event, Garbled, Pressed, Showed, Started, Wrote
from dialogs.join import join
from dialogs.read import read
from dialogs.script import DERIVED, Script
from dialogs.state import State, from_json, to_json
from dialogs.walk import RETURNS, TRAIL
from tests.dialogs.shelf import good

NOW = -1  # and below: a tap on one of the buttons that are shown at that moment
SHIPPED = Path(dialogs.__file__).parent / "scripts"


@cache
def script(which: str) -> Script:
    shipped = {path.stem: path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.md")}
    texts = shipped if which == "shipped" else good()
    return join(read(name, text)[0] for name, text in texts.items())


@cache
def words(which: str) -> list[str]:
    """Everything that can be typed or tapped in a script, and what people really send."""
    said = [message.text for message in script(which).messages.values() if message.kind in {"button", "also"}]
    return [
        *said,
        "1",
        "٢",
        "yes",
        "no",
        "emergency",
        "hide",
        "back",
        "skip",
        "stop",
        "/person",
        "deutsch",
        "",
        "  ",
    ]


def events(which: str) -> st.SearchStrategy[Event]:
    buttons = [name for name, m in script(which).messages.items() if m.kind == "button"]
    scenes = [*script(which).scenes, "talk.gone"]
    return st.one_of(
        st.builds(
            Pressed, st.sampled_from([*buttons, "lang:de", "lang:xx", "", "talk.nothing"]), st.integers(0, 9)
        ),
        *[st.builds(Pressed, st.just(""), st.integers(-8, NOW))] * 5,
        st.builds(Wrote, st.sampled_from(words(which)) | st.text(max_size=20)),
        st.builds(Started, st.just("")),
        st.builds(Showed, st.sampled_from(["photo", "voice"])),
        st.builds(CameDue, st.just("check-in"), st.sampled_from(scenes)),
        st.builds(CaseClosed, st.just("helped"), st.sampled_from(scenes)),
        st.just(Garbled()),
    )


class _Family:
    """Plays events against one script and looks after the promises at every step."""

    def __init__(self, which: str, given: dict[str, str]) -> None:
        self.script = script(which)
        self.known = EnglishKnown(self.script, given)
        self.state = State()
        self.offered: tuple[str, ...] = ()
        self.visited: set[str] = set()

    def take(self, event: Event) -> None:
        if isinstance(event, Pressed) and event.asked <= NOW and self.offered:
            event = Pressed(self.offered[event.asked % len(self.offered)], self.state.asked)
        before = self.state
        turn = advance(self.script, before, event, self.known)
        assert advance(self.script, before, event, self.known) == turn, "the same event gives the same turn"
        agreed = {*before.agreed, *(effect.to for effect in turn.effects if hasattr(effect, "to"))}
        for effect in turn.effects:
            assert not isinstance(effect, Kept) or "limits" in agreed, "promise 5"
            assert not isinstance(effect, HandedOver) or effect.because != "trouble"
        said = [effect for effect in turn.effects if isinstance(effect, Said)]
        quiet = turn.effects == (Ignored("unknown-scene"),)
        assert said or quiet or any(isinstance(effect, ForgetMe) for effect in turn.effects), "never silence"
        assert not any(effect.buttons or effect.languages for effect in said[:-1])
        assert len(turn.state.returns) <= RETURNS and len(turn.state.trail) <= TRAIL
        if said and (said[-1].buttons or said[-1].languages):
            assert not turn.state.over and turn.state.asked > before.asked
        if said:
            self.offered = (*said[-1].buttons, *(("lang:de",) if said[-1].languages else ()))
        self.state = from_json(to_json(turn.state))
        assert self.state == turn.state
        self.visited |= set(turn.path)
        assert self.visited <= self.script.scenes.keys()


@pytest.mark.parametrize("which", ["test", "shipped"])
def test_any_talk_goes_on_and_keeps_its_promises(which: str) -> None:
    given_names = st.fixed_dictionaries({name: st.sampled_from(sorted(DERIVED[name])) for name in DERIVED})

    @settings(max_examples=150, deadline=None)
    @given(given_names, st.lists(events(which), max_size=40))
    def talk(given: dict[str, str], happened: list[Event]) -> None:
        family = _Family(which, given)
        for event in happened:
            family.take(event)

    talk()


@pytest.mark.parametrize("which", ["test", "shipped"])
def test_a_family_that_taps_at_random_gets_nearly_everywhere(which: str) -> None:
    chance = Random(7)
    visited: set[str] = set()
    for _ in range(150):
        family = _Family(which, {name: chance.choice(sorted(DERIVED[name])) for name in DERIVED})
        for _ in range(40):
            typed = Wrote(chance.choice(words(which)))
            family.take(typed if chance.random() < 0.15 else Pressed("", chance.randint(-8, NOW)))
        visited |= family.visited
    assert len(visited) > 0.75 * len(script(which).scenes)


def names(which: str) -> st.SearchStrategy[str]:
    scenes = st.sampled_from([*script(which).scenes, "", "talk.gone", "always.always"])
    return scenes | st.builds("{}@{}".format, scenes, st.integers(-2, 99)) | st.text(max_size=5)


@pytest.mark.parametrize("which", ["test", "shipped"])
def test_any_saved_talk_can_be_taken_up(which: str) -> None:
    states = st.builds(
        State,
        scene=names(which),
        asked=st.integers(),
        answers=st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3),
        picked=st.dictionaries(names(which), st.text(max_size=8), max_size=3),
        agreed=st.lists(st.sampled_from(["limits", "keep", "follow", "?"]), max_size=3).map(tuple),
        returns=st.lists(names(which), max_size=12).map(tuple),
        trail=st.lists(names(which), max_size=40).map(tuple),
        misses=st.integers(),
        over=st.booleans(),
    )

    @settings(max_examples=300, deadline=None)
    @given(states, events(which))
    def take_up(state: State, event: Event) -> None:
        known = EnglishKnown(script(which))
        turn = advance(script(which), from_json(to_json(state)), event, known)
        assert json.loads(to_json(turn.state))["v"] == 1
        kept = [effect for effect in turn.effects if isinstance(effect, Kept)]
        assert not kept or "limits" in turn.state.agreed

    take_up()


def test_any_script_however_broken_halts() -> None:
    """Scenes that lead anywhere: also what no checker would let pass never raises and never hangs."""
    targets = st.sampled_from(["#a", "#b", "#c", "#gone", "#resume", "#back", "#same", "#skip"])
    lines = st.sampled_from(
        (
            *("> go to [x]({})", "> visit [x]({})", "> if level is T3, go to [x]({})", "- [Tap]({}) ^{}"),
            *(
                "> end",
                "> go back to where they were",
                "> hide the chat",
                "> forget everything",
                "> set x to y",
            ),
            *(
                "> wait for text, keep it as x, then go to [x]({})",
                "> offer the languages, then go to [x]({})",
            ),
            "Words. ^{}",
        )
    )

    @settings(max_examples=150, deadline=None)
    @given(st.lists(st.lists(st.tuples(lines, targets), max_size=5), min_size=3, max_size=3), st.data())
    def walk(scenes: list[list[tuple[str, str]]], data: st.DataObject) -> None:
        text = "# T\n\n> starts at [a](#a)\n"
        for name, steps in zip("abc", scenes, strict=True):
            text += f"\n## {name}\n"
            for n, (line, target) in enumerate(steps):
                parts = (target, f"{name}{n}") if line.startswith("-") else (target,)
                text += f"\n{line.format(f'{name}{n}') if line.startswith('W') else line.format(*parts)}\n"
        broken = join([read("talk", text)[0]])
        state, known = State(), EnglishKnown(broken)
        for event in data.draw(st.lists(st.sampled_from([Wrote("tap"), Wrote("1"), Started(), Wrote("?")]))):
            state = advance(broken, state, event, known).state

    walk()


def test_a_language_is_told_before_the_words_in_it() -> None:
    state = advance(script("test"), State(), Started(), EnglishKnown(script("test"))).state
    turn = advance(script("test"), state, Wrote("deutsch"), EnglishKnown(script("test")))
    assert isinstance(turn.effects[0], LanguageChosen) and isinstance(turn.effects[1], Said)


def test_a_turn_leaves_the_state_it_was_given_alone() -> None:
    state = State(scene="talk.who", asked=1, answers={"x": "y"}, returns=("talk.who",), trail=("talk.who",))
    copy = replace(state, answers={"x": "y"})
    advance(script("test"), state, Wrote("my child"), EnglishKnown(script("test")))
    assert state == copy
