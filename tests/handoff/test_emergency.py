"""The emergency card is right before it is anything else; no number is shown that nobody can vouch for."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import available_timezones

import phonenumbers
import pytest
from phonenumbers import shortnumberinfo

from handoff import emergency
from handoff.emergency import CRISIS_KINDS, EXPIRES, KINDS, Card, card, countries, exemptions, live_ok
from tests.handoff.operators import TODAY, operator

EXEMPT = {(each.country, each.number) for each in exemptions()}


@pytest.mark.parametrize("country", countries())
def test_every_number_is_an_emergency_number_there_or_signed_for(country: str) -> None:
    for each in card(country).numbers:
        known = shortnumberinfo.is_emergency_number(each.number, country)
        assert known or (country, each.number) in EXEMPT, (country, each.number)


@pytest.mark.parametrize("country", countries())
def test_every_crisis_line_is_a_number_of_its_country(country: str) -> None:
    code = phonenumbers.country_code_for_region(country)
    for each in card(country).crisis:
        full = phonenumbers.is_valid_number_for_region(phonenumbers.parse(each.number, country), country)
        number = phonenumbers.PhoneNumber(country_code=code, national_number=int(each.number))
        assert full or shortnumberinfo.is_valid_short_number_for_region(number, country), (
            country,
            each.number,
        )


def test_no_exemption_is_kept_longer_than_it_is_needed() -> None:
    for each in exemptions():
        assert each.number in {number.number for number in card(each.country).numbers}
        assert not shortnumberinfo.is_emergency_number(each.number, each.country)
        assert each.why


def test_disputed_numbers_are_not_shown() -> None:
    assert {each.number for each in card("MA").numbers} == {"19", "15", "177"}  # not 190, 150 or 112
    assert {each.number for each in card("RS").numbers} == {
        "192",
        "193",
        "194",
    }  # 112 answers no service there
    assert "091" not in {each.number for each in card("ES").numbers}
    assert card("MA").status == card("RS").status == "conflict"
    assert card("MA").open_points


@pytest.mark.parametrize("country", countries())
def test_every_card_says_where_it_is_from_and_when_it_was_checked(country: str) -> None:
    shown = card(country)
    assert shown.known
    assert shown.numbers
    assert shown.sources
    assert shown.checked_on is not None
    assert shown.checked_on <= TODAY
    assert shown.zone_hint in available_timezones()
    assert {each.kind for each in shown.numbers} <= KINDS
    assert {each.kind for each in shown.crisis} <= CRISIS_KINDS


def test_an_unknown_country_gets_the_general_words() -> None:
    for country in ("", "ZZ"):
        assert card(country) == Card(country, known=False)


def test_no_card_of_the_demo_reaches_real_families() -> None:
    assert not [country for country in countries() if live_ok(card(country), TODAY)]


def test_a_card_goes_live_when_a_person_has_called_and_for_ninety_days() -> None:
    called = replace(card("AT"), status="ok", checked_by="A. Caller", checked_on=TODAY)
    assert live_ok(called, TODAY)
    assert live_ok(called, TODAY + EXPIRES)
    assert not live_ok(called, TODAY + EXPIRES + timedelta(days=1))
    assert not live_ok(called, TODAY - timedelta(days=1))
    assert not live_ok(replace(called, checked_by=""), TODAY)
    assert not live_ok(replace(called, status="verify"), TODAY)
    assert not live_ok(replace(called, checked_on=None), TODAY)


def test_a_number_that_needs_an_exemption_goes_live_only_with_a_signature() -> None:
    called = replace(card("RS"), status="ok", checked_by="A. Caller", checked_on=TODAY)
    assert not live_ok(called, TODAY)  # nobody has signed the exemptions yet


def test_the_general_words_are_always_fit() -> None:
    assert live_ok(card("ZZ"), date(2030, 1, 1))


def test_every_country_the_example_serves_has_a_card() -> None:
    assert set(operator().countries) <= set(countries())


def test_a_number_nobody_has_words_for_stops_the_house() -> None:
    with pytest.raises(ValueError, match="is not a number and a kind"):
        emergency._numbers("112:everything", KINDS)
    with pytest.raises(ValueError, match="is not a number and a kind"):
        emergency._numbers("11 2:all", KINDS)
