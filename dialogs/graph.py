"""The ways through a script: what leads where, at once or after an answer, and what was agreed by then.

Rule: every way counts that a family could take - a tap, a skip, a word that was not understood.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dialogs.plan import at_once, played, skip_of
from dialogs.script import (
    AGREED,
    AGREEMENTS,
    DERIVED,
    RESERVED,
    Agree,
    Cancel,
    Choose,
    FollowUp,
    Forget,
    Goto,
    Hide,
    Listen,
    Return,
    Say,
    Scene,
    Script,
    Set,
    Step,
    Visit,
    When,
)

HOUSE_SCENES: Final = {
    "not-understood": "It answers words nobody understood, once the limits are agreed.",
    "not-understood-early": "It answers words nobody understood, before the limits are agreed.",
    "old-button": "It is said when a button of an earlier question is tapped.",
    "only-text": "It is said when a photo or a voice note comes.",
    "edited": "It is said when they changed a message.",
    "unreadable": "It is said when a message could not be read.",
    "cannot-skip": "It is said when a question that must be answered is skipped.",
    "trouble": "It is said when the house made a mistake: a person will look.",
    "silence": "It is said once when they have not answered for a while.",
    "again": "It is played when they write after the end.",
}
HOUSE_BUTTONS: Final = {
    "emergency": "It shows the emergency numbers.",
    "person": "It leads to a person.",
    "hide": "It clears the chat at once.",
    "stop": "It ends all notes.",
    "my-data": "It shows what is kept, and deletes it.",
    "back": "It goes one question back.",
    "skip": "It leaves a question out.",
    "language": "It changes the language.",
}

HOUSE_ACTS: Final[Mapping[str, tuple[type[Step], str]]] = {
    "hide": (Hide, "direction `hide the chat` behind the button"),
    "stop": (Cancel, "direction `cancel follow-ups` behind the button"),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way out of a scene, with what is surely agreed on it besides what was agreed before."""

    to: str
    agreed: frozenset[str] = frozenset()


def after_answer(scene: Scene) -> Iterator[Way]:
    """Where the question of this scene leads: taps, a language, own words, skipping, not being understood."""
    for step in played(scene):
        if not isinstance(step, Choose | Listen):
            continue
        for button in step.buttons:
            yield Way(button.goto, frozenset(button.agrees))
        yield Way(step.languages if isinstance(step, Choose) else step.goto)
        yield Way(scene.if_missed)
        yield Way(skip_of(scene, step))


def planned(script: Script) -> set[str]:
    steps = (step for scene in script.scenes.values() for step in scene.steps)
    return {step.scene for step in steps if isinstance(step, FollowUp)}


def roots(script: Script) -> set[str]:
    """Scenes that are entered from outside a running talk, or from everywhere in it.

    A discreet scene that nothing leads to is one that the house pushes, like the news from a counsellor.
    """
    house = {f"always.{name}" for name in HOUSE_SCENES} | {button.goto for button in script.always}
    inside = ({script.start} | house) & script.scenes.keys()
    pushed = {name for name, scene in script.scenes.items() if scene.discreet}
    return inside | (pushed - _spread(script, inside | planned(script)))


def reached(script: Script) -> set[str]:
    """Every scene some way leads to."""
    return _spread(script, roots(script) | planned(script))


def _spread(script: Script, start: set[str]) -> set[str]:
    found: set[str] = set()
    todo = set(start)
    while todo:
        name = todo.pop()
        if name in script.scenes and name not in found:
            found.add(name)
            scene = script.scenes[name]
            todo |= {*at_once(scene), *(way.to for way in after_answer(scene))} - RESERVED
    return found


def circles(script: Script) -> list[tuple[str, ...]]:
    """Ways that come back to where they began without letting anybody answer, each told once."""
    done: set[str] = set()
    found: list[tuple[str, ...]] = []

    def follow(name: str, way: tuple[str, ...]) -> None:
        if name in way:
            found.append(way[way.index(name) :])
        elif name in script.scenes and name not in done:
            for other in at_once(script.scenes[name]):
                follow(other, (*way, name))
            done.add(name)

    for name in script.scenes:
        follow(name, ())
    return found


