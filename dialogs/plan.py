"""A script made ready to be played: what each question offers, worked out once and not in every turn."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dialogs.match import CLOSE, EXACT, SAFE
from dialogs.script import (
    SKIP,
    Button,
    Choose,
    End,
    Goto,
    HandOver,
    Listen,
    Return,
    Say,
    Scene,
    Script,
    Step,
    Visit,
    When,
)

STOPS: Final = Choose | Listen | Goto | Return | End  # nothing below one of these is ever played

NOT_UNDERSTOOD: Final = "always.not-understood"
NOT_UNDERSTOOD_EARLY: Final = "always.not-understood-early"
TROUBLE: Final = "always.trouble"
EDITIONS: Final = 8  # so many scripts stay ready; talks rest on their edition, so there are a few


@dataclass(frozen=True, slots=True)
class Question:
    """Where a scene stops and waits."""

    scene: str
    buttons: Mapping[str, Button]  # in the order they are shown; languages stand before them
    order: tuple[str, ...]
    languages: str  # where a chosen language leads, or ""
    listen: Listen | None
    run: tuple[str, ...]  # the messages right before the stop
    last: tuple[str, ...]  # the question itself
    how: str  # how strictly a typed answer is taken, see match.py
    skip: str  # where skipping leads; "" when it cannot be skipped


@dataclass(frozen=True, slots=True)
class Plan:
    scenes: Mapping[str, Scene]
    questions: Mapping[str, Question]
    always: Mapping[str, Button]
    urgent: frozenset[str]  # scenes whose messages go first
    asides: frozenset[str]  # questions the house itself puts in between; nobody comes back to them
    trouble: tuple[str, ...]
    start: str


def played(scene: Scene) -> tuple[Step, ...]:
    """The steps that can be played: up to the first one nothing comes after."""
    for place, step in enumerate(scene.steps):
        if isinstance(step, STOPS):
            return scene.steps[: place + 1]
    return scene.steps


def at_once(scene: Scene) -> Iterator[str]:
    """Scenes this one may lead to without letting them answer."""
    for step in played(scene):
        if isinstance(step, Goto | Visit):
            yield step.scene
        elif isinstance(step, When):
            yield step.goto


def spread(scenes: Mapping[str, Scene], start: Iterable[str]) -> set[str]:
    """The scenes of `start` and all they lead to without letting anybody answer."""
    found: set[str] = set()
    todo = list(start)
    while todo:
        name = todo.pop()
        if name in scenes and name not in found:
            found.add(name)
            todo += at_once(scenes[name])
    return found


def _messages(steps: tuple[Step, ...]) -> tuple[str, ...]:
    return tuple(step.message for step in steps if isinstance(step, Say))


def _run(steps: tuple[Step, ...], stop: int) -> tuple[str, ...]:
    """The messages that stand right above the stop, with nothing in between."""
    start = stop
    while start and isinstance(steps[start - 1], Say):
        start -= 1
    return _messages(steps[start:stop]) or _messages(steps[:stop])[-1:]


def skip_of(scene: Scene, stop: Choose | Listen) -> str:
    """Where skipping leads: where the sheet says, or to the one place every answer leads to."""
    if scene.must_answer:
        return ""
    targets = {button.goto for button in stop.buttons}
    targets.add(stop.goto if isinstance(stop, Listen) else stop.languages or next(iter(targets), ""))
    alone = targets.pop() if len(targets) == 1 else ""
    return scene.if_skipped or ("" if alone == SKIP else alone)


def question_of(scene: Scene) -> Question | None:
    """The question a scene asks, or None when it asks nothing."""
    for place, step in enumerate(scene.steps):
        if isinstance(step, Choose | Listen):
            run = _run(scene.steps, place)
            listen = step if isinstance(step, Listen) else None
            return Question(
                scene=scene.id,
                buttons={button.id: button for button in step.buttons},
                order=tuple(button.id for button in step.buttons),
                languages=step.languages if isinstance(step, Choose) else "",
                listen=listen,
                run=run,
                last=run[-1:],
                how=EXACT if listen else SAFE if scene.safety else CLOSE,
                skip=skip_of(scene, step),
            )
    return None


def _urgent(scene: Scene) -> bool:
    return scene.safety or (scene.fresh and any(isinstance(step, HandOver) for step in scene.steps))


def _prepare(script: Script) -> Plan:
    questions = {name: question for name, scene in script.scenes.items() if (question := question_of(scene))}
    trouble = script.scenes.get(TROUBLE)
    return Plan(
        scenes=script.scenes,
        questions=questions,
        always={button.id: button for button in script.always},
        urgent=frozenset(name for name, scene in script.scenes.items() if _urgent(scene)),
        asides=frozenset(spread(script.scenes, (NOT_UNDERSTOOD, NOT_UNDERSTOOD_EARLY))),
        trouble=_messages(trouble.steps) if trouble else (),
        start=script.start,
    )


_READY: dict[int, tuple[Script, Plan]] = {}  # keeps the script too, so that its number is not given away


def plan_of(script: Script) -> Plan:
    """The plan of a script, prepared at its first turn."""
    found = _READY.get(id(script))
    if found is None:
        while len(_READY) >= EDITIONS:
            _READY.pop(next(iter(_READY)), None)
        found = _READY[id(script)] = (script, _prepare(script))
    return found[1]
