"""Every mistake an author can make: a code, a sentence, a hint - in the author's words.

Rule: a problem is collected and shown with sheet and line; it is never raised and never swallowed.
"""

from collections.abc import Collection, Mapping
from typing import Final

from rapidfuzz import process

from dialogs.script import Problem

PROBLEMS: Final[Mapping[str, tuple[str, str]]] = {
    "D01": (
        "This {what} has no id.",
        "Put ` ^some-name` at the end of the line (a-z, 0-9 and -), or let `beside check --stamp` do it.",
    ),
    "D02": (
        "The id `{id}` is used twice; it stands at line {first} already.",
        "Give the newer one another id.",
    ),
    "D03": (
        "The scene `{scene}` is there twice; it begins at line {first} already.",
        "Rename one of the two.",
    ),
    "D04": ("I do not know this stage direction{where}: “{words}”.", "{near}The list is in docs/sheets.md."),
    "D05": (
        "This list line is no button.",
        "Write `- [What they tap](#where-it-leads) ^id`. A list without links is part of the paragraph "
        "above; then only its last line has the id.",
    ),
    "D06": (
        "I do not understand these words after the button: “{words}”.",
        "{near}After a button I know: set NAME to VALUE; agree to NAME; also: word, other words.",
    ),
    "D07": ("Here they shall answer, but nothing was asked.", "Put the question above, in the same scene."),
    "D08": ("There is text before the first scene.", "Begin a scene with `## name` above it."),
    "D09": (
        "{what} cannot be shown in a messenger.",
        "A sheet has headings, paragraphs, lists and quotes only.",
    ),
    "D10": ("The link leads to nowhere: `{target}`.", "{near}Links look like `#scene` or `other.md#scene`."),
    "D11": ("Nobody ever gets to {what}.", "Lead a button or a direction there, or take it out."),
    "D12": (
        "The scene `{scene}` just stops.",
        "End it with buttons, `wait for text`, `go to`, `go back` or `end`.",
    ),
    "D13": ("This button has {n} letters; at most {most}.", "Shorten it: translations grow by a third."),
    "D14": ("{what}", "{near}The list of facts is `FACTS` in dialogs/script.py."),
    "D15": (
        "“{name}” is {what}.",
        "Test it with `if {name} is ...`, show it with `in the summary: ...`, or take it out.",
    ),
    "D16": ("“{name}” can never be “{value}” here.", "{near}It can be: {values}."),
    "D17": (
        "This goes round in a circle and never lets them answer: {scenes}.",
        "Put a question into the circle.",
    ),
    "D18": ("I know no {kind} called “{name}”.", "{near}There are: {names}."),
    "D19": (
        "A way leads to this follow-up on which nobody agreed to it: {way}.",
        "Ask first, on every way, with a button that has `agree to follow`.",
    ),
    "D20": (
        "A way leads to this `wait for text` on which the limits were never agreed: {way}.",
        "Lead every way through a button that has `agree to limits`. Skipping counts as a way.",
    ),
    "D21": (
        "The scene `{scene}` asks about safety but not what happens when the answer is not understood.",
        "Add `> if not understood, go to [scene](#scene)`: danger is never swallowed.",
    ),
    "D22": ("No scene `again` in always.md.", "Write what they hear when they come back after the end."),
    "D23": ("{n} messages in a row; at most {most}.", "Let them answer in between, or say less."),
    "D24": ("This message has {n} letters; at most {most}.", "Split it, or say less."),
    "D25": ("The scene `{scene}` is gone, but open talks wait there.", "Keep it until those talks are over."),
    "D26": ("This is hard to read: {why}.", "Short sentences, everyday words, one thought at a time."),
    "D27": (
        "The question in `{scene}` cannot be skipped and does not say so.",
        "Add `> if skipped, go to [scene](#scene)` (`#resume` works too), or `> must be answered`.",
    ),
    "D28": ("{n} buttons; at most {most}.", "Ask in two steps."),
    "D29": ("always.md has no {what} `{name}`.", "{why}"),
    "D30": ("“{word}” must not stand {where}.", "{hint}"),
    "D31": (
        "“{word}” means two things in this question: `{one}` and `{other}`.",
        "Whoever types it must be understood; choose other words.",
    ),
    "D32": ("“{name}” is worked out by the house and cannot be set.", "Take another name."),
    "D33": ("{what}", "A sheet has one `# Title`, then scenes: `## name`, lower-case words joined by -."),
    "D34": (
        "{what}",
        "Exactly one sheet says `> starts at [scene](#scene)` at its top.",
    ),
    "D35": (
        "A counted message needs the same one number in both lines.",
        "One hole of {names} in `one:` and in `many:`, and no other number.",
    ),
}


def problem(code: str, sheet: str, line: int, **words: object) -> Problem:
    """One problem with its sentence filled in; `near` is empty unless given."""
    sentence, hint = PROBLEMS[code]
    words.setdefault("near", "")
    return Problem(code, sheet, line, sentence.format_map(words), hint.format_map(words))


def near(name: str, names: Collection[str]) -> str:
    """`Did you mean ...?` for the nearest of the known names, or nothing."""
    found = process.extractOne(name, sorted(names), score_cutoff=60)
    return f"Did you mean `{found[0]}`? " if found else ""


def in_order(problems: Collection[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda p: (p.sheet, p.line, p.code, p.text))
