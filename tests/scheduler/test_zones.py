"""A country tells the clock on the wall, or that we must ask."""

from zoneinfo import ZoneInfo

import pytest

from scheduler.zones import Guess, guess, zones


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("AT", "Europe/Vienna"),
        ("DE", "Europe/Berlin"),  # two zones, one clock: Büsingen shows the same time
        ("NL", "Europe/Amsterdam"),
        ("TR", "Europe/Istanbul"),
        ("TN", "Africa/Tunis"),
        ("XK", "Europe/Belgrade"),  # has no code in tzdb
    ],
)
def test_one_clock_is_certain(country: str, zone: str) -> None:
    assert guess(country) == Guess(zone, certain=True)


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("US", "America/New_York"),
        ("CA", "America/Toronto"),  # not Newfoundland, which tzdb lists first
        ("ES", "Europe/Madrid"),
        ("PT", "Europe/Lisbon"),
        ("AU", "Australia/Sydney"),  # not Lord Howe Island
    ],
)
def test_several_clocks_are_a_proposal(country: str, zone: str) -> None:
    assert guess(country) == Guess(zone, certain=False)


def test_an_unknown_country_has_no_zone() -> None:
    assert guess("ZZ") is None
    assert zones("") == ()


def test_every_zone_of_every_country_can_be_used() -> None:
    countries = [chr(a) + chr(b) for a in range(65, 91) for b in range(65, 91)]
    found = [zone for country in countries for zone in zones(country)]
    assert len(found) > 400
    for zone in found:
        ZoneInfo(zone)
