"""What a family reads: the right words and forms, the facts as they are, never English by surprise."""

import re
from collections.abc import Mapping
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from locales.bidi import FSI, PDI
from locales.catalogs import words
from locales.languages import language
from locales.render import (
    BadText,
    MissingFact,
    MissingWords,
    Words,
    cut,
    holes,
    join_lines,
    labels,
    render,
)
from locales.update import edition_words
from tests.locales.small import GERMAN, script, translated

FACTS = {"days_answers": "30", "answer_by": "Freitag, 17:00", "zone": "Wien"}


def german(**more: list[str]) -> Words:
    return Words("de", {**words(translated(script(), "de", GERMAN)), **more})


def test_a_text_with_its_facts() -> None:
    said = render(german(), "talk.by", FACTS)
    assert said == "Ein Mensch kann bis Freitag, 17:00 antworten, Zeit: Wien."


def test_english_comes_straight_from_the_sheets() -> None:
    ours = Words.english(script())
    facts = {"answer_by": "Friday, 17:00", "zone": "Vienna"}
    assert render(ours, "talk.by", facts) == "A counsellor can answer by Friday, 17:00, Vienna time."
    assert Words("en", edition_words(script(), "en")).plain == ours.plain


def test_a_missing_text_is_never_said_in_english() -> None:
    gap = Words("de", words(translated(script(), "de", {"talk.no": ["Nein"]})))
    with pytest.raises(MissingWords) as missing:
        render(gap, "talk.promise", {})
    assert (missing.value.lang, missing.value.message) == ("de", "talk.promise")
    assert "talk.promise" not in gap
    assert "talk.no" in gap


def test_a_missing_fact_names_the_hole_and_no_value() -> None:
    with pytest.raises(MissingFact) as missing:
        render(german(), "talk.by", {"answer_by": "a secret of somebody"})
    assert (missing.value.message, missing.value.hole) == ("talk.by", "zone")
    assert "secret" not in str(missing.value)


def test_a_safety_text_that_is_not_of_today_is_not_said() -> None:
    po = translated(script(), "de", GERMAN)
    for each in po:
        each.flags.insert(0, "fuzzy")
    served = words(po)
    assert "talk.promise" not in served
    assert served["talk.by"] == GERMAN["talk.by"], "the old words, until somebody looked at them"


def test_a_counted_text_with_a_gap_is_missing_for_every_number() -> None:
    po = translated(script(), "de", {**GERMAN, "talk.days": ["Einen Tag.", ""]})
    with pytest.raises(MissingWords):
        render(Words("de", words(po)), "talk.days", {"days_answers": 1})


# Counting

ARABIC = {
    0: "لا أيام",
    1: "يوم واحد",
    2: "يومان",
    3: "{days_answers} أيام",
    11: "{days_answers} يومًا",
    100: "{days_answers} يوم",
}


@pytest.mark.parametrize(
    ("number", "form"),
    [(0, 0), (1, 1), (2, 2), (3, 3), (10, 3), (103, 3), (11, 11), (99, 11), (100, 100), (102, 100)],
)
def test_arabic_counts_in_six_ways(number: int, form: int) -> None:
    ours = Words("ar", {"talk.days": list(ARABIC.values())})
    wanted = ARABIC[form].replace("{days_answers}", f"{FSI}{number}{PDI}")
    assert render(ours, "talk.days", {"days_answers": str(number)}) == wanted


@pytest.mark.parametrize(
    ("lang", "forms", "numbers"),
    [
        ("de", ["Tag", "Tage"], {1: 0, 0: 1, 2: 1, 21: 1}),
        ("tr", ["gün", "gün"], {1: 0, 2: 1}),
        ("fr", ["jour", "jours"], {0: 0, 1: 0, 2: 1}),
        ("pl", ["dzień", "dni (kilka)", "dni"], {1: 0, 2: 1, 4: 1, 5: 2, 12: 2, 22: 1, 30: 2, 0: 2}),
        ("ru", ["день", "дня", "дней"], {1: 0, 21: 0, 2: 1, 11: 2, 30: 2}),
    ],
)
def test_each_language_counts_its_own_way(lang: str, forms: list[str], numbers: Mapping[int, int]) -> None:
    ours = Words(lang, {"m": ["{days_chat} " + form for form in forms]})
    for number, form in numbers.items():
        assert render(ours, "m", {"days_chat": number}) == f"{number} {forms[form]}"


def test_an_old_edition_goes_on_counting_by_its_own_rule() -> None:
    old = {"": ["nplurals=2; plural=n > 1;"], "m": ["{days_chat} (few)", "{days_chat} (many)"]}
    assert render(Words("tr", old), "m", {"days_chat": 0}) == "0 (few)"
    assert render(Words("tr", {"m": old["m"]}), "m", {"days_chat": 0}) == "0 (many)"


def test_a_number_that_is_none_is_our_mistake() -> None:
    with pytest.raises(MissingFact):
        render(german(), "talk.days", {"days_answers": "soon"})


# Address and gender