def in_a_row(script: Script) -> dict[str, int]:
    """For every scene a turn may begin with: the most messages that come before they can answer."""
    counted: dict[tuple[str, bool], int] = {}

    def most(name: str, visited: bool) -> int:
        scene = script.scenes.get(name)
        if scene is None:
            return 0
        if (name, visited) not in counted:
            counted[name, visited] = 0  # a circle is another problem
            counted[name, visited] = _most(scene, visited)
        return counted[name, visited]

    def _most(scene: Scene, visited: bool) -> int:
        here, longest = 0, 0
        for step in played(scene):
            if isinstance(step, Say):
                here += 1
            elif isinstance(step, Visit):
                here += most(step.scene, True)
            elif isinstance(step, Goto):
                here += most(step.scene, visited)
            elif isinstance(step, When):
                longest = max(longest, here + most(step.goto, visited))
            elif isinstance(step, Return) and not visited:
                here += 1  # the open question is asked again
        return max(longest, here)

    first = roots(script) | planned(script)
    for scene in script.scenes.values():
        first |= {way.to for way in after_answer(scene)}
    return {name: most(name, False) for name in first & script.scenes.keys()}


Sure = frozenset[str]  # what was agreed on every way
Meaning = dict[tuple[str, str], Sure]  # an answer's name and value -> what was agreed whenever it was set


@dataclass(frozen=True, slots=True)
class Agreements:
    """What is surely agreed, on whichever way they came.

    Agreements stay until everything is forgotten, and so do answers: if every button that sets `limits_ok` to
    `yes` also agrees to the limits, then `if limits_ok is yes` leads on only those who agreed.
    """

    scenes: dict[str, Sure]  # when a scene begins; a scene nobody gets to has everything
    meaning: Meaning

    def steps(self, scene: Scene) -> Iterator[tuple[Step, Sure]]:
        """Each step with what is surely agreed when it is played."""
        sure = self.scenes[scene.id]
        for step in played(scene):
            yield step, sure
            if isinstance(step, Agree):
                sure |= {step.to}
            elif isinstance(step, Forget):
                sure = Sure()
            elif isinstance(step, When) and step.name in AGREEMENTS and AGREED not in step.values:
                sure |= {step.name}  # `if limits is open, go to ...`: whoever goes on here has agreed

    def meant(self, step: When) -> Sure:
        """What is surely agreed when this condition holds."""
        if step.name in AGREEMENTS:
            return Sure({step.name}) if step.values == (AGREED,) else Sure()
        if step.name in DERIVED:
            return Sure()
        return Sure.intersection(*(self.meaning.get((step.name, value), AGREEMENTS) for value in step.values))

    def ways(self, scene: Scene) -> Iterator[Way]:
        """Every way on from a scene, with what is agreed there."""
        for step, sure in self.steps(scene):
            if isinstance(step, When):
                yield Way(step.goto, sure | self.meant(step))
            elif isinstance(step, Goto | Visit | FollowUp):
                yield Way(step.scene, sure)
            elif isinstance(step, Choose | Listen):
                yield from (Way(way.to, sure | way.agreed) for way in after_answer(scene))

    def settings(self, scene: Scene) -> Iterator[tuple[str, str, Sure]]:
        for step, sure in self.steps(scene):
            if isinstance(step, Set):
                yield step.name, step.value, sure
            elif isinstance(step, Choose | Listen):
                for button in step.buttons:
                    yield from ((*pair, sure | frozenset(button.agrees)) for pair in button.sets)

    def way_without(self, script: Script, name: str, to: str) -> tuple[str, ...]:
        """The shortest way to a scene on which `name` is never agreed."""
        came: dict[str, str] = dict.fromkeys(sorted(roots(script)), "")
        todo = list(came)
        for scene in todo:
            if scene == to:
                break
            for way in self.ways(script.scenes[scene]):
                if way.to in self.scenes and way.to not in came and name not in way.agreed:
                    came[way.to] = scene
                    todo.append(way.to)
        steps, at = [to], came.get(to, "")
        while at:
            steps.append(at)
            at = came[at]
        return tuple(reversed(steps))

    def narrow(self, scene: Scene) -> bool:
        """Take back what does not hold on some way through this scene; True when something changed."""
        before = len(self.meaning), sum(map(len, (*self.scenes.values(), *self.meaning.values())))
        for way in self.ways(scene):
            if way.to in self.scenes:
                self.scenes[way.to] &= way.agreed
        for name, value, sure in self.settings(scene):
            self.meaning[name, value] = self.meaning.get((name, value), AGREEMENTS) & sure
        return before != (len(self.meaning), sum(map(len, (*self.scenes.values(), *self.meaning.values()))))


def agreements(script: Script) -> Agreements:
    """Begin with everything agreed everywhere and narrow it down until it holds on every way."""
    sure = dict.fromkeys(script.scenes, AGREEMENTS) | dict.fromkeys(roots(script), Sure())
    for name in planned(script) & sure.keys():
        sure[name] = AGREEMENTS  # a planned note comes after whatever was agreed where it was planned
    meaning = {pair: Sure(button.agrees) for button in script.always for pair in button.sets}
    found = Agreements(sure, meaning)
    changed = True
    while changed:
        changed = sum(found.narrow(scene) for scene in script.scenes.values()) > 0
    return found
