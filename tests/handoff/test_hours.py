"""What is promised about time is true: on weekends, on holidays, and when the clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.hours import Hours, Shift
from handoff.operator import OnCall, Operator
from tests.handoff.operators import ON_CALL, operator

VIENNA = ZoneInfo("Europe/Vienna")
DESK = operator()  # Mo-Fr 10:00-15:00; PH off, in Vienna; two hours of margin


def vienna(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=VIENNA).astimezone(UTC)


def hours(**changes: Any) -> Hours:
    return Hours(replace(DESK, **changes))


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-11-20T09:59", "2026-11-20T10:00"),
        ("2026-11-20T10:00", "2026-11-20T10:00"),
        ("2026-11-20T14:59", "2026-11-20T14:59"),
        ("2026-11-20T15:00", "2026-11-23T10:00"),  # Friday evening -> Monday
        ("2026-12-24T16:00", "2026-12-28T10:00"),  # Christmas, then a weekend
        ("2026-10-24T12:00", "2026-10-27T10:00"),  # clocks go back on Sunday, the national day is Monday 26
        ("2027-03-27T12:00", "2027-03-30T10:00"),  # clocks go forward on Easter Sunday, Monday is a holiday
    ],
)
def test_the_next_opening_is_the_one_a_calendar_shows(now: str, opens: str) -> None:
    desk = hours()
    assert desk.next_open(vienna(now)) == vienna(opens)
    assert desk.is_open(vienna(now)) == (now == opens)


@pytest.mark.parametrize(
    ("now", "by"),
    [
        (
            "2026-11-18T09:00",
            "2026-11-18T15:00",
        ),  # opens today: by closing time, nobody is there in the night
        ("2026-11-18T10:00", "2026-11-18T15:00"),  # the limit is tomorrow's very first minute
        ("2026-11-18T12:00", "2026-11-19T12:00"),  # the desk is open when the 24 hours end
        ("2026-11-18T13:00", "2026-11-19T13:00"),
        ("2026-11-18T14:30", "2026-11-19T14:30"),
        ("2026-11-18T23:00", "2026-11-19T15:00"),
        ("2026-11-20T12:59", "2026-11-20T15:00"),  # Friday, two hours and a minute are left
        ("2026-11-20T13:00", "2026-11-20T15:00"),  # exactly the margin
        ("2026-11-20T13:01", "2026-11-23T10:01"),  # a minute short: the rest is Monday's, and that is said
        ("2026-11-21T12:00", "2026-11-23T12:00"),  # Saturday: the next opening plus the margin
        ("2026-12-24T14:00", "2026-12-28T11:00"),  # an hour before Christmas
        ("2026-10-25T11:30", "2026-10-27T12:00"),  # the clocks went back, Monday is a holiday
        ("2027-03-26T16:00", "2027-03-30T12:00"),  # Good Friday evening, no opening until Tuesday
    ],
)
def test_an_urgent_answer_is_promised_within_a_day_or_the_truth_is_told(now: str, by: str) -> None:
    assert hours().answer_by("T1", vienna(now)) == vienna(by)


def test_twenty_four_hours_are_hours_when_the_clocks_change() -> None:
    always = hours(hours="24/7")
    assert always.answer_by("T1", vienna("2026-10-24T20:00")) == vienna("2026-10-25T19:00")
    assert always.answer_by("T1", vienna("2027-03-27T20:00")) == vienna("2027-03-28T21:00")


@pytest.mark.parametrize(
    ("level", "now", "by"),
    [
        ("T2", "2026-11-16T11:00", "2026-11-19T15:00"),  # Monday -> Thursday
        ("T2", "2026-11-16T20:00", "2026-11-19T15:00"),
        ("T2", "2026-11-19T11:00", "2026-11-24T15:00"),  # over a weekend
        ("T2", "2026-11-21T11:00", "2026-11-25T15:00"),  # Saturday: Monday is the first day
        ("T2", "2026-12-23T11:00", "2026-12-29T15:00"),  # over Christmas
        ("T3", "2026-11-16T11:00", "2026-11-23T15:00"),
        ("T3", "2026-12-23T11:00", "2026-12-31T15:00"),
        ("T3", "2026-12-28T11:00", "2027-01-05T15:00"),  # over New Year
        ("T2", "2026-10-23T11:00", "2026-10-29T15:00"),  # over the clock change and the national day
    ],
)
def test_working_days_are_days_with_hours(level: str, now: str, by: str) -> None:
    assert hours().answer_by(level, vienna(now)) == vienna(by)


def test_with_nobody_on_call_nothing_is_promised_for_danger_now() -> None:
    desk = hours()
    for now in ("2026-11-18T12:00", "2026-11-18T23:00"):
        assert desk.answer_by("T0", vienna(now)) is None
        assert not desk.on_call(vienna(now))


def test_the_desk_has_a_clock_for_danger_even_with_nobody_on_call() -> None:
    desk = hours()
    assert desk.deadline("T0", vienna("2026-11-21T12:00")) == vienna("2026-11-23T12:00")
    assert desk.deadline("T2", vienna("2026-11-16T11:00")) == vienna("2026-11-19T15:00")


def test_danger_now_is_answered_in_minutes_while_somebody_is_on_call() -> None:
    desk = hours(on_call=ON_CALL)
    assert desk.answer_by("T0", vienna("2026-11-18T12:00")) == vienna("2026-11-18T12:10")
    assert desk.answer_by("T0", vienna("2026-11-18T23:55")) == vienna("2026-11-19T00:15")
    assert desk.deadline("T0", vienna("2026-11-18T23:55")) == vienna("2026-11-19T00:15")
    assert desk.on_call(vienna("2026-12-25T03:00"))


def test_the_last_minutes_on_call_are_not_promised_to_a_newcomer() -> None:
    desk = hours(on_call=OnCall(available=True, hours="Mo-Su 08:00-22:00", minutes=20))
    assert desk.answer_by("T0", vienna("2026-11-18T21:40")) == vienna("2026-11-18T22:00")
    assert desk.answer_by("T0", vienna("2026-11-18T21:41")) is None
    assert desk.answer_by("T0", vienna("2026-11-18T07:50")) is None


def test_closed_days_of_the_operator_count_like_holidays() -> None:
    closed = tuple(date(2026, 11, day) for day in (23, 24))
    assert hours(closed=closed).next_open(vienna("2026-11-20T16:00")) == vienna("2026-11-25T10:00")
    assert hours(closed=closed).answer_by("T2", vienna("2026-11-20T16:00")) == vienna("2026-11-27T15:00")


@pytest.mark.parametrize(
    ("country", "zone", "day"),
    [
        (
            "TR",
            "Europe/Istanbul",
            date(2026, 3, 20),
        ),  # Eid, which the calendar of opening-hours-py does not know
        ("XK", "Europe/Belgrade", date(2026, 2, 17)),  # and it does not know Kosovo at all
        ("JO", "Asia/Amman", date(2026, 5, 25)),
        ("AT", "Europe/Vienna", date(2026, 12, 8)),
    ],
)
def test_a_holiday_is_kept_in_every_country_we_know(country: str, zone: str, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone))
    rests = hours(country=country, zone=zone, hours="Mo-Su 10:00-15:00; PH off")
    works = hours(country=country, zone=zone, hours="Mo-Su 10:00-15:00")
    assert not rests.is_open(noon)
    assert works.is_open(noon)


def test_a_region_adds_its_own_holidays() -> None:
    epiphany = datetime(2027, 1, 6, 12, tzinfo=ZoneInfo("Europe/Berlin"))
    berlin = hours(country="DE", zone="Europe/Berlin")
    bavaria = hours(country="DE", zone="Europe/Berlin", region="BY")
    assert berlin.is_open(epiphany)
    assert not bavaria.is_open(epiphany)


def test_a_desk_that_never_opens_promises_nothing_and_still_has_a_clock() -> None:
    never = hours(hours="2019 Mo-Fr 10:00-15:00")
    now = vienna("2026-11-18T12:00")
    assert never.next_open(now) is None
    assert never.answer_by("T1", now) is None
    assert never.answer_by("T2", now) is None
    assert never.deadline("T2", now) == now + timedelta(hours=24)


def test_the_week_is_told_without_its_holidays() -> None:
    christmas = vienna("2026-12-25T12:00")
    assert hours().week(christmas) == (Shift((0, 1, 2, 3, 4), ((time(10), time(15)),)),)
    mixed = hours(hours="Mo,Tu,Th 09:00-12:00,13:00-16:00; We 13:00-18:00; PH off").week(christmas)
    assert [shift.days for shift in mixed] == [(0, 1), (2,), (3,)]
    assert mixed[0].spans == ((time(9), time(12)), (time(13), time(16)))


def test_an_unknown_level_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match="no level"):
        hours().answer_by("T9", vienna("2026-11-18T12:00"))


AUSTRIAN = holidays.country_holidays("AT", years=range(2026, 2029))
MOMENTS = st.integers(0, 2 * 365 * 24 * 12).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=5 * n)
)


def there(now: datetime) -> bool:
    """Would a person be at the desk, by a plain calendar?"""
    wall = now.astimezone(VIENNA)
    return wall.weekday() < 5 and 10 <= wall.hour < 15 and wall.date() not in AUSTRIAN


@settings(max_examples=60, deadline=None)
@given(MOMENTS)
def test_an_urgent_promise_always_leaves_people_time_to_keep_it(now: datetime) -> None:
    by = hours().answer_by("T1", now)
    assert by is not None
    step, margin = timedelta(minutes=5), DESK.promises.t1_margin_minutes // 5
    steps = [now + step * n for n in range(int((by - now) / step))]
    worked = [at for at in steps if there(at)]
    assert len(worked) >= margin
    assert there(by - step)  # somebody is there at the promised moment
    if by - now > timedelta(hours=24):  # later than a day only because it could not be kept sooner
        assert len(worked) == margin
        assert by == worked[-1] + step
    else:
        assert not any(there(by + step * n) for n in range(int((now + timedelta(hours=24) - by) / step)))


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.sampled_from(["T2", "T3"]))
def test_a_promise_in_working_days_counts_the_days_people_are_there(now: datetime, level: str) -> None:
    by = hours().answer_by(level, now)
    assert by is not None
    first, last = now.astimezone(VIENNA).date(), (by - timedelta(minutes=1)).astimezone(VIENNA).date()
    between = [first + timedelta(days=n) for n in range(1, (last - first).days + 1)]
    kept = [day for day in between if day.weekday() < 5 and day not in AUSTRIAN]
    assert len(kept) == {"T2": 3, "T3": 5}[level]
    assert by.astimezone(VIENNA).hour == 15


def test_the_example_operator_is_what_these_tests_speak_of() -> None:
    assert isinstance(DESK, Operator)
    assert (DESK.hours, DESK.promises.t1_margin_minutes) == ("Mo-Fr 10:00-15:00; PH off", 120)
