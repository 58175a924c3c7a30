"""Are all names known? Answers, values, queues, plans, agreements: every list is closed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from dialogs.problems import near, problem
from dialogs.script import (
    AGREED,
    AGREEMENTS,
    DERIVED,
    OPEN,
    PLANS,
    QUEUES,
    READ_ABOVE,
    Agree,
    Choose,
    FollowUp,
    HandOver,
    Listen,
    Problem,
    Scene,
    Script,
    Set,
    When,
)


@dataclass(frozen=True, slots=True)
class _Use:
    """One place where a sheet sets an answer or asks for it."""

    scene: Scene
    line: int
    name: str
    value: str


def _sets(script: Script) -> Iterator[_Use]:
    for scene in script.scenes.values():
        for step in scene.steps:
            if isinstance(step, Set):
                yield _Use(scene, step.line, step.name, step.value)
            elif isinstance(step, Choose | Listen):
                for button in step.buttons:
                    yield from (_Use(scene, button.line, name, value) for name, value in button.sets)
    for button in script.always:
        yield from (_Use(Scene("always.always", ()), button.line, name, value) for name, value in button.sets)


def _asks(script: Script) -> Iterator[_Use]:
    for scene in script.scenes.values():
        for step in scene.steps:
            if isinstance(step, When):
                yield from (_Use(scene, step.line, step.name, value) for value in step.values)


def _values(script: Script) -> Mapping[str, Collection[str]]:
    known: dict[str, set[str]] = {}
    for use in _sets(script):
        known.setdefault(use.name, set()).add(use.value)
    return {**known, **DERIVED, **dict.fromkeys(AGREEMENTS, (AGREED, OPEN))}


def check_names(script: Script) -> Iterator[Problem]:
    """Names that are set and never used, asked for and never set, impossible, or in no list."""
    yield from _answers(script)
    for scene in script.scenes.values():
        for step in scene.steps:
            if isinstance(step, HandOver):
                yield from _known(scene, step.line, "queue", step.queue, QUEUES)
            elif isinstance(step, FollowUp):
                yield from _known(scene, step.line, "plan", step.plan, PLANS)
            elif isinstance(step, Agree):
                yield from _known(scene, step.line, "agreement", step.to, AGREEMENTS)
            elif isinstance(step, Choose | Listen):
                for button in step.buttons:
                    for name in button.agrees:
                        yield from _known(scene, button.line, "agreement", name, AGREEMENTS)


def _answers(script: Script) -> Iterator[Problem]:
    values = _values(script)
    told: set[str] = set()
    for use in _asks(script):
        if use.name not in values:
            if use.name not in told:
                yield _wrong("D15", use, what="asked for here, but no sheet sets it")
            told.add(use.name)
        elif use.value not in values[use.name]:
            can = ", ".join(sorted(values[use.name]))
            yield _wrong("D16", use, value=use.value, values=can, near=near(use.value, values[use.name]))
    used = {use.name for use in _asks(script)} | READ_ABOVE
    used |= {use.name for use in _sets(script) if use.scene.summary}
    for use in _sets(script):
        if use.name in DERIVED or use.name in AGREEMENTS:
            yield _wrong("D32", use)
        elif use.name not in used and use.name not in told:
            told.add(use.name)
            yield _wrong("D15", use, what="set here, but nothing ever uses it")


def _known(scene: Scene, line: int, kind: str, name: str, names: Collection[str]) -> Iterator[Problem]:
    if name not in names:
        use = _Use(scene, line, name, "")
        yield _wrong("D18", use, kind=kind, names=", ".join(sorted(names)), near=near(name, names))


def _wrong(code: str, use: _Use, **words: object) -> Problem:
    return problem(code, use.scene.id.partition(".")[0], use.line, name=use.name, **words)
