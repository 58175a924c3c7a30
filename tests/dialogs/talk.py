"""A family for tests: it taps, writes and sends, and looks at what comes back."""

from dataclasses import replace

from dialogs.effects import Effect, Said
from dialogs.engine import Known, advance
from dialogs.english import EnglishKnown
from dialogs.events import Event, Pressed, Started, Wrote
from dialogs.script import Script
from dialogs.state import State, from_json, to_json
from tests.dialogs.shelf import script as good_script


def full(name: str) -> str:
    """`who` is `talk.who`; a name with a dot stays."""
    return name if "." in name or name.startswith("lang:") else f"talk.{name}"


class Talk:
    def __init__(self, script: Script | None = None, known: Known | None = None, **given: str) -> None:
        self.script = script or good_script()
        self.known: Known = known or EnglishKnown(self.script, given)
        self.state = State()
        self.effects: tuple[Effect, ...] = ()
        self.path: tuple[str, ...] = ()

    def send(self, event: Event) -> "Talk":
        turn = advance(self.script, self.state, event, self.known)
        self.state, self.effects, self.path = turn.state, turn.effects, turn.path
        assert from_json(to_json(self.state)) == self.state
        return self

    def taps(self, *buttons: str) -> "Talk":
        for button in buttons:
            self.send(Pressed(full(button), self.state.asked))
        return self

    def writes(self, *texts: str) -> "Talk":
        for text in texts:
            self.send(Wrote(text))
        return self

    def to(self, scene: str) -> "Talk":
        """Begin right at a scene, with nothing answered yet."""
        self.send(Started())
        self.state = replace(self.state, scene=full(scene))
        return self

    @property
    def said(self) -> list[str]:
        """What was said in the last turn, without the name of the sheet `talk`."""
        return [effect.message.removeprefix("talk.") for effect in self.effects if isinstance(effect, Said)]

    @property
    def others(self) -> list[Effect]:
        return [effect for effect in self.effects if not isinstance(effect, Said)]

    @property
    def offered(self) -> tuple[str, ...]:
        last = [effect for effect in self.effects if isinstance(effect, Said)][-1]
        return tuple(button.removeprefix("talk.") for button in last.buttons)

    @property
    def at(self) -> str:
        return "over" if self.state.over else self.state.scene.removeprefix("talk.")


def at_limits() -> Talk:
    return Talk().send(Started()).taps("lang:de", "child")


def at_story() -> Talk:
    """Everything agreed, in front of the open question."""
    return at_limits().taps("limits-yes", "keep-yes", "danger-no")
