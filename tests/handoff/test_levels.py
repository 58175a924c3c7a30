"""Levels come from listed rules, are shown with their reasons, and only a person lowers them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.levels import KINDS, ORDER, RAISES, RULES, Level, higher, level, sentence

ANSWERS = {
    "relation": ["parent", "sibling", "partner", "relative", "friend", "professional", "self", "press"],
    "age": ["under-14", "14-17", "18-24", "25-plus"],
    "adult": ["yes", "no"],
    "danger": ["now", "soon", "unsure", "none"],
    "category": list(KINDS),
    "when": ["today", "week", "unclear"],
    "home_unsafe": ["yes"],
    "self_safe": ["no"],
    "violence_right": ["yes"],
    "where": ["with-me", "nearby", "away", "abroad", "prison", "unknown"],
    "mood": ["low", "middle", "high"],
    "hope": ["talk"],
    "urgent_wish": ["yes"],
}
TALKS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(values) for name, values in ANSWERS.items()}
)


@pytest.mark.parametrize(
    ("answers", "expected", "rule"),
    [
        ({"danger": "now"}, "T0", "T0.1"),
        ({"danger": "soon", "category": "travel", "when": "today"}, "T0", "T0.2"),
        ({"category": "violence-at-home", "home_unsafe": "yes"}, "T0", "T0.3"),
        *[({"danger": "soon", "category": kind}, "T1", "T1.1") for kind in KINDS],
        ({"danger": "soon"}, "T1", "T1.2"),
        ({"age": "under-14", "danger": "unsure"}, "T1", "T1.3"),
        ({"age": "under-14", "violence_right": "yes"}, "T1", "T1.4"),
        ({"category": "travel", "when": "week"}, "T1", "T1.5"),
        ({"category": "threat-received"}, "T1", "T1.6"),
        ({"mood": "low", "self_safe": "no"}, "T1", "T1.7"),
        ({"where": "abroad"}, "T1", "T1.8"),
        ({"violence_right": "yes"}, "T2", "T2.1"),
        ({"age": "under-14"}, "T2", "T2.2"),
        ({"age": "14-17"}, "T2", "T2.2"),
        ({"adult": "no"}, "T2", "T2.3"),
        ({"where": "unknown"}, "T2", "T2.4"),
        ({"where": "prison"}, "T2", "T2.5"),
        ({"relation": "professional"}, "T2", "T2.6"),
        ({"danger": "unsure"}, "T2", "T2.7"),
        ({"mood": "low"}, "T2", "R.1"),
        ({}, "T3", "T3.1"),
        ({"relation": "parent", "age": "25-plus", "danger": "none", "mood": "high"}, "T3", "T3.1"),
    ],
)  # fmt: skip
def test_the_table_of_practice_5_2(answers: dict[str, str], expected: str, rule: str) -> None:
    found = level(answers)
    assert found.level == expected
    assert rule in found.rules


@pytest.mark.parametrize(
    ("answers", "expected", "rules"),
    [
        ({"urgent_wish": "yes"}, "T2", ("T3.1", "R.2")),
        ({"urgent_wish": "yes", "adult": "no"}, "T1", ("T2.3", "R.2")),
        ({"urgent_wish": "yes", "where": "abroad"}, "T1", ("T1.8",)),
        ({"urgent_wish": "yes", "mood": "low"}, "T1", ("T3.1", "R.1", "R.2")),
        ({"urgent_wish": "yes", "mood": "low", "adult": "no"}, "T1", ("T2.3", "R.1")),
        ({"urgent_wish": "yes", "danger": "now"}, "T0", ("T0.1",)),
    ],
)
def test_the_family_raises_one_step_and_never_above_t1(
    answers: dict[str, str], expected: str, rules: tuple[str, ...]
) -> None:
    assert level(answers) == Level(expected, rules)


@given(TALKS)
def test_a_wish_is_one_step_and_no_more(answers: dict[str, str]) -> None:
    plain = level({name: value for name, value in answers.items() if name != "urgent_wish"})
    wished = level({**answers, "urgent_wish": "yes"})
    step = ORDER.index(plain.level) - ORDER.index(wished.level)
    assert step == (1 if plain.level in ("T2", "T3") else 0)


@given(st.lists(TALKS, min_size=2, max_size=6))
def test_later_answers_never_lower_a_level(talks: list[dict[str, str]]) -> None:
    found = None
    seen = []
    for answers in talks:
        found = level(answers, found)
        seen.append(ORDER.index(found.level))
    assert seen == sorted(seen, reverse=True)


def test_the_reasons_of_the_higher_level_stay_with_it() -> None:
    before = level({"danger": "now"})
    assert level({"danger": "none"}, before) == before


def test_every_rule_says_for_the_counsellor_what_it_means() -> None:
    rules = [*RULES, *RAISES]
    assert len({rule.id for rule in rules}) == len(rules)
    for rule in rules:
        assert sentence(rule.id).endswith(".")
        assert rule.id.startswith(rule.level or "R.")


def test_every_rule_asks_for_answers_that_exist() -> None:
    for rule in (*RULES, *RAISES):
        for name, values in rule.needs:
            assert set(values) <= set(ANSWERS[name]), rule.id


def test_the_higher_of_two_is_the_more_urgent() -> None:
    assert higher("T0", "T3") == higher("T3", "T0") == "T0"
    assert higher("T2", "T2") == "T2"
