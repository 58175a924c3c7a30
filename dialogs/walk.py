"""One turn on its way through the scenes. Only `engine.py` starts one; nothing of it outlives the turn."""

from collections.abc import Callable
from typing import Any, Final

from dialogs.effects import (
    Agreed,
    Cancelled,
    Effect,
    ForgetMe,
    HandedOver,
    HideMe,
    LanguageChosen,
    Planned,
    Said,
)
from dialogs.known import Known
from dialogs.plan import Plan, Question
from dialogs.script import (
    AGREED,
    AGREEMENTS,
    BACK,
    DERIVED,
    OPEN,
    RESERVED,
    RESUME,
    SAME,
    SKIP,
    Agree,
    Button,
    Cancel,
    Choose,
    End,
    FollowUp,
    Forget,
    Goto,
    HandOver,
    Hide,
    Listen,
    Return,
    Say,
    Scene,
    Set,
    Visit,
    When,
)
from dialogs.state import State

STEPS: Final = 50  # a turn; no checked script needs a third of it
RETURNS: Final = 8
TRAIL: Final = 30
AGAIN: Final = "always.again"
CANNOT_SKIP: Final = "always.cannot-skip"


class Trouble(Exception):
    """This turn went round in circles."""


Place = tuple[str, int]  # a scene and the step to go on from


