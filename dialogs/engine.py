"""What comes next in a talk. One function, no clock, no chance, no room around it.

Rule 1: `advance` never raises for anything a family does or a saved talk holds.
Rule 2: it always halts: after `STEPS` steps it stops, a person is asked, the family is told.
Rule 3: a family's words leave only as `Kept`, and only after they agreed to the limits (promise 5).
Rule 4: the always-there words work from everywhere, in every language, before the start and after the end.
"""

from dataclasses import dataclass
from typing import Final

from dialogs.effects import Effect, Ignored, Kept
from dialogs.events import CameDue, CaseClosed, Event, Garbled, Pressed, Showed, Started, Wrote
from dialogs.fold import blank, fold, folded
from dialogs.known import Known
from dialogs.match import LONGEST, choose, pieces
from dialogs.plan import NOT_UNDERSTOOD, NOT_UNDERSTOOD_EARLY, Question, plan_of
from dialogs.script import Button, Script
from dialogs.state import State
from dialogs.walk import Trouble, Walk

__all__ = ["Known", "Turn", "advance"]

MISSES: Final = 2  # "I did not understand" in a row; then a person is offered (practice 2.3, scene 67)
PERSON: Final = "always.person"
OLD_BUTTON: Final = "always.old-button"
ONLY_TEXT: Final = "always.only-text"
EDITED: Final = "always.edited"
UNREADABLE: Final = "always.unreadable"
LANGUAGE: Final = "lang:"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one event did: the new state, what to carry out, and the scenes it went through."""

    state: State
    effects: tuple[Effect, ...]
    path: tuple[str, ...]


def advance(script: Script, state: State, event: Event, known: Known) -> Turn:
    """Take one event. The same script, state, event and facts always give the same turn."""
    walk = Walk(plan_of(script), state, known)
    try:
        _take(walk, event)
    except Trouble:
        walk.give_up()
    return Turn(walk.state(), tuple(walk.effects()), tuple(walk.path))


def _take(walk: Walk, event: Event) -> None:
    if isinstance(event, Pressed) and (button := walk.plan.always.get(event.button)):
        walk.jump(button)
    elif isinstance(event, CameDue | CaseClosed):
        _knock(walk, event.scene)
    elif isinstance(event, Wrote) and (always := _always_word(walk, event.text)):
        walk.jump(always)
    elif not walk.scene:
        walk.play(walk.plan.start)
    elif isinstance(event, Started):
        walk.ask_open()
    elif isinstance(event, Showed):
        walk.aside(EDITED if event.kind == "edited" else ONLY_TEXT)
    elif isinstance(event, Garbled):
        walk.aside(UNREADABLE)
    elif isinstance(event, Pressed):
        _press(walk, event)
    else:
        _hear(walk, event.text)


def _knock(walk: Walk, scene: str) -> None:
    """A note that came due, or news from a counsellor. Nothing is said when its scene is gone."""
    if scene in walk.plan.scenes:
        if walk.scene:
            walk.aside(scene)
        else:
            walk.play(scene)
    else:
        walk.out.append(Ignored("unknown-scene"))


def _always_word(walk: Walk, text: str) -> Button | None:
    """The always-there word they typed, in any language; a label of the open question comes first."""
    words = fold(text) if len(text) <= LONGEST else ""
    if not words:
        return None
    question = walk.question()
    if question and any(
        words in folded(tuple(walk.known.labels(name, False)))[:1] for name in question.order
    ):
        return None
    for button in walk.plan.always.values():
        if words in folded(tuple(walk.known.labels(button.id, True))):
            return button
    return None


def _press(walk: Walk, event: Pressed) -> None:
    question = walk.question()
    if question and event.asked == walk.asked:
        lang = event.button.removeprefix(LANGUAGE)
        if event.button in question.buttons:
            walk.pick(question.buttons[event.button])
            return
        if question.languages and lang != event.button and lang in dict(walk.known.languages):
            walk.pick_language(lang, question.languages)
            return
    walk.out.append(Ignored("old-button"))
    if question:
        walk.aside(OLD_BUTTON)
    else:
        walk.again()


def _hear(walk: Walk, text: str) -> None:
    question = walk.question()
    if question is None:
        walk.again()
    elif blank(text):
        walk.out.append(Ignored("empty"))
        walk.ask_open()
    elif not _answer(walk, question, text) and not _answer_before(walk, text):
        if question.listen is None:
            _miss(walk, text)
        elif "limits" in walk.agreed:
            walk.out += [Kept(question.listen.name, piece) for piece in pieces(text, question.listen.most)]
            walk.go_on(question.listen.goto)
        else:
            walk.out.append(Ignored("limits"))
            walk.ask_open()


def _place(walk: Walk, question: Question, text: str) -> int | None:
    """Which answer they typed. Languages stand before the buttons and count first."""
    languages = [(name, code) for code, name in walk.known.languages] if question.languages else []
    buttons = [tuple(walk.known.labels(name, False)) for name in question.order]
    return choose(text, [*languages, *buttons], question.how)


def _answer_before(walk: Walk, text: str) -> bool:
    """After "I did not get that" many simply answer the same question again, in other words."""
    before = walk.plan.questions.get(walk.returns[-1]) if walk.returns else None
    if walk.scene not in walk.plan.asides or before is None or _place(walk, before, text) is None:
        return False
    walk.scene = walk.returns.pop()
    return _answer(walk, before, text)


def _answer(walk: Walk, question: Question, text: str) -> bool:
    """Take a typed answer as a tap when it is one."""
    place = _place(walk, question, text)
    languages = walk.known.languages if question.languages else ()
    if place is None:
        return False
    if place < len(languages):
        walk.pick_language(languages[place][0], question.languages)
    else:
        walk.pick(question.buttons[question.order[place - len(languages)]])
    return True


def _miss(walk: Walk, text: str) -> None:
    """Not understood: nothing is thrown away, no danger swallowed, no prompt said a third time."""
    walk.misses += 1
    if "limits" in walk.agreed and "keep" in walk.agreed:
        walk.out.append(Kept("aside", text))
    scene = walk.plan.scenes[walk.scene]
    person = walk.plan.always.get(PERSON)
    if scene.if_missed and (walk.misses <= MISSES or (scene.safety and scene.if_missed != scene.id)):
        walk.leave()
        walk.play(scene.if_missed)
    # Once the limits are agreed the person's scene hands over at once: there, only a yes may lead to it.
    elif person and walk.misses > MISSES and "limits" not in walk.agreed:
        walk.misses = 0
        walk.jump(person)
    else:
        walk.aside(NOT_UNDERSTOOD if "limits" in walk.agreed else NOT_UNDERSTOOD_EARLY)
