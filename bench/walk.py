"""The walk: a family's way through the first questions, as raw Telegram updates with typed labels."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.editions import read_sheets
from bot.stage import all_words
from dialogs.check import check
from locales.render import labels
from tests.journeys.road import Bubble, Step, road

TRANSCRIPT = "a-mother-at-night"
LANG = "en"
QUESTIONS = 10  # after the first word
BEGAN = 1_795_000_000  # unix seconds; only has to look like a date


@dataclass(frozen=True)
class Walk:
    """What each family does, what it must be told, and the whole road behind it."""

    steps: tuple[Step, ...]
    whole: tuple[Step, ...]
    always: tuple[str, ...]  # labels of the buttons that are under every question

    @property
    def answers(self) -> int:
        """Messages one family gets on the walk."""
        return sum(len(step.answers) for step in self.steps)


def walk() -> Walk:
    """Read from the sheets and the transcript as they are. Raises ValueError when the sheets are not fit."""
    script, problems = check(read_sheets())
    if script is None:
        raise ValueError(f"the sheets have {len(problems)} problems; see ./dev check")
    words = {LANG: all_words(script)[LANG]}
    whole = tuple(road(script, words, TRANSCRIPT, LANG))
    always = tuple(labels(words[LANG], button.id)[0] for button in script.always)
    return Walk(whole[: QUESTIONS + 1], whole, always)


def typed(step: Step) -> str:
    return "/start" if step.act == "start" else step.what


def update(number: int, person: int, text: str) -> dict[str, Any]:
    """A message as Telegram would bring it."""
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": BEGAN + number,
            "chat": {"id": person, "type": "private", "first_name": "Somebody"},
            "from": {"id": person, "is_bot": False, "first_name": "Somebody", "language_code": LANG},
            "text": text,
            **({"entities": [{"type": "bot_command", "offset": 0, "length": 6}]} if text == "/start" else {}),
        },
    }


def updates(walked: Walk, first: int, families: int, at_once: int) -> Iterator[list[dict[str, Any]]]:
    """All updates of `families` people numbered from `first`, step by step, `at_once` people in a batch."""
    number = first * 1000
    people = range(first, first + families)
    for step in walked.steps:
        for start in range(0, families, at_once):
            batch = []
            for person in people[start : start + at_once]:
                number += 1
                batch.append(update(number, person, typed(step)))
            yield batch


__all__ = ["Bubble", "Step", "Walk", "update", "updates", "walk"]
