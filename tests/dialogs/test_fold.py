"""Two ways to type the same thing are the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialogs.fold import blank, fold


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("  Yes!  ", "yes"),
        ("«JA»", "ja"),
        ("Straße", "strasse"),
        ("Łódź, smørrebrød", "lodz, smorrebrod"),
        ("café", "cafe\u0301"),
        ("İYİYİM", "iyiyim"),
        ("ISPARTA", "ısparta"),
        ("أنا بخير؟", "انا بخير"),
        ("إلى", "الي"),
        ("آمن", "امن"),
        ("مدرسة", "مدرسه"),
        ("العـــربية", "العربيه"),
        ("نَعَم", "نعم"),
        ("ﻻ", "لا"),
        ("کمک", "كمك"),
        ("می‌خواهم", "میخواهم"),
        ("ایران", "ايران"),
        ("\u200fنعم\u200e", "نعم"),
        ("\u2067yes\u2069", "yes"),
        ("ہاں", "هاں"),
        ("Ещё", "еще"),
        ("Ｈｅｌｌｏ", "hello"),
        ("don’t", "don't"),
        ("not\u00a0now\n", "not now"),
        ("/Emergency", "emergency"),
        ("“No.”", "no"),
    ],
)
def test_the_same_word_typed_otherwise_folds_to_the_same(typed: str, meant: str) -> None:
    assert fold(typed) == fold(meant)


@pytest.mark.parametrize("two", ["2", "٢", "۲", "२", "২", "２", "(2)", "2.", "2)", "#2", "2️⃣", "②", "²"])
def test_a_number_is_a_number_in_every_script(two: str) -> None:
    assert fold(two) == "2"


@pytest.mark.parametrize("word", ["..", "...", "?", "👍", "-"])
def test_a_word_of_signs_alone_stays(word: str) -> None:
    assert fold(word) == word


@pytest.mark.parametrize("text", ["", "  \n\t", "\u200b\u200f\u2067", "\x00\x07", "\u0301"])
def test_nothing_visible_is_nothing(text: str) -> None:
    assert fold(text) == "" and blank(text)


def test_words_with_different_meanings_stay_different() -> None:
    words = ["yes", "no", "نعم", "لا", "bilirim", "bilmem", "и", "é", "1", "11", "..", "."]
    assert len({fold(word) for word in words}) == len(words)


@settings(deadline=None)
@given(st.text())
def test_folding_is_settled_after_the_second_time(text: str) -> None:
    once = fold(text)
    assert fold(fold(once)) == fold(once)
    assert blank(text) == (fold(text) == "")
