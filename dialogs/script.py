"""What a script is: sheets of scenes, scenes of steps, messages with ids.

Rule 1: everything here is frozen and plain; a script can be hashed, pickled and compared.
Rule 2: ids are full ids, `sheet.name`, everywhere outside the reader.
Rule 3: the lists of facts, derived names, queues and plans below are closed; a sheet knows no other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

# Places a button may lead to that are not scenes.
BACK = "back"  # one question back
RESUME = "resume"  # to the question that was open before an always-there word was used
SKIP = "skip"  # past the open question
SAME = "same"  # the open question once more
RESERVED = frozenset({BACK, RESUME, SKIP, SAME})

# Holes a message may have, each with the sample that previews and checks use.
# A family's own words are never a fact.
FACTS: Mapping[str, str] = {
    "service": "Beside",
    "operator_line": "An example association runs this chat.",
    "funding_line": "The example city pays for this service.",
    "share_rule_line": "The example law binds us.",
    "authorities_line": "In the last 12 months we informed an authority in 3 of 412 talks.",
    "press_contact": "press@example.org",
    "what_we_see": "The app gives us a number for your account.",
    "what_we_clear": "I clear our messages of the last 48 hours.",
    "numbers": "112 (all services)",
    "numbers_checked": "1 November 2026",
    "answer_by": "Friday, 20 November, 17:00",
    "level_line": "a counsellor can answer by Friday, 20 November, 17:00.",
    "hours": "Monday to Friday, 10:00 to 15:00",
    "zone": "Vienna",
    "next_open": "Monday, 23 November, 10:00",
    "days_answers": "30",
    "days_chat": "90",
    "summary": "- A parent",
    "code": "4826 1930 5527",
    "note_text": "Hello, a short note for you.",
    "note_day": "Monday, 30 November",
    "goal": "We talk again",
    "services": "- Example family line",
    "services_checked": "1 November 2026",
}
# Facts that are whole numbers; a message with one/many forms is chosen by its single number.
NUMBERS = frozenset({"days_answers", "days_chat"})

# Names the rooms above work out from the answers and the hour; a sheet may ask for them but never set them.
DERIVED: Mapping[str, frozenset[str]] = {
    "level": frozenset({"T0", "T1", "T2", "T3"}),
    "hours": frozenset({"open", "closed"}),
    "on_call": frozenset({"yes", "no"}),
    "numbers_known": frozenset({"yes", "no"}),
    "services_known": frozenset({"yes", "no"}),
    "case_open": frozenset({"yes", "no"}),
}
QUEUES = frozenset({"families", "crisis", "self", "professionals"})
PLANS = frozenset({"check-in", "after-emergency"})
MOST = 4000  # letters of their own words in one piece
AGREEMENTS = frozenset({"limits", "keep", "follow"})
# `if limits is agreed` and `if limits is open` ask for an agreement; only `agree to` and `remember` give it.
AGREED, OPEN = "agreed", "open"
# Answers that rooms above read by name: the levels' rules, the words, the notes, the figures.
# Every other answer must be used by a sheet.
READ_ABOVE = frozenset(
    [
        "danger",
        "category",
        "when",
        "home_unsafe",
        "age",
        "violence_right",
        "self_safe",
        "where",
        "adult",
        "relation",
        "mood",
        "urgent_wish",
        "country",
        "register",
        "safe_times",
        "note",
        "hope",
        "feedback",
    ]
)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing we say, or the words on one button."""

    id: str
    text: str  # the English; for a counted message the `many` line
    kind: str = "say"  # say | button | also | summary
    one: str = ""  # the `one` line of a counted message
    notes: tuple[str, ...] = ()  # for translators
    fresh: bool = False  # safety, limits, consent: never served stale
    discreet: bool = False  # may be pushed outside a live talk
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Button:
    id: str
    goto: str  # full scene id or one of RESERVED
    sets: tuple[tuple[str, str], ...] = ()
    agrees: tuple[str, ...] = ()
    also: str = ""  # id of the message that lists other ways to say it, or ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Say:
    message: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Choose:
    """Stop and wait for one of the buttons; `languages` adds one button for each language on offer."""

    buttons: tuple[Button, ...]
    languages: str = ""  # scene to go to after a language was chosen, or ""
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Listen:
    """Stop and wait for the family's own words; the scene's buttons work too."""

    name: str
    goto: str
    most: int = MOST  # letters; more is kept too, in pieces - nothing a family writes is cut
    buttons: tuple[Button, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class When:
    name: str
    values: tuple[str, ...]
    goto: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Set:
    name: str
    value: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Goto:
    scene: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """Play another scene until it says `go back to where they were`, then go on here."""

    scene: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Return:
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class HandOver:
    queue: str
    urgent: bool
    because: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class FollowUp:
    plan: str
    scene: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Cancel:
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Agree:
    to: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Forget:
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Hide:
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class End:
    line: int = field(default=0, compare=False)


Step = (
    Say
    | Choose
    | Listen
    | When
    | Set
    | Goto
    | Visit
    | Return
    | HandOver
    | FollowUp
    | Cancel
    | Agree
    | Forget
    | Hide
    | End
)


@dataclass(frozen=True, slots=True)
class Scene:
    id: str
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    fresh: bool = False
    safety: bool = False  # danger may be said here; must name where to go when not understood
    discreet: bool = False
    must_answer: bool = False  # cannot be skipped
    if_missed: str = ""  # where to go when a typed answer was not understood
    if_skipped: str = ""
    summary: str = ""  # id of the message that titles this answer in the summary
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file as it was read: the canonical text is `dialogs.write.write(sheet)`."""

    name: str
    title: str
    scenes: tuple[Scene, ...]
    messages: Mapping[str, Message]
    start: str = ""
    pieces: bool = False  # words for facts; its scenes are never walked
    preface: tuple[str, ...] = ()  # sheet-level notes


@dataclass(frozen=True, slots=True)
class Problem:
    """An author's mistake, told in the author's words."""

    code: str  # D01...
    sheet: str
    line: int
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Script:
    """All sheets of one edition, joined."""

    scenes: Mapping[str, Scene]
    messages: Mapping[str, Message]
    start: str
    always: tuple[Button, ...]  # reachable from every scene in every language
    hash: str  # sha256 over the canonical text of all sheets
    sheets: tuple[Sheet, ...] = field(default=(), repr=False)
