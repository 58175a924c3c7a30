"""What a talk may know about the world: derived names for the engine, facts for the words.

Rule 1: everything promised is worked out from the operator's file, the channel's table and the clock - never typed in.
Rule 2: a family's own words are never a fact.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels.port import Capabilities
from bot.editions import Opened, Shelf
from dialogs.script import FACTS
from dialogs.state import State
from handoff import directory, emergency
from handoff.hours import Hours
from handoff.levels import level
from handoff.operator import Operator
from handoff.summary import lines
from locales.dates import day, full_date, hours_words, listed, place, when
from locales.render import join_lines, labels, render
from scheduler import followups
from storage.conversations import Conversation


@dataclass(frozen=True)
class Around:
    """What stays the same from turn to turn."""

    operator: Operator
    hours: Hours
    shelf: Shelf
    live: bool  # production: only signed numbers and reviewed languages
    new_code: Callable[[], str]

    def card(self, country: str, now: datetime) -> emergency.Card:
        """The emergency numbers that may be shown; real families see only numbers a person has called."""
        found = emergency.card(country)
        if self.live and not emergency.live_ok(found, now.date()):
            return emergency.Card(country)
        return found

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.operator.zone)


@dataclass
class Known:
    """One talk at one moment; what the engine asks for."""

    around: Around
    edition: Opened
    talk: Conversation
    now: datetime
    promise: datetime | None  # until when a person answers, when a case is open

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        return self.edition.on_offer

    def labels(self, message: str, everywhere: bool) -> Sequence[str]:
        if everywhere and message in self.edition.everywhere:
            return self.edition.everywhere[message]
        return labels(self.around.shelf.words(self.edition, self.talk.lang, message), message)

    def derived(self, name: str, state: State) -> str:
        """One of `DERIVED`; the checker lets no other name into a script."""
        country = state.answers.get("country", "")
        match name:
            case "level":
                return level(state.answers).level
            case "hours":
                return "open" if self.around.hours.is_open(self.now) else "closed"
            case "on_call":
                return _yes(self.around.hours.on_call(self.now))
            case "numbers_known":
                return _yes(self.around.card(country, self.now).known)
            case "services_known":
                return _yes(bool(directory.services(country, self.now, self.around.live)))
            case "case_open":
                return _yes(self.promise is not None)
        raise KeyError(name)


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"


SERVICES_MOST = 4  # lines one message can carry
MOST_NOTES = 12


class Facts(Mapping[str, str]):
    """The values for the holes of a message, each worked out only when a message has that hole."""

    def __init__(self, known: Known, state: State, can: Capabilities) -> None:
        self.known = known
        self.state = state
        self.can = can

    def __iter__(self) -> Iterator[str]:
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)

    def __getitem__(self, name: str) -> str:
        return _FACTS[name](self)

    def say(self, message: str) -> str:
        """A fact whose value is itself a text of the words files."""
        known = self.known
        words = known.around.shelf.words(known.edition, known.talk.lang, message)
        return render(words, message, self, register=known.talk.register)

    def label(self, message: str) -> str:
        """The words of a button or a summary title, as this person is addressed."""
        return self.say(message)

    def picked(self, scene: str) -> str:
        """The label of what they tapped at a place, or "" when they did not."""
        button = self.state.picked.get(scene, "")
        return self.label(button) if button else ""

    @property
    def country(self) -> str:
        return self.state.answers.get("country", "")

    def moment(self, found: datetime | None) -> str:
        if found is None:
            return self.say("pieces.no-time")
        return when(found, self.known.talk.lang, self.known.around.zone)

    def statement(self, name: str) -> str:
        return self.known.around.operator.statement(name, self.known.talk.lang)

    def promised(self) -> str:
        """When a person will have answered, by the level and the hours (practice 5.2, 5.4)."""
        by = self.known.around.hours.deadline(level(self.state.answers).level, self.known.now)
        standing = self.known.promise
        return self.moment(min(by, standing) if standing else by)  # a promise is kept, never pushed back

    def level_line(self) -> str:
        return self.say(f"pieces.level-{level(self.state.answers).level.lower()}")

    def numbers(self) -> str:
        card = self.known.around.card(self.country, self.known.now)
        said = [f"{each.number} ({self.say('pieces.number-' + each.kind)})" for each in card.numbers]
        return listed(said, self.known.talk.lang)

    def numbers_checked(self) -> str:
        checked = self.known.around.card(self.country, self.known.now).checked_on
        return full_date(checked, self.known.talk.lang) if checked else self.say("pieces.never")

    def services(self) -> str:
        return join_lines(self._service(entry) for entry in self._entries())

    def _service(self, entry: directory.Entry) -> str:
        said = [self.say(f"pieces.run-{entry.run_by}"), self.say(f"pieces.passes-{entry.passes_on}")]
        said += [self.say("pieces.unverified")] if entry.unverified else []
        reach = " / ".join(part for part in (entry.phone, entry.web) if part)
        return f"{entry.name}: {reach}. {' '.join(said)}"

    def _entries(self) -> tuple[directory.Entry, ...]:
        return directory.services(self.country, self.known.now, self.known.around.live)[:SERVICES_MOST]

    def services_checked(self) -> str:
        days = [entry.checked_on for entry in self._entries() if entry.checked_on]
        return full_date(min(days), self.known.talk.lang) if days else self.say("pieces.never")

    def week(self) -> str:
        spans = [
            (shift.days, opens, closes)
            for shift in self.known.around.hours.week(self.known.now)
            for opens, closes in shift.spans
        ]
        return hours_words(spans, self.known.talk.lang)

    def note_day(self) -> str:
        """The day of the first note, as it is planned now."""
        window = self.state.answers.get("safe_times", "none")
        talk = self.known.talk
        found = followups.dates(
            "check-in",
            level(self.state.answers).level,
            self.known.now,
            window,
            talk.zone,
            [0] * MOST_NOTES,
            talk.country,
        )
        return day(found[0].wall.date(), talk.lang) if found else self.say("pieces.never")

    def code(self) -> str:
        """The return code; made the first time it is told."""
        talk = self.known.talk
        if not talk.code:
            talk.code = self.known.around.new_code()
        return talk.code


_FACTS: Mapping[str, Callable[[Facts], str]] = {
    "service": lambda f: f.known.around.operator.name,
    "operator_line": lambda f: f.statement("operator_line"),
    "funding_line": lambda f: f.statement("funding_line"),
    "share_rule_line": lambda f: f.statement("share_rule_line"),
    "authorities_line": lambda f: f.statement("authorities_line"),
    "press_contact": lambda f: f.known.around.operator.press_contact,
    "what_we_see": lambda f: f.say(f.can.sees),
    "what_we_clear": lambda f: f.say(f.can.clears),
    "numbers": Facts.numbers,
    "numbers_checked": Facts.numbers_checked,
    "answer_by": Facts.promised,
    "level_line": Facts.level_line,
    "hours": Facts.week,
    "zone": lambda f: place(f.known.around.zone, f.known.talk.lang),
    "next_open": lambda f: f.moment(f.known.around.hours.next_open(f.known.now)),
    "days_answers": lambda f: str(f.known.around.operator.days_answers),
    "days_chat": lambda f: str(f.known.around.operator.days_chat),
    "summary": lambda f: join_lines(lines(f.known.edition.script, f.state, f.label)),
    "code": Facts.code,
    "note_text": lambda f: f.picked("follow-up.wording"),
    "note_day": Facts.note_day,
    "goal": lambda f: f.say("pieces.goal-" + f.state.answers["hope"]),
    "services": Facts.services,
    "services_checked": Facts.services_checked,
}
