"""What a family types is taken for what it says, and never for its opposite."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.match import CLOSE, EXACT, SAFE, also_words, choose, pieces

ENGLISH = [("My child", "son", "daughter"), ("My partner", "wife", "husband"), ("Somebody else",)]
GERMAN = [
    ("Mein Kind", "Sohn", "Tochter"),
    ("Meine Partnerin oder mein Partner",),
    ("Ein Mensch aus der Schule",),
]
ARABIC = [("ابني أو ابنتي", "ولدي"), ("زوجي", "زوجتي"), ("شخص آخر في العائلة",)]
PERSIAN = [("بله، همین حالا",), ("نه",), ("مطمئن نیستم", "نمی‌دانم")]
TURKISH = [("Evet, şimdi",), ("Hayır",), ("Bilmiyorum", "emin değilim")]


@pytest.mark.parametrize(
    ("options", "typed", "place"),
    [
        (ENGLISH, "my child", 0),
        (ENGLISH, "MY CHILD.", 0),
        (ENGLISH, "daughter", 0),
        (ENGLISH, "2", 1),
        (ENGLISH, "(2)", 1),
        (ENGLISH, "somebody els", None),  # four letters are too few to guess
        (ENGLISH, "sombody else", 2),
        (ENGLISH, "husbnad", 1),
        (GERMAN, "tochter", 0),
        (GERMAN, "Tocher", 0),
        (GERMAN, "EIN MENSCH AUS DER SCHULE", 2),
        (GERMAN, "ein mensch aus der schuhle", 2),
        (GERMAN, "3.", 2),
        (ARABIC, "ولدى", 0),
        (ARABIC, "إبنى او إبنتى", 0),
        (ARABIC, "٢", 1),
        (ARABIC, "شخص اخر فى العائله", 2),
        (ARABIC, "شخص اخر في العايله", 2),
        (PERSIAN, "۱", 0),
        (PERSIAN, "بله", 0),
        (PERSIAN, "نمیدانم", 2),
        (PERSIAN, "مطمئن نيستم", 2),
        (PERSIAN, "مطمعن نیستم", 2),
        (TURKISH, "EVET", 0),
        (TURKISH, "hayir", 1),
        (TURKISH, "bilmiyorum", 2),
        (TURKISH, "bilmıyorum", 2),
        (TURKISH, "bilmiyourm", 2),
    ],
)
def test_a_typed_answer_is_understood(options: list[tuple[str, ...]], typed: str, place: int | None) -> None:
    assert choose(typed, options) == place


@pytest.mark.parametrize(
    "typed", ["0", "4", "12", "1 2", "222222222222222222222", "n", "xyz", "?", "  ", "my"]
)
def test_what_is_not_on_offer_is_not_understood(typed: str) -> None:
    assert choose(typed, ENGLISH) is None


@pytest.mark.parametrize(
    ("label", "typed"),
    [
        ("Bilirim", "bilmem"),
        ("Biliyorum", "bilmiyorum"),
        ("Istiyorum", "istemiyorum"),
        ("Eine Gefahr", "keine Gefahr"),
        ("Möglich", "unmöglich"),
        ("می‌خواهم", "نمی‌خواهم"),
        ("أريد ذلك", "لا أريد ذلك"),
        ("Accepted", "excepted"),
        ("Room 12345", "room 12346"),
        ("I am safe", "I am unsafe"),
        ("Safe", "sage"),
    ],
)
def test_a_near_word_is_never_taken_for_its_opposite(label: str, typed: str) -> None:
    assert choose(typed, [(label,), ("Something else entirely",)]) is None


def test_two_that_fit_equally_well_are_none() -> None:
    assert choose("marina", [("Marine",), ("Marino",)]) is None
    assert choose("yes", [("Yes, now",), ("Yes, later",)]) is None
    assert choose("sure", [("One", "sure"), ("Two", "Sure!")]) is None


def test_a_label_that_is_a_number_comes_before_the_number_of_a_place() -> None:
    assert choose("3", [("3",), ("2",), ("1",)]) == 0


DANGER = [("Yes, right now",), ("No", "nobody"), ("I am not sure",)]


@pytest.mark.parametrize(
    ("typed", "place"),
    [("yes", 0), ("Yes, RIGHT now", 0), ("no", 1), ("NO!", 1), ("nobody", 1), ("3", 2), ("i am not sure", 2)],
)
def test_about_danger_exact_words_are_enough(typed: str, place: int) -> None:
    assert choose(typed, DANGER, SAFE) == place


@pytest.mark.parametrize(
    "typed",
    [
        "no he has a knife",
        "nobodi",
        "no no",
        "now",
        "not now",
        "noo",
        "i am not",
        "i am",
        "yes no",
        "nobody yet",
    ],
)
def test_about_danger_nothing_is_guessed(typed: str) -> None:
    assert choose(typed, DANGER, SAFE) is None


def test_in_an_open_question_only_exact_words_are_a_tap() -> None:
    options = [("I would rather not", "rather not"), ("Something else",)]
    assert choose("Rather not.", options, EXACT) == 0
    assert choose("1", options, EXACT) is None
    assert choose("somethin else", options, EXACT) is None
    assert choose("I would rather not say how it began", options, EXACT) is None


def test_a_story_is_never_an_answer() -> None:
    assert choose("yes " * 100, [("yes " * 100,)]) is None


def test_the_commas_of_every_script_part_the_other_words() -> None:
    assert also_words("نعم، أجل؛ طيب") == ("نعم", "أجل", "طيب")
    assert also_words(" ok ,, fine ,") == ("ok", "fine")


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(1, 50))
def test_pieces_lose_nothing(text: str, most: int) -> None:
    parts = list(pieces(text, most))
    assert "".join(parts) == text
    assert all(0 < len(part) <= most for part in parts)


@settings(deadline=None)
@given(st.text(), st.lists(st.lists(st.text(), min_size=1).map(tuple)), st.sampled_from([CLOSE, EXACT, SAFE]))
def test_matching_takes_any_text(text: str, options: list[tuple[str, ...]], how: str) -> None:
    place = choose(text, options, how)
    assert place is None or 0 <= place < len(options)
