"""Is a script fit? Every mistake an author can make, told with sheet, line and hint.

Rule 1: nothing goes live with a problem: `check` gives a script only when there is none.
Rule 2: problems D19 to D21, D27 and D30 are the helpline's promises; there is no switch to turn them off.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from dialogs.graph import (
    HOUSE_ACTS,
    HOUSE_BUTTONS,
    HOUSE_SCENES,
    agreements,
    circles,
    in_a_row,
    reached,
)
from dialogs.join import join
from dialogs.names import check_names
from dialogs.plan import STOPS, played, question_of, spread
from dialogs.problems import in_order, near, problem
from dialogs.read import read
from dialogs.script import (
    RESERVED,
    Choose,
    FollowUp,
    Forget,
    Goto,
    Hide,
    Listen,
    Problem,
    Say,
    Scene,
    Script,
    Visit,
    When,
)
from dialogs.sounds import check_sounds
from dialogs.wording import check_words

BUTTONS: Final = 8  # at most, so that a small phone shows them all (practice 2.1)
MESSAGES: Final = 3  # in a row


def check(texts: Mapping[str, str]) -> tuple[Script | None, list[Problem]]:
    """Read and judge all sheets of an edition: name without `.md` -> text.

    No script comes out while a problem is left.
    """
    sheets, problems = [], []
    for name in sorted(texts):
        sheet, found = read(name, texts[name])
        sheets.append(sheet)
        problems += found
    script = join(sheets)
    problems += check_script(script)
    return (None if problems else script), in_order(problems)


def check_script(script: Script) -> list[Problem]:
    """Everything that can be wrong with a joined script; the reader's own problems come before."""
    return in_order([found for rule in RULES for found in rule(script)])


def check_waiting(script: Script, waiting: Iterable[str]) -> list[Problem]:
    """Scenes that are gone although open talks wait there; asked before talks move to this edition."""
    gone = set(waiting) - script.scenes.keys() - {""}
    return in_order([_at(name, 1, "D25") for name in gone])


def _at(scene: str, line: int, code: str, **words: object) -> Problem:
    sheet, _, name = scene.partition(".")
    return problem(code, sheet, line, scene=name, **words)


# One rule after the other


def _starts(script: Script) -> Iterator[Problem]:
    starting = [sheet for sheet in script.sheets if sheet.start]
    for sheet in starting[1:]:
        yield problem("D34", sheet.name, 1, what=f"{starting[0].name}.md starts the talk already.")
    if not starting and script.sheets:
        yield problem("D34", script.sheets[0].name, 1, what="No sheet says where a talk starts.")


def _house(script: Script) -> Iterator[Problem]:
    for name, why in HOUSE_SCENES.items():
        if f"always.{name}" not in script.scenes:
            code = "D22" if name == "again" else "D29"
            yield problem(code, "always", 1, what="scene", name=name, why=why)
    there = {button.id: button for button in script.always}
    for name, why in HOUSE_BUTTONS.items():
        button = there.get(f"always.{name}")
        if button is None:
            what = "button in the scene `always` with the id"
            yield problem("D29", "always", 1, what=what, name=name, why=why)
        elif name in HOUSE_ACTS:
            act, what = HOUSE_ACTS[name]
            scenes = spread(script.scenes, [button.goto])
            if not any(isinstance(step, act) for scene in scenes for step in script.scenes[scene].steps):
                yield problem("D29", "always", button.line, what=what, name=name, why=why)


def _links(script: Script) -> Iterator[Problem]:
    for scene in _all(script):
        for target, line in _targets(scene):
            if target and target not in RESERVED and target not in script.scenes:
                sheet, _, name = target.partition(".")
                shown = target if scene.id.startswith(f"{sheet}.") else f"{sheet}.md#{name}"
                yield _at(scene.id, line, "D10", target=shown, near=near(target, script.scenes))
    for first in script.sheets:
        if first.start and first.start not in script.scenes:
            yield problem("D10", first.name, 1, target=first.start, near=near(first.start, script.scenes))


def _all(script: Script) -> Iterator[Scene]:
    for sheet in script.sheets:
        if not sheet.pieces:
            yield from sheet.scenes


def _targets(scene: Scene) -> Iterator[tuple[str, int]]:
    yield scene.if_missed, scene.line
    yield scene.if_skipped, scene.line
    for step in scene.steps:
        if isinstance(step, Goto | Visit | FollowUp):
            yield step.scene, step.line
        elif isinstance(step, When):
            yield step.goto, step.line
        elif isinstance(step, Choose | Listen):
            yield (step.goto if isinstance(step, Listen) else step.languages), step.line
            yield from ((button.goto, button.line) for button in step.buttons)


def _lost(script: Script) -> Iterator[Problem]:
    found = reached(script)
    for scene in script.scenes.values():
        if scene.id not in found:
            yield _at(scene.id, scene.line, "D11", what=f"the scene `{scene.id.partition('.')[2]}`")
        steps = played(scene)
        if len(steps) < len(scene.steps):
            yield _at(scene.id, scene.steps[len(steps)].line, "D11", what="what stands here")
    for sheet in script.sheets:
        for scene in sheet.scenes if sheet.pieces else ():
            for step in scene.steps:
                if not isinstance(step, Say):
                    yield _at(scene.id, step.line, "D11", what="this line: pieces are never walked")


def _stops(script: Script) -> Iterator[Problem]:
    for scene in script.scenes.values():
        steps = played(scene)
        over = any(isinstance(step, Hide | Forget) for step in steps)
        if not over and not (steps and isinstance(steps[-1], STOPS)):
            yield _at(scene.id, scene.line, "D12")


def _questions(script: Script) -> Iterator[Problem]:
    for scene in script.scenes.values():
        question = question_of(scene)
        if question is None:
            continue
        line = next(step.line for step in scene.steps if isinstance(step, Choose | Listen))
        if not question.last:
            yield _at(scene.id, line, "D07")
        if scene.safety and question.listen is None and not scene.if_missed:
            yield _at(scene.id, scene.line, "D21")
        answers = question.order or question.languages or question.listen
        if answers and not scene.must_answer and not question.skip:
            yield _at(scene.id, scene.line, "D27")
        if len(question.order) > BUTTONS:
            yield _at(scene.id, line, "D28", n=len(question.order), most=BUTTONS)


def _circles(script: Script) -> Iterator[Problem]:
    for circle in circles(script):
        names = " - ".join(name.partition(".")[2] for name in (*circle, circle[0]))
        yield _at(circle[0], script.scenes[circle[0]].line, "D17", scenes=names)


def _talkative(script: Script) -> Iterator[Problem]:
    for name, count in in_a_row(script).items():
        if count > MESSAGES:
            yield _at(name, script.scenes[name].line, "D23", n=count, most=MESSAGES)


def _promises(script: Script) -> Iterator[Problem]:
    found = agreements(script)
    for scene in script.scenes.values():
        for step, sure in found.steps(scene):
            name, code = ("limits", "D20") if isinstance(step, Listen) else ("follow", "D19")
            if isinstance(step, Listen | FollowUp) and name not in sure:
                way = " - ".join(found.way_without(script, name, scene.id))
                yield _at(scene.id, step.line, code, way=way)


RULES: Final[tuple[Callable[[Script], Iterable[Problem]], ...]] = (
    _starts,
    _house,
    _links,
    _lost,
    _stops,
    _questions,
    _circles,
    _talkative,
    _promises,
    check_names,
    check_sounds,
    check_words,
)
