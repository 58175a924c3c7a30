"""How soon a person must answer: T0 danger now, T1 danger may be near, T2 serious, T3 advice (practice 5.2).

Rule 1: levels come from the listed rules only; the counsellor sees the rules that counted.
Rule 2: later answers raise a level and never lower it. Only a person lowers it.
Rule 3: the family may raise it one step, never above T1: T0 is a fact about danger, not a wish.
"""

from collections.abc import Mapping
from dataclasses import dataclass

ORDER = ("T0", "T1", "T2", "T3")  # the most urgent first

KINDS = ("threat-to-others", "suicide", "violence-at-home", "travel", "weapons", "child", "threat-received")


@dataclass(frozen=True, slots=True)
class Rule:
    """All of `needs` must hold: an answer's name and the values that count."""

    id: str
    level: str  # "" for a rule that raises by one step
    needs: tuple[tuple[str, tuple[str, ...]], ...]
    sentence: str  # for the counsellor


@dataclass(frozen=True, slots=True)
class Level:
    level: str
    rules: tuple[str, ...]  # ids of the rules that made it so


RULES = (
    Rule("T0.1", "T0", (("danger", ("now",)),), "They say somebody is in danger right now."),
    Rule(
        "T0.2",
        "T0",
        (("category", KINDS), ("when", ("today",))),
        "A kind of danger was named, and it is for today.",
    ),
    Rule(
        "T0.3", "T0", (("home_unsafe", ("yes",)),), "They are hit or locked in and not safe at this moment."
    ),
    Rule("T1.1", "T1", (("category", KINDS),), "A kind of danger was named."),
    Rule("T1.2", "T1", (("danger", ("soon",)),), "They say somebody may be in danger soon."),
    Rule(
        "T1.3",
        "T1",
        (("age", ("under-14",)), ("danger", ("unsure",))),
        "The child is under 14, and they are not sure about danger.",
    ),
    Rule(
        "T1.4",
        "T1",
        (("age", ("under-14",)), ("violence_right", ("yes",))),
        "The child is under 14 and says violence is right.",
    ),
    Rule("T1.5", "T1", (("category", ("travel",)), ("when", ("week",))), "The person may leave this week."),
    Rule("T1.6", "T1", (("category", ("threat-received",)),), "Somebody threatens the family."),
    Rule("T1.7", "T1", (("self_safe", ("no",)),), "They are not sure to be safe from hurting themselves."),
    Rule("T1.8", "T1", (("where", ("abroad",)),), "The person is already in a conflict area."),
    Rule("T2.1", "T2", (("violence_right", ("yes",)),), "The person says violence is right, without a plan."),
    Rule("T2.2", "T2", (("age", ("under-14", "14-17")),), "The person they worry about is under 18."),
    Rule("T2.3", "T2", (("adult", ("no",)),), "The one who writes is under 18."),
    Rule(
        "T2.4",
        "T2",
        (("where", ("unknown",)),),
        "The contact is broken: they do not know where the person is.",
    ),
    Rule("T2.5", "T2", (("where", ("prison",)),), "The person is in prison or just out."),
    Rule(
        "T2.6", "T2", (("relation", ("professional",)),), "A professional asks; a duty to report may be open."
    ),
    Rule("T2.7", "T2", (("danger", ("unsure",)),), "They are not sure whether somebody is in danger."),
    Rule("T3.1", "T3", (), "Nothing above holds: advice, if they want it."),
)

# Each raises by one step, never above T1.
RAISES = (
    Rule("R.1", "", (("mood", ("low",)),), "They are holding up badly, 0 to 3 of 10."),
    Rule("R.2", "", (("urgent_wish", ("yes",)),), "They think it is more urgent."),
)


def level(answers: Mapping[str, str], before: Level | None = None) -> Level:
    """The level of a talk by its answers, never below the level it had `before`."""
    found = next(each for each in (_by_rules(answers, name) for name in ORDER) if each is not None)
    for rule in RAISES:
        if found.level in ("T2", "T3") and _holds(rule, answers):
            found = Level(ORDER[ORDER.index(found.level) - 1], (*found.rules, rule.id))
    if before is not None and higher(before.level, found.level) == before.level != found.level:
        return before
    return found


def higher(one: str, other: str) -> str:
    """The more urgent of two levels."""
    return min(one, other, key=ORDER.index)


def sentence(rule_id: str) -> str:
    """What a rule means, for the counsellor. Raises KeyError for an id that was never a rule."""
    return _SENTENCES[rule_id]


_SENTENCES = {rule.id: rule.sentence for rule in (*RULES, *RAISES)}


def _by_rules(answers: Mapping[str, str], name: str) -> Level | None:
    held = tuple(rule.id for rule in RULES if rule.level == name and _holds(rule, answers))
    return Level(name, held) if held else None


def _holds(rule: Rule, answers: Mapping[str, str]) -> bool:
    return all(answers.get(name, "") in values for name, values in rule.needs)
