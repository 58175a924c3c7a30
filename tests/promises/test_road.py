"""The road is short: measured on the real sheets, for every kind of family member, and printed."""

from collections import deque
from collections.abc import Iterator
from functools import cache

import pytest

from bot.editions import read_sheets
from bot.stage import Paper, all_words
from dialogs.check import check
from dialogs.effects import HandedOver, Said
from dialogs.engine import Turn, advance
from dialogs.events import Event, Pressed, Wrote
from dialogs.script import Choose, Listen, Script, When
from dialogs.state import State
from locales.render import Words

PERSON_WITHIN = 5
STEP_WITHIN = 14
FIRST_STEP = "tips.first-step"
Told = tuple[tuple[str, str], ...]  # the answers so far
FAMILY = ("parent", "partner", "sibling", "relative", "friend")


@cache
def house() -> tuple[Script, Words]:
    script, problems = check(read_sheets())
    assert script is not None, problems
    return script, all_words(script)["en"]


def take(state: State, event: Event, **given: str) -> Turn:
    return advance(house()[0], state, event, Paper({"en": house()[1]}, "en", given))


def after_language() -> State:
    state = take(State(), Wrote("hello")).state
    return take(state, Pressed("lang:en", state.asked)).state


def on_offer(state: State) -> Iterator[str]:
    """The buttons of the open question."""
    for step in house()[0].scenes[state.scene].steps:
        if isinstance(step, Choose | Listen):
            yield from (button.id for button in step.buttons)


def test_the_emergency_card_is_one_tap_away_from_every_scene_and_from_the_first_screen() -> None:
    script, _ = house()
    places = [
        State(),
        take(State(), Wrote("hello")).state,
        *(State(scene=name, asked=1) for name in script.scenes),
    ]
    for state in places:
        turn = take(state, Pressed("always.emergency", 0))
        first = next(effect for effect in turn.effects if isinstance(effect, Said))
        assert "safety.emergency-card" in turn.path, state.scene
        assert first.urgent, state.scene
    print(f"\nemergency card: one tap from each of {len(places)} places")


def answers_to_a_person(start: State, hours: str) -> int:
    """The fewest taps until a counsellor is asked."""
    seen, queue = {start.scene}, deque([(start, 0)])
    while queue:
        state, answers = queue.popleft()
        for button in (*on_offer(state), "always.person"):
            turn = take(state, Pressed(button, state.asked), hours=hours)
            if any(isinstance(effect, HandedOver) for effect in turn.effects):
                return answers + 1
            if turn.state.scene in house()[0].scenes and turn.state.scene not in seen:
                seen.add(turn.state.scene)
                queue.append((turn.state, answers + 1))
    raise AssertionError(f"no way to a person from {start.scene}")


@pytest.mark.parametrize("hours", ["open", "closed"])
def test_a_person_is_reached_within_five_answers_from_every_place(hours: str) -> None:
    script, _ = house()
    asking = [
        name
        for name, scene in script.scenes.items()
        if any(isinstance(s, Choose | Listen) for s in scene.steps)
    ]
    found = {name: answers_to_a_person(State(scene=name, asked=1), hours) for name in asking}
    first = answers_to_a_person(after_language(), hours)
    farthest = max(found, key=found.__getitem__)
    print(
        f"\na person, desk {hours}: {first} answers after the language; at most {found[farthest]}, from {farthest}"
    )
    assert first <= PERSON_WITHIN
    assert found[farthest] <= PERSON_WITHIN


@cache
def longest(scene: str, told: Told, agreed: tuple[str, ...], asked: frozenset[str]) -> int:
    """The most answers a family can need from here to the first small step; -1: the road ends elsewhere.

    `asked`: the questions that were asked already; going in a circle is nobody's road.
    """
    state = State(scene=scene, asked=1, answers=dict(told), agreed=agreed)
    wanted, most = dict(told)["relation_wanted"], -1
    for button in on_offer(state):
        if answers_of().get(button, {}).get("relation", wanted) != wanted:
            continue
        turn = take(state, Pressed(button, 1))
        after = turn.state
        if FIRST_STEP in turn.path:
            most = max(most, 1)
        elif not _leaves_the_road(turn):
            now = tuple(sorted((name, alike(name, value)) for name, value in after.answers.items()))
            if after.scene == scene or after.scene in asked:
                continue
            rest = longest(after.scene, now, after.agreed, asked | {scene})
            most = max(most, rest + 1 if rest >= 0 else -1)
    return most


def _leaves_the_road(turn: Turn) -> bool:
    """A person was asked, the talk ended, danger was named or more was asked about the limits: other promises hold."""
    answers, scene = turn.state.answers, turn.state.scene
    return (
        turn.state.over
        or any(isinstance(effect, HandedOver) for effect in turn.effects)
        or answers.get("danger") in ("now", "soon")
        or answers.get("category", "none") != "none"
        or answers.get("self_safe") == "no"
        or scene.startswith(("always.", "people.", "tips.", "safety.child-line"))
        or (scene.startswith("limits.") and scene not in ("limits.limits", "limits.consent"))
        or answers.get("relation") in ("self", "professional", "press")
    )


@pytest.mark.parametrize("relation", FAMILY)
def test_the_first_small_step_comes_within_fourteen_answers_on_every_family_path(relation: str) -> None:
    """Also with the tips for a private chat, a country far down the list, an unclear danger and a very low mood."""
    start = after_language()
    most = longest(
        start.scene, (*sorted(start.answers.items()), ("relation_wanted", relation)), (), frozenset()
    )
    print(f"\nfirst small step, {relation}: at most {most} answers after the language")
    assert 0 < most <= STEP_WITHIN


@cache
def answers_of() -> dict[str, dict[str, str]]:
    scenes = house()[0].scenes.values()
    steps = [step for scene in scenes for step in scene.steps if isinstance(step, Choose | Listen)]
    return {button.id: dict(button.sets) for step in steps for button in step.buttons}


@cache
def asked_for() -> frozenset[tuple[str, str]]:
    """The answers that some scene asks for; all others lead the same way."""
    steps = [step for scene in house()[0].scenes.values() for step in scene.steps if isinstance(step, When)]
    return frozenset((step.name, value) for step in steps for value in step.values)


def alike(name: str, value: str) -> str:
    """One value for all that make no difference to the way, so that a million talks become a few hundred."""
    if (name, value) in asked_for() or name == "relation_wanted":
        return min((v for n, v in asked_for() if n == name and _same_way(name, value, v)), default=value)
    return "-"


@cache
def _same_way(name: str, one: str, other: str) -> bool:
    """Do all questions about this answer name both values, or neither?"""
    steps = [step for scene in house()[0].scenes.values() for step in scene.steps if isinstance(step, When)]
    return all((one in step.values) == (other in step.values) for step in steps if step.name == name)
