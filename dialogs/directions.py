"""The stage directions: one table of sentences, read and written from the same line.

Rule 1: a sentence that is not in `DIRECTIONS` is a problem, never ignored.
Rule 2: no expressions, no loops, no arithmetic; a rule that needs them belongs in a room, under a name.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from rapidfuzz import fuzz, process

from dialogs.script import (
    Agree,
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
    Set,
    Step,
    Visit,
    When,
)

# The words in capitals that a sentence may hold, and what may stand in their place.
SLOTS: Final[Mapping[str, str]] = {
    "LINK": r"\[[^\]]*\]\((?P<LINK>[^()\s]*)\)",
    "NAME": r"(?P<NAME>[a-z][a-z0-9_-]*)",
    "VALUES": r"(?P<VALUES>[A-Za-z0-9][\w-]*(?: or [A-Za-z0-9][\w-]*)*)",
    "VALUE": r"(?P<VALUE>[A-Za-z0-9][\w-]*)",
    "QUEUE": r"(?P<QUEUE>[a-z][a-z0-9-]*)",
    "N": r"(?P<N>[1-9][0-9]{0,5})",
    "WORDS": r"(?P<WORDS>\S(?:.*\S)?)",
}

TOP, ABOUT, PLAY = "t", "a", "p"

# key -> (where it may stand, the sentence). `note` stands everywhere.
DIRECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "start": (TOP, "starts at LINK"),
    "pieces": (TOP, "these are pieces, not scenes"),
    "note": (TOP + ABOUT, "note: WORDS"),
    "fresh": (ABOUT, "must be fresh"),
    "safety": (ABOUT, "safety"),
    "discreet": (ABOUT, "discreet"),
    "must-answer": (ABOUT, "must be answered"),
    "summary": (ABOUT, "in the summary: WORDS"),
    "missed": (ABOUT, "if not understood, go to LINK"),
    "skipped": (ABOUT, "if skipped, go to LINK"),
    "offer": (PLAY, "offer the languages, then go to LINK"),
    "wait": (PLAY, "wait for text, keep it as NAME, then go to LINK"),
    "wait-most": (PLAY, "wait for text, keep it as NAME, at most N letters, then go to LINK"),
    "set": (PLAY, "set NAME to VALUE"),
    "when": (PLAY, "if NAME is VALUES, go to LINK"),
    "when-closed": (PLAY, "if it is outside opening hours, go to LINK"),
    "go": (PLAY, "go to LINK"),
    "visit": (PLAY, "visit LINK"),
    "return": (PLAY, "go back to where they were"),
    "hand-over": (PLAY, "hand over to QUEUE, because WORDS"),
    "hand-over-urgent": (PLAY, "hand over to QUEUE, urgent, because WORDS"),
    "follow-up": (PLAY, "follow up by plan NAME at LINK"),
    "cancel": (PLAY, "cancel follow-ups"),
    "agree": (PLAY, "remember their agreement to NAME"),
    "hide": (PLAY, "hide the chat"),
    "forget": (PLAY, "forget everything"),
    "end": (PLAY, "end"),
}

# key -> the step it stands for; LINK is a full scene id by then.
STEPS: Final[Mapping[str, Callable[[dict[str, str], int], Step]]] = {
    "offer": lambda s, at: Choose((), languages=s["LINK"], line=at),
    "wait": lambda s, at: Listen(s["NAME"], s["LINK"], line=at),
    "wait-most": lambda s, at: Listen(s["NAME"], s["LINK"], most=int(s["N"]), line=at),
    "set": lambda s, at: Set(s["NAME"], s["VALUE"], at),
    "when": lambda s, at: When(s["NAME"], tuple(s["VALUES"].split(" or ")), s["LINK"], at),
    "when-closed": lambda s, at: When("hours", ("closed",), s["LINK"], at),
    "go": lambda s, at: Goto(s["LINK"], at),
    "visit": lambda s, at: Visit(s["LINK"], at),
    "return": lambda s, at: Return(at),
    "hand-over": lambda s, at: HandOver(s["QUEUE"], False, s["WORDS"], at),
    "hand-over-urgent": lambda s, at: HandOver(s["QUEUE"], True, s["WORDS"], at),
    "follow-up": lambda s, at: FollowUp(s["NAME"], s["LINK"], at),
    "cancel": lambda s, at: Cancel(at),
    "agree": lambda s, at: Agree(s["NAME"], at),
    "hide": lambda s, at: Hide(at),
    "forget": lambda s, at: Forget(at),
    "end": lambda s, at: End(at),
}

# What may follow the link of a button, joined by `;`.
CLAUSES: Final[Mapping[str, str]] = {
    "set": "set NAME to VALUE",
    "agree": "agree to NAME",
    "also": "also: WORDS",
}

_LINKS = re.compile(r"\[[^\]]*\]\([^)]*\)")
_SLOT = re.compile("|".join(SLOTS))


def _pattern(sentence: str) -> re.Pattern[str]:
    parts: list[str] = []
    at = 0
    for slot in _SLOT.finditer(sentence):
        parts += [re.escape(sentence[at : slot.start()]), SLOTS[slot.group()]]
        at = slot.end()
    return re.compile("".join(parts) + re.escape(sentence[at:]), re.ASCII)


_DIRECTIONS = {key: _pattern(sentence) for key, (_, sentence) in DIRECTIONS.items()}
_CLAUSES = {key: _pattern(sentence) for key, sentence in CLAUSES.items()}


def _first(patterns: Mapping[str, re.Pattern[str]], words: str) -> tuple[str, dict[str, str]] | None:
    for key, pattern in patterns.items():
        if found := pattern.fullmatch(words):
            return key, found.groupdict()
    return None


def direction(words: str) -> tuple[str, dict[str, str]] | None:
    """The key and the slots of a stage direction, or None when the table does not know the sentence."""
    return _first(_DIRECTIONS, words)


def clause(words: str) -> tuple[str, dict[str, str]] | None:
    """The same for the words after a button."""
    return _first(_CLAUSES, words)


def phrase(sentence: str, slots: Mapping[str, str]) -> str:
    """The sentence with its slots filled, as an author would have written it."""
    return _SLOT.sub(lambda slot: slots[slot.group()], sentence)


def nearest(words: str, where: str) -> str:
    """The sentence of the table that comes closest, for a hint; "" when none is near."""
    words = _LINKS.sub("LINK", words)
    choices = [sentence for places, sentence in DIRECTIONS.values() if set(places) & set(where)]
    found = process.extractOne(words, choices, scorer=fuzz.ratio, score_cutoff=50)
    return found[0] if found else ""
