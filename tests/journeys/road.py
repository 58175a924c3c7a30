"""A road is a transcript in any language: what the family does and what must come back, worked out on paper."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.stage import voice
from dialogs.effects import LanguageChosen, Said
from dialogs.engine import advance
from dialogs.events import Event, Pressed, Started, Wrote
from dialogs.fold import fold
from dialogs.script import Script
from dialogs.state import State, from_json, to_json
from locales.render import Words

TRANSCRIPTS = Path(__file__).resolve().parent.parent / "transcripts"
ACT = re.compile(r"family\s+(?P<act>taps|writes|/start)\s*(?P<what>.*)")


@dataclass(frozen=True)
class Bubble:
    """One message: its text with facts as {names}, and the labels under it."""

    text: str
    labels: tuple[str, ...] = ()

    def same(self, text: str, labels: tuple[str, ...]) -> bool:
        return (
            fits(self.text, text) and all(map(fits, self.labels, labels)) and len(self.labels) == len(labels)
        )


@dataclass(frozen=True)
class Step:
    act: str  # start | taps | writes
    what: str  # the label or the words, in the language of the road
    answers: tuple[Bubble, ...]


def plain(text: str) -> str:
    """Without the marks that keep numbers from flipping, and without the demo's remark about drafts."""
    return re.sub(r"[\u2066-\u2069]", "", text)


def fits(wanted: str, seen: str) -> bool:
    """Are these the same words? Facts stand as {names} in `wanted`; the demo's remark in brackets may follow."""
    pattern = re.sub(r"\\\{[a-z_]+\\\}", "(?:.|\\n)+?", re.escape(plain(wanted)))
    return re.fullmatch(pattern + r"(?: \([^)]*\))?", plain(seen)) is not None


def acts(name: str) -> Iterator[tuple[str, str]]:
    """What the family does in a transcript, in English."""
    for line in (TRANSCRIPTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if found := ACT.fullmatch(line.strip()):
            yield found["act"].lstrip("/"), found["what"]
        elif line.startswith("later"):
            return


def road(script: Script, words: Mapping[str, Words], name: str, lang: str) -> list[Step]:
    """The transcript `name` in `lang`: the same taps, told by the words of that language."""
    speak = voice(words, {"hours": "open"})
    known, said = speak(lang)  # the app told us its language: the first words are in it already
    english, state, steps = speak("en")[1], State(), []
    buttons: tuple[str, ...] = ()
    for act, what in acts(name):
        event: Event
        label = what
        if act == "start":
            event = Started()
        elif act == "writes":
            event = Wrote(what)
        elif buttons == ("languages",):
            event, label = (
                Pressed(f"lang:{lang}", state.asked),
                next(n for c, n in known.languages if c == lang),
            )
        else:
            button = next((b for b in buttons if fold(english(b, state)) == fold(what)), "")
            assert button, f"{what} is not on offer"
            event, label = Pressed(button, state.asked), said(button, state)
        turn = advance(script, state, event, known)
        state = from_json(to_json(turn.state))
        bubbles = []
        for effect in turn.effects:
            if isinstance(effect, LanguageChosen):
                known, said = speak(lang)
            elif isinstance(effect, Said):
                buttons = ("languages",) if effect.languages else effect.buttons
                names = tuple(n for _, n in known.languages) if effect.languages else ()
                bubbles.append(
                    Bubble(said(effect.message, state), (*names, *(said(b, state) for b in effect.buttons)))
                )
        steps.append(Step(act, label, tuple(bubbles)))
    return steps