def test_an_informal_text_is_used_where_there_is_one_and_the_formal_one_elsewhere() -> None:
    ours = german()
    assert render(ours, "talk.ask", {}, register="informal") == "Ist das für dich in Ordnung?"
    assert render(ours, "talk.ask", {}) == "Ist das für Sie in Ordnung?"
    assert render(ours, "talk.no", {}, register="informal") == "Nein"


def test_the_most_fitting_variant_wins() -> None:
    ours = german(
        **{"m": ["a"], "m|informal": ["b"], "m|f": ["c"], "m|informal|f": ["d"], "n": ["a"], "n|f": ["c"]}
    )
    said = [
        render(ours, "m", {}, *which) for which in [("", ""), ("informal", "m"), ("", "f"), ("informal", "f")]
    ]
    assert said == ["a", "b", "c", "d"]
    assert render(ours, "n", {}, "informal", "f") == "c"


# What may be typed


def test_a_label_can_be_typed_in_every_form_and_in_other_words() -> None:
    ours = german(**{"talk.yes|informal": ["Ja, hab ich"], "talk.yes.also": ["ok, gut; klar"]})
    assert labels(ours, "talk.yes") == ("Ja, ich verstehe", "Ja, hab ich", "ok", "gut", "klar")


def test_arabic_commas_part_words_too() -> None:
    ours = Words("ar", {"b": ["نعم"], "b.also": ["أجل، طيب؛ موافق"]})
    assert labels(ours, "b") == ("نعم", "أجل", "طيب", "موافق")


def test_no_words_for_a_button_is_no_words() -> None:
    with pytest.raises(MissingWords):
        labels(german(), "talk.elsewhere")


# Holes


@pytest.mark.parametrize(
    "text",
    [
        "{name.__class__}",
        "{0}",
        "{}",
        "{a[0]}",
        "{a!r}",
        "{a:>9}",
        "{a:{b}}",
        "{ a}",
        "open {",
        "close }",
        "{a-b}",
    ],
)
def test_a_translation_reaches_nothing_but_a_plain_fact(text: str) -> None:
    with pytest.raises(BadText):
        cut(text)
    with pytest.raises(BadText, match=r"de talk\.by"):
        german(**{"talk.by": [text]})


def test_holes_are_found_in_order_and_doubled_braces_are_plain() -> None:
    assert holes("{b} then {a}, {{c}} and {b}") == ["b", "a", "b"]
    assert render(german(m=["{{x}} {zone}"]), "m", FACTS) == "{x} Wien"


def test_a_counted_text_without_its_number_is_refused() -> None:
    with pytest.raises(BadText):
        Words("de", {"m": ["Tag", "Tage"]})


STEERS = re.compile("[\u202a-\u202e\u2066-\u2069]")
LEANING = re.compile("\n\u200f+")


def plain(text: str) -> str:
    return LEANING.sub("\n", STEERS.sub("", text))


def within_lines(text: str) -> bool:
    """Does every line close exactly what it opened?"""
    for line in text.split("\n"):
        depth = 0
        for letter in line:
            depth += {"\u2066": 1, "\u2067": 1, FSI: 1, PDI: -1}.get(letter, 0)
            if depth < 0:
                return False
        if depth:
            return False
    return True


values = st.one_of(
    st.text(),
    st.text(alphabet="{}%.[]!:_'\"<>&\\0a\u0627\u0645\u05d0 +1234\n\u202e\u2066\u2067\u2068\u2069\u200f"),
    st.sampled_from(["{zone}", "{0}", "{name.__class__}", "<b>x</b>", "%(x)s", "{{", "}}", "{answer_by!r}"]),
)


@given(value=values, other=values)
def test_whatever_a_fact_holds_it_is_said_as_it_is(value: str, other: str) -> None:
    facts = {"zone": value, "answer_by": other}
    left = Words("de", {"m": ["von {zone} bis {answer_by}."]})
    right = Words("ar", {"m": ["من {zone} إلى {answer_by}."]})
    assert plain(render(left, "m", facts)) == plain(f"von {value} bis {other}.")
    assert plain(render(right, "m", facts)) == plain(f"من {value} إلى {other}.")
    assert within_lines(render(right, "m", facts))
    assert within_lines(render(left, "m", facts))


def test_a_busy_evening_does_not_wait_for_words() -> None:
    """Measured at about 1 µs; the bound is wide, so that it only fails when somebody parses in every call."""
    ours = german()
    start = perf_counter()
    for _ in range(20_000):
        render(ours, "talk.by", FACTS)
    assert perf_counter() - start < 1


def test_a_list_of_lines() -> None:
    assert join_lines(["A parent", "No danger now"]) == "- A parent\n- No danger now"
    assert join_lines([]) == ""


@pytest.mark.parametrize("lang", ["de", "ar", "ru", "he"])
def test_the_rule_of_the_language_is_used_when_the_words_bring_none(lang: str) -> None:
    ours = Words(lang, {"m": ["{days_chat}"] * language(lang).forms})
    assert render(ours, "m", {"days_chat": 3}).strip(FSI + PDI + "\u200f") == "3"
