"""A note falls on a day the family agreed to, never at night, and each one once, whatever the zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.followups import MOST_SHIFT, dates
from scheduler.plans import PLANS, days
from scheduler.rules import WINDOWS, to_utc
from tests.scheduler.talks import VIENNA, ZONES, wall

NONE = (0, 0, 0, 0)


def shown(level: str, start: str, window: str, plan: str = "check-in", country: str = "AT") -> list[str]:
    found = dates(plan, level, wall(start), window, VIENNA, NONE, country)
    return [each.wall.isoformat(timespec="minutes") for each in found]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("T0", ()), ("T1", (3, 7, 14, 30)), ("T2", (7, 14, 30, 60)), ("T3", (10, 30))],
)
def test_the_cadence_of_practice_4_2(level: str, expected: tuple[int, ...]) -> None:
    assert days("check-in", level) == expected
    assert days("after-emergency", level) == (1, 3)


def test_an_unknown_plan_or_level_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        days("every-day", "T1")
    with pytest.raises(KeyError):
        days("check-in", "T9")


def test_a_planned_day_outside_the_window_moves_to_the_next_of_its_days() -> None:
    # Wednesday 18 November; day 3 is a Saturday, day 30 is Friday 18 December
    assert shown("T1", "2026-11-18T12:00", "weekday-morning") == [
        "2026-11-23T09:00",
        "2026-11-25T09:00",
        "2026-12-02T09:00",
        "2026-12-18T09:00",
    ]
    assert shown("T1", "2026-11-18T12:00", "weekend") == [
        "2026-11-21T10:00",
        "2026-11-28T10:00",
        "2026-12-05T10:00",
        "2026-12-19T10:00",
    ]


def test_two_notes_that_meet_on_one_day_keep_a_day_apart() -> None:
    assert shown("", "2026-11-23T12:00", "weekend", plan="after-emergency") == [
        "2026-11-28T10:00",
        "2026-11-29T10:00",
    ]


def test_a_public_holiday_is_not_a_weekday_at_home() -> None:
    assert shown("T3", "2026-12-15T12:00", "weekday-morning") == ["2026-12-28T09:00", "2027-01-14T09:00"]
    assert shown("T3", "2026-12-15T12:00", "weekday-morning", country="")[0] == "2026-12-25T09:00"


def test_the_wall_stays_when_the_clocks_change() -> None:
    found = dates("check-in", "T2", wall("2027-03-22T12:00"), "weekday-morning", VIENNA, (7, 7, 7, 7), "")
    assert {each.wall.time().isoformat("minutes") for each in found} == {"09:07"}
    assert found[0].due_at == wall("2027-03-29T09:07")
    assert (
        dates("check-in", "T2", wall("2027-03-01T12:00"), "weekday-morning", VIENNA, (7,) * 4)[0].due_at.hour
        == 8
    )
    assert found[0].due_at.hour == 7


@pytest.mark.parametrize("window", ["none", "", "whenever"])
def test_without_an_agreed_window_there_are_no_notes(window: str) -> None:
    assert dates("check-in", "T1", wall("2026-11-18T12:00"), window, VIENNA, NONE) == []


@pytest.mark.parametrize("shifts", [(0, 0, 0), (0, 0, 0, 41), (-1, 0, 0, 0)])
def test_a_shift_is_forty_minutes_at_most(shifts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shifts from 0 to 40 minutes"):
        dates("check-in", "T1", wall("2026-11-18T12:00"), "weekend", VIENNA, shifts)


# Half of the starts lie in the weeks before a change of the clocks somewhere, the rest in three years.
CHANGES = (
    *("2026-10-25", "2026-11-01", "2027-03-14", "2027-03-28"),
    *("2027-04-03", "2027-04-30", "2027-10-03", "2027-10-29"),
)
STARTS = st.one_of(
    st.builds(
        lambda day, ago: datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(minutes=ago),
        st.sampled_from(CHANGES),
        st.integers(-3_000, 90_000),
    ),
    st.integers(0, 3 * 365 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)),
)
CADENCES = [(plan, level) for plan, levels in PLANS.items() for level in levels]


@settings(max_examples=300, deadline=None)
@given(
    STARTS,
    st.sampled_from(ZONES),
    st.sampled_from(sorted(WINDOWS)),
    st.sampled_from(CADENCES),
    st.lists(st.integers(0, MOST_SHIFT), min_size=4, max_size=4),
    st.sampled_from(["", "AT", "TR", "US", "MA"]),
)
def test_every_note_falls_once_inside_the_window_and_never_at_night(
    start: datetime, zone: str, window: str, cadence: tuple[str, str], shifts: list[int], country: str
) -> None:
    plan, level = cadence
    found = dates(plan, level, start, window, zone, shifts, country)
    planned = days(plan, level)
    assert [each.occurrence for each in found] == list(range(1, len(planned) + 1))
    first = start.astimezone(ZoneInfo(zone)).date()
    chosen = WINDOWS[window]
    for each, after, shift in zip(found, planned, shifts, strict=False):
        there = each.due_at.astimezone(ZoneInfo(zone))
        assert there.replace(tzinfo=None) == each.wall
        assert each.due_at == to_utc(each.wall, zone)
        assert 8 <= there.hour < 21
        assert chosen.start <= there.time() < chosen.end
        assert (there.weekday() >= 5) == chosen.weekend
        assert each.wall == datetime.combine(each.wall.date(), chosen.start) + timedelta(minutes=shift)
        assert timedelta(days=after) <= there.date() - first < timedelta(days=after + 16)
    walls = [each.wall.date() for each in found]
    assert walls == sorted(set(walls))
    assert all(later - earlier >= timedelta(days=7) for earlier, later in zip(walls, walls[2:], strict=False))


def test_the_same_plan_gives_the_same_dates() -> None:
    once, again = (
        dates("check-in", "T1", wall("2026-11-18T12:00"), "weekend", VIENNA, (1, 2, 3, 4)) for _ in range(2)
    )
    assert once == again
