"""A talk on paper: an author writes what the family does, the rest is filled in.

    family  taps English
    bot     Who are you worried about?
            [My child]  [My partner]

Rule 1: only the author's lines count; everything else in a transcript is rewritten and reviewed as a diff.
Rule 2: between any two lines the talk goes through its saved form, as it does in the house.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dialogs.effects import (
    Agreed,
    Cancelled,
    Effect,
    ForgetMe,
    HandedOver,
    HideMe,
    Ignored,
    Kept,
    LanguageChosen,
    Planned,
    Said,
)
from dialogs.engine import Known, advance
from dialogs.events import CameDue, CaseClosed, Event, Garbled, Pressed, Showed, Started, Wrote
from dialogs.fold import fold
from dialogs.script import DERIVED, Script
from dialogs.state import State, from_json, to_json

Render = Callable[[str, State], str]
Voice = Callable[[str], tuple[Known, Render]]  # a language -> what is known and said in it

# What an author may write. Every other line is filled in.
AUTHOR: Final[Mapping[str, re.Pattern[str]]] = {
    "start": re.compile(r"family\s+/start"),
    "earlier": re.compile(r"family\s+taps earlier (?P<label>.+)"),
    "taps": re.compile(r"family\s+taps (?P<label>.+)"),
    "writes": re.compile(r"family\s+writes(?: (?P<text>.*))?"),
    "nonsense": re.compile(r"family\s+sends nonsense"),
    "sends": re.compile(r"family\s+sends (?:an? )?(?P<kind>\w+)"),
    "later": re.compile(r"later\s+(?P<n>\d+) (?P<unit>hours?|days?|weeks?|months?)"),
    "closes": re.compile(r"desk\s+closes as (?P<outcome>[\w-]+) at (?P<scene>[a-z0-9.-]+)"),
    "given": re.compile(r"given\s+(?P<name>\w+) is (?P<value>[\w-]+)"),
    "night": re.compile(r"night"),
    "lang": re.compile(r"lang:\s*(?P<lang>[A-Za-z-]+)"),
    "crash": re.compile(r"crash here"),
    "remark": re.compile(r"#.*"),
    "empty": re.compile(r""),
}
_TRIED = re.compile(r"(?:family|later|given|night|lang:|crash|desk\s+(?!\s|case ))")


class CannotTake(ValueError):
    """A line of a transcript that cannot be played; says which line and what would have been possible."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.so_far: list[str] = []  # what was played before it


@dataclass(frozen=True)
class Played:
    """A transcript with everything filled in, the scenes it went through and where the talk stands now."""

    lines: tuple[str, ...]
    visited: frozenset[str]
    state: State


@dataclass
class _Given:
    """What is known, with what the transcript says is so."""

    known: Known
    given: dict[str, str]

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        return self.known.languages

    def labels(self, message_id: str, everywhere: bool) -> Sequence[str]:
        return self.known.labels(message_id, everywhere)

    def derived(self, name: str, state: State) -> str:
        return self.given.get(name) or self.known.derived(name, state)