class Walk:
    def __init__(self, plan: Plan, state: State, known: Known) -> None:
        self.plan = plan
        self.known = known
        self.before = state
        self.scene = state.scene
        self.asked = state.asked
        self.answers = state.answers
        self.picked = state.picked
        self.agreed = state.agreed
        self.returns = list(state.returns)
        self.trail = list(state.trail)
        self.misses = state.misses
        self.over = state.over
        self.path: list[str] = []
        self.out: list[Effect] = []
        self.last = -1  # where in `out` the last message stands
        self.discreet = False  # may the last message stand on a lock screen; then nothing shows around it
        self.waiting: Question | None = None
        self.left = STEPS
        self.hidden = False
        self.forgotten = False
        self.troubled = False

    # What came out

    def state(self) -> State:
        if self.troubled:
            return State() if self.forgotten else self.before
        if self.forgotten and self.over:
            return State()
        return State(
            scene=self.scene,
            asked=self.asked,
            answers=self.answers,
            picked=self.picked,
            agreed=self.agreed,
            returns=tuple(self.returns),
            trail=tuple(self.trail),
            misses=self.misses,
            over=self.over,
        )

    def effects(self) -> list[Effect]:
        """Everything in order; the last message carries the buttons."""
        if self.last >= 0:
            last = self.out[self.last]
            assert isinstance(last, Said)
            asks = self.waiting
            self.out[self.last] = Said(
                last.message,
                asks.order if asks else (),
                bool(asks and asks.languages),
                last.urgent,
                not (self.discreet or self.hidden),
            )
        return self.out

    def give_up(self) -> None:
        """A bug never ends in silence: drop the half-said, keep the rest, tell the family, call a person."""
        kept = dict.fromkeys(effect for effect in self.out if not isinstance(effect, Said))
        self.out, self.last, self.waiting, self.troubled = list(kept), -1, None, True
        for message in self.plan.trouble:
            self._said(message, urgent=True)
        self.out.append(HandedOver("families", urgent=True, because="trouble"))

    # The open question

    def question(self) -> Question | None:
        """The question that waits; None before the first contact, after the end, in a scene that is gone."""
        return None if self.over else self.plan.questions.get(self.scene)

    def ask_open(self) -> None:
        if self.question():
            self.ask(self.scene)
        else:
            self.again()

    def ask(self, scene: str) -> None:
        """Ask once more: with all its words when nothing else was said in this turn, else briefly."""
        question = self.plan.questions.get(scene)
        if question is None:
            self.play(scene)
            return
        self._spend()
        discreet = self.plan.scenes[scene].discreet
        for message in question.run if self.last < 0 else question.last:
            self._said(message, scene in self.plan.urgent, discreet)
        self._wait(question)

    def again(self) -> None:
        """They come back after the end, or to a place that is gone."""
        self.play(AGAIN if AGAIN in self.plan.scenes else self.plan.start)

    def aside(self, scene: str) -> None:
        """Say something in between; the open question comes back after it."""
        self._remember_question(scene)
        self.play(scene)

    def jump(self, button: Button) -> None:
        """An always-there word: from everywhere, and back again afterwards."""
        self.misses = 0
        self._apply(button)
        if "." in button.goto:
            self._remember_question(button.goto)
        elif not self.scene:
            self.play(self.plan.start)
            return
        self.follow(button.goto)

    def _remember_question(self, target: str) -> None:
        if not self.scene:
            self._push(f"{self.plan.start}@0")
        elif self.question() and self.scene != target and self.scene not in self.plan.asides:
            self._push(self.scene)
            self.leave()

    def _push(self, entry: str) -> None:
        if entry in self.returns:
            del self.returns[self.returns.index(entry) :]
        self.returns.append(entry)
        if len(self.returns) > RETURNS:  # the first is where they really were
            del self.returns[1]

    def leave(self) -> None:
        """From now on the open question is one that Back leads to."""
        if self.trail[-1:] != [self.scene] and self.scene not in self.plan.asides:
            self.trail = [*self.trail, self.scene][-TRAIL:]

    # Answers

    def pick(self, button: Button) -> None:
        self._apply(button)
        self.picked = {**self.picked, self.scene: button.id}
        self.go_on(button.goto)

    def pick_language(self, lang: str, goto: str) -> None:
        self.out.append(LanguageChosen(lang))
        self.go_on(goto)

    def go_on(self, target: str) -> None:
        """The open question was answered."""
        self.misses = 0
        if target not in RESERVED:
            self.leave()
        self.follow(target)

    def follow(self, target: str) -> None:
        if target == BACK:
            self._back()
        elif target == RESUME:
            self._resume()
        elif target == SKIP:
            self._skip()
        elif target == SAME:
            self.ask_open()
        else:
            self.play(target)

    def _apply(self, button: Button) -> None:
        for name, value in button.sets:
            self._set(name, value)
        for name in button.agrees:
            self._agree(name)

    def _set(self, name: str, value: str) -> None:
        self.answers = {**self.answers, name: value}

    def _agree(self, name: str) -> None:
        if name not in self.agreed:
            self.agreed = (*self.agreed, name)
            self.out.append(Agreed(name))

    def _back(self) -> None:
        while self.trail:
            scene = self.trail.pop()
            if scene != self.scene and scene in self.plan.questions:
                self.misses = 0
                self.ask(scene)
                return
        self.ask_open()

    def _skip(self) -> None:
        question = self.question()
        if question is None:
            self.again()
        elif question.skip:
            self.go_on(question.skip)
        else:
            self.aside(CANNOT_SKIP)

    def _resume(self) -> None:
        """The button `go on`: to the question that was open; with none left, to the beginning."""
        while self.returns:
            if self._return_to(self.returns.pop()):
                return
        if self.scene == AGAIN or AGAIN not in self.plan.scenes:
            self.play(self.plan.start)
        else:
            self.again()

    def _return_to(self, entry: str) -> bool:
        scene, _, step = entry.partition("@")
        if scene not in self.plan.scenes:
            return False
        if step.isdecimal():
            self.play(scene, int(step))
        else:
            self.ask(scene)
        return True

    # Scenes

    def play(self, scene: str, at: int = 0) -> None:
        """Play scenes from here until one waits or the talk ends."""
        place: Place | None = (scene, at)
        while place is not None:
            place = self._through(*place)

    def _through(self, name: str, at: int) -> Place | None:
        self._spend()
        scene = self.plan.scenes.get(name)
        if scene is None:
            return self._lost(name)
        self.path.append(name)
        for number in range(at, len(scene.steps)):
            self._spend()
            step = scene.steps[number]
            if isinstance(step, Choose | Listen):
                self._wait(self.plan.questions[name])
                return None
            if isinstance(step, End):
                return self._end()
            if isinstance(step, Return):
                return self._come_back()
            if isinstance(step, Visit):
                self._push(f"{name}@{number + 1}")
            if goto := _STEPS[type(step)](self, scene, step):
                return goto, 0
        return self._end() if self.hidden or self.forgotten else self._come_back()

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Trouble

    def _lost(self, name: str) -> Place | None:
        """A scene that is not there any more: say where we are, or begin anew."""
        for other in (AGAIN, self.plan.start):
            if other != name and other in self.plan.scenes:
                return other, 0
        return self._end()

    def _come_back(self) -> Place | None:
        """`go back to where they were`, or the end of a scene that was played in between."""
        while self.returns:
            entry = self.returns[-1]
            scene, _, step = entry.partition("@")
            if not step and self.before.over:
                break  # the talk was over or hidden before this; what waits is only resumed by a tap
            self.returns.pop()
            if scene in self.plan.scenes:
                if step.isdecimal():
                    return scene, int(step)
                self._ask_after(scene)
                return None
        if self.last < 0:
            self.again()
            return None
        return self._end()

    def _ask_after(self, scene: str) -> None:
        """The open question again - but never beside a discreet note: it may light up a phone on a table."""
        if self.last >= 0 and self.discreet:
            self.scene = scene
        else:
            self.ask(scene)

    def _end(self) -> Place | None:
        """The talk is over; what was hidden or over before keeps what it may come back to."""
        self.over = True
        self.trail = []
        if not self.hidden and not self.before.over:
            self.returns = []
        return None

    def _wait(self, question: Question) -> None:
        self.waiting = question
        self.scene = question.scene
        self.over = False
        self.asked += 1
        if self.scene in self.returns:
            del self.returns[self.returns.index(self.scene) :]

    def _said(self, message: str, urgent: bool, discreet: bool = False) -> None:
        self.last = len(self.out)
        self.discreet = discreet
        self.out.append(Said(message, urgent=urgent, always=False))

    # Steps that go on: each gives the scene to go to, or None for the next step

    def _say(self, scene: Scene, step: Say) -> None:
        self._said(step.message, scene.id in self.plan.urgent, scene.discreet)

    def _when(self, _: Scene, step: When) -> str | None:
        if step.name in AGREEMENTS:
            value = AGREED if step.name in self.agreed else OPEN
        elif step.name in DERIVED:
            value = self.known.derived(step.name, self.state())
        else:
            value = self.answers.get(step.name, "")
        return step.goto if value in step.values else None

    def _hide(self) -> None:
        self.hidden = True
        self.out.append(HideMe())

    def _forget(self) -> None:
        self.forgotten = True
        self.out.append(ForgetMe())
        self.answers, self.picked, self.agreed = {}, {}, ()
        self.returns, self.trail, self.misses = [], [], 0


_STEPS: Final[dict[type[Any], Callable[[Walk, Scene, Any], str | None]]] = {
    Say: Walk._say,
    When: Walk._when,
    Goto: lambda _, __, step: step.scene,
    Visit: lambda _, __, step: step.scene,
    Set: lambda walk, _, step: walk._set(step.name, step.value),
    Agree: lambda walk, _, step: walk._agree(step.to),
    HandOver: lambda walk, _, s: walk.out.append(HandedOver(s.queue, s.urgent, s.because)),
    FollowUp: lambda walk, _, step: walk.out.append(Planned(step.plan, step.scene)),
    Cancel: lambda walk, _, __: walk.out.append(Cancelled()),
    Forget: lambda walk, _, __: walk._forget(),
    Hide: lambda walk, _, __: walk._hide(),
}
