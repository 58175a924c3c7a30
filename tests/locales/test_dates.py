"""`A counsellor can answer by ...`: the day and the hour as people write them, by their own wall clock."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from locales.dates import clock, day, full_date, hours_words, place, when
from locales.languages import known

VIENNA = ZoneInfo("Europe/Vienna")
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
WEEK = [((0, 1, 2, 3, 4), time(10), time(15))]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Friday, 20 November, 17:00"),
        ("de", "Freitag, 20. November, 17:00 Uhr"),
        ("tr", "20 Kasım Cuma, 17:00"),
        ("ar", "الجمعة، 20 نوفمبر، 17:00"),
        ("fr", "vendredi 20 novembre, 17:00"),
        ("ru", "пятница, 20 ноября, 17:00"),
        ("pl", "piątek, 20 listopada, 17:00"),
    ],
)
def test_when_somebody_answers(lang: str, said: str) -> None:
    assert when(FRIDAY, lang, VIENNA) == said


def test_it_is_the_familys_wall_clock_that_counts() -> None:
    assert when(FRIDAY, "en", ZoneInfo("Asia/Amman")) == "Friday, 20 November, 19:00"
    assert when(datetime(2026, 7, 3, 22, 30, tzinfo=UTC), "en", VIENNA) == "Saturday, 4 July, 00:30"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        when(datetime(2026, 11, 20, 17, 0), "en", VIENNA)  # noqa: DTZ001


def test_days_and_dates() -> None:
    assert day(date(2026, 11, 30), "en") == "Monday, 30 November"
    assert day(date(2026, 11, 30), "de") == "Montag, 30. November"
    assert full_date(date(2026, 11, 1), "en") == "1 November 2026"
    assert full_date(date(2026, 11, 1), "de") == "1. November 2026"
    assert clock(time(9, 5), "en") == "09:05"


def test_the_city_whose_clock_is_meant() -> None:
    assert [place(VIENNA, lang) for lang in ("en", "de", "tr", "ar")] == ["Vienna", "Wien", "Viyana", "فيينا"]


def test_when_people_are_there() -> None:
    assert hours_words(WEEK, "en") == "Monday – Friday, 10:00–15:00"
    assert hours_words(WEEK, "de") == "Montag – Freitag, 10:00–15:00 Uhr"
    assert hours_words([((0, 2), time(9), time(12, 30)), ((5,), time(9), time(11))], "en") == (
        "Monday and Wednesday, 09:00–12:30\nSaturday, 09:00–11:00"
    )


def test_no_language_speaks_in_another_ones_days() -> None:
    """Babel 2.18 answers stand-alone day names in the language that asked first: never ask it for those."""
    seen: dict[str, str] = {}
    for lang in (*known(), *reversed(known())):
        said = f"{hours_words(WEEK, lang)} {when(FRIDAY, lang, VIENNA)}"
        assert seen.setdefault(lang, said) == said
    assert hours_words(WEEK, "es").startswith("Lunes – viernes")
    assert when(FRIDAY, "es", VIENNA).startswith("viernes, 20")
    assert hours_words(WEEK, "uk").startswith("Понеділок – пʼятниця")


@pytest.mark.parametrize("lang", known())
def test_every_language_can_say_it_with_digits_everybody_reads(lang: str) -> None:
    said = when(FRIDAY, lang, VIENNA) + hours_words(WEEK, lang) + full_date(date(2026, 11, 1), lang)
    assert all(number in said for number in ("20", "17", "15", "2026"))
    assert not any(letter.isdigit() and not letter.isascii() for letter in said)