class _Player:
    def __init__(self, script: Script, known: Known, render: Render, voice: Voice | None, start: str) -> None:
        self.script = replace(script, start=start) if start else script
        self.known = _Given(known, {})
        self.render = render
        self.voice = voice
        self.saved = to_json(State())
        self.visited: set[str] = set()
        self.offered: dict[str, Pressed] = {}  # label -> the tap, as the open question shows it
        self.earlier: dict[str, Pressed] = {}
        self.notes: list[tuple[str, str]] = []

    @property
    def state(self) -> State:
        return from_json(self.saved)

    def line(self, number: int, line: str) -> list[str]:
        """What comes of one line of the author."""
        kind, parts = _author(line)
        if kind == "given":
            if parts["value"] not in DERIVED.get(parts["name"], ()):
                raise CannotTake(number, f"“{parts['name']}” cannot be “{parts['value']}”")
            self.known.given[parts["name"]] = parts["value"]
        elif kind == "night":
            self.known.given["hours"] = "closed"
        elif kind == "lang":
            self._speak(parts["lang"])
        elif kind == "later":
            due, self.notes = self.notes, []
            return [out for plan, scene in due for out in self._take(CameDue(plan, scene))]
        elif kind in _EVENTS:
            return self._take(_EVENTS[kind](parts))
        elif kind in {"taps", "earlier"}:
            return self._take(
                self._tap(number, parts["label"], self.earlier if kind == "earlier" else self.offered)
            )
        elif kind not in {"remark", "empty", "crash"}:
            raise CannotTake(number, f"I do not understand “{line.strip()}”")
        return []

    def _tap(self, number: int, label: str, taps: Mapping[str, Pressed]) -> Pressed:
        always = {self.render(button.id, self.state): Pressed(button.id, 0) for button in self.script.always}
        for shown, tap in (*taps.items(), *always.items()):
            if fold(shown) == fold(label):
                return tap
        raise CannotTake(number, f"“{label}” is not on offer; there is: {', '.join(taps) or 'nothing'}")

    def _take(self, event: Event) -> list[str]:
        turn = advance(self.script, self.state, event, self.known)
        self.saved = to_json(turn.state)
        self.visited |= set(turn.path)
        out: list[str] = []
        for effect in turn.effects:
            out += self._show(effect, turn.state)
        return out

    def _show(self, effect: Effect, state: State) -> list[str]:
        match effect:
            case Said():
                return self._said(effect, state)
            case Kept(name=name):
                return [f"kept    {name}"]
            case HandedOver(queue=queue, urgent=urgent, because=because):
                return [f"desk    case for {queue}{', urgent' if urgent else ''}: {because}"]
            case Planned(plan=plan, scene=scene):
                self.notes.append((plan, scene))
                return [f"plan    {plan} at {scene}"]
            case Cancelled():
                self.notes = []
                return ["plan    no more notes"]
            case LanguageChosen(lang=lang):
                self._speak(lang)
                return [f"speaks  {lang}"]
            case Agreed(to=to):
                return [f"agreed  {to}"]
            case HideMe():
                return ["hidden"]
            case ForgetMe():
                self.notes = []
                return ["forgot"]
            case Ignored(why=why):
                return [f"ignored {why}"]

    def _said(self, said: Said, state: State) -> list[str]:
        first, *others = self.render(said.message, state).split("\n")
        out = [f"bot     {first}", *(f"        {line}" for line in others)]
        languages = self.known.languages if said.languages else ()
        labels = [(name, f"lang:{code}") for code, name in languages]
        labels += [(self.render(button, state), button) for button in said.buttons]
        if labels:
            self.earlier.update(self.offered)
            self.offered = {label: Pressed(button, state.asked) for label, button in labels}
            out.append("        " + "  ".join(f"[{label}]" for label, _ in labels))
        return out

    def _speak(self, lang: str) -> None:
        if self.voice:
            self.known.known, self.render = self.voice(lang)


_EVENTS: Final[Mapping[str, Callable[[Mapping[str, str]], Event]]] = {
    "start": lambda _: Started(),
    "writes": lambda parts: Wrote(parts["text"] or ""),
    "nonsense": lambda _: Garbled(),
    "sends": lambda parts: Showed(parts["kind"]),
    "closes": lambda parts: CaseClosed(parts["outcome"], parts["scene"]),
}


def _author(line: str) -> tuple[str, dict[str, str]]:
    for kind, pattern in AUTHOR.items():
        if found := pattern.fullmatch(line.strip()):
            return kind, found.groupdict()
    return "", {}


def of_author(lines: Iterable[str]) -> list[tuple[int, str]]:
    """The author's lines with their numbers, whatever stands between them."""
    return [(n, line.rstrip()) for n, line in enumerate(lines, 1) if _author(line)[0] or _TRIED.match(line)]


def play(
    script: Script,
    known: Known,
    render: Render,
    lines: Iterable[str],
    *,
    voice: Voice | None = None,
    start: str = "",
) -> Played:
    """Play a transcript and fill it in.

    voice: what is known and said in another language, asked when one is chosen; else nothing changes.
    start: the scene to begin with, instead of the script's own.

    Raises CannotTake for a line of the family that is impossible where the talk stands.
    """
    player = _Player(script, known, render, voice, start)
    out: list[str] = []
    for number, line in of_author(lines):
        try:
            out += [line, *player.line(number, line)]
        except CannotTake as error:
            error.so_far = out
            raise
    return Played(tuple(out), frozenset(player.visited), player.state)


def refill(script: Script, known: Known, render: Render, text: str, *, voice: Voice | None = None) -> str:
    """The same transcript with everything but the author's lines written anew."""
    return "\n".join(play(script, known, render, text.splitlines(), voice=voice).lines).rstrip("\n") + "\n"
