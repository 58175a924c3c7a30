"""We write only when it was agreed, only when it is safe, and never at night."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.followups import dates
from scheduler.rules import QUIET_FROM, QUIET_TO, WINDOWS, Verdict, Window, may_write, next_allowed, to_utc
from tests.scheduler.talks import VIENNA, ZONES, talk, wall

GOOD = wall("2026-11-18T09:30")  # a Wednesday


def test_inside_the_agreed_window_we_may_write() -> None:
    assert may_write(GOOD, talk(), "check-in") == Verdict(True, "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"keep": ""}, "no-consent"),
        ({"keep": "session"}, "no-consent"),
        ({"keep": "keep"}, "no-consent"),
        ({"stopped_at": GOOD}, "stopped"),
        ({"unreachable_at": GOOD}, "unreachable"),
        ({"window": "none"}, "no-window"),
        ({"window": ""}, "no-window"),
        ({"zone": ""}, "no-zone"),
        ({"window": "at night"}, "no-window"),
    ],
)
def test_what_only_the_family_can_change_has_no_next_time(changes: dict[str, Any], reason: str) -> None:
    assert may_write(GOOD, talk(**changes), "check-in") == Verdict(False, reason, None)


def test_a_plan_nobody_knows_any_more_is_never_sent() -> None:
    assert may_write(GOOD, talk(), "an-old-plan") == Verdict(False, "unknown-plan", None)


@pytest.mark.parametrize(
    ("window", "now", "next_time"),
    [
        ("weekday-morning", "2026-11-18T08:59", "2026-11-18T09:00"),
        ("weekday-morning", "2026-11-18T12:00", "2026-11-19T09:00"),
        ("weekday-morning", "2026-11-20T12:00", "2026-11-23T09:00"),  # Friday noon -> Monday
        ("weekday-afternoon", "2026-11-18T11:59", "2026-11-18T12:00"),
        ("weekday-evening", "2026-11-18T20:00", "2026-11-19T17:00"),
        ("weekday-evening", "2026-11-18T23:30", "2026-11-19T17:00"),
        ("weekend", "2026-11-18T12:00", "2026-11-21T10:00"),
        ("weekend", "2026-11-21T18:00", "2026-11-22T10:00"),
        ("weekday-morning", "2026-12-24T13:00", "2026-12-28T09:00"),  # holidays: others are at home
        ("weekday-morning", "2026-10-23T13:00", "2026-10-27T09:00"),  # clock change and a holiday
        ("weekend", "2026-10-24T19:00", "2026-10-25T10:00"),  # the clocks go back in between
    ],
)
def test_outside_the_window_the_next_window_is_told(window: str, now: str, next_time: str) -> None:
    verdict = may_write(wall(now), talk(window=window), "check-in")
    assert verdict == Verdict(False, "window", wall(next_time))


def test_a_holiday_of_an_unknown_country_is_a_weekday() -> None:
    for country in ("", "ZZ"):
        assert may_write(wall("2026-12-25T09:30"), talk(country=country), "check-in").ok


def test_after_hide_nothing_comes_until_it_is_over() -> None:
    hidden = talk(hidden_until=wall("2026-11-19T10:30"))
    assert may_write(GOOD, hidden, "check-in") == Verdict(False, "hidden", wall("2026-11-19T10:30"))
    assert may_write(wall("2026-11-19T10:30"), hidden, "check-in").ok


def test_while_a_person_writes_the_machine_is_silent() -> None:
    assert may_write(GOOD, talk(mode="human"), "check-in") == Verdict(
        False, "human", wall("2026-11-19T09:30")
    )


@pytest.mark.parametrize(
    ("recent", "next_time"),
    [
        (["2026-11-18T09:05"], "2026-11-19T09:00"),  # one a day
        (["2026-11-12T09:05", "2026-11-16T09:05"], "2026-11-19T09:00"),  # two in seven days
        (["2026-11-16T09:05", "2026-11-17T09:05"], "2026-11-23T09:00"),
    ],
)
def test_at_most_one_note_a_day_and_two_a_week(recent: list[str], next_time: str) -> None:
    verdict = may_write(GOOD, talk(recent=tuple(wall(each) for each in recent)), "check-in")
    assert verdict == Verdict(False, "limit", wall(next_time))


@pytest.mark.parametrize("recent", [["2026-11-17T09:05"], ["2026-11-11T09:30", "2026-11-17T09:05"], []])
def test_yesterdays_note_and_one_of_a_week_ago_do_not_count_against_today(recent: list[str]) -> None:
    assert may_write(GOOD, talk(recent=tuple(wall(each) for each in recent)), "check-in").ok


def test_no_window_reaches_into_the_night(monkeypatch: pytest.MonkeyPatch) -> None:
    for window in WINDOWS.values():
        assert QUIET_TO <= window.start < window.end <= QUIET_FROM
    monkeypatch.setitem(WINDOWS, "all-day", Window(False, time(0), time(23, 59)))  # type: ignore[arg-type]
    always = talk(window="all-day")
    for night in ("2026-11-18T21:00", "2026-11-18T23:59", "2026-11-19T07:59"):
        assert may_write(wall(night), always, "check-in") == Verdict(
            False, "window", wall("2026-11-19T08:00")
        )
    for day in ("2026-11-18T08:00", "2026-11-18T20:59"):
        assert may_write(wall(day), always, "check-in").ok
    assert dates("check-in", "T3", GOOD, "all-day", VIENNA, (0, 0))[0].wall.time() == time(8)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2027-03-28T02:30", "Europe/Berlin", "2027-03-28T01:30"),  # skipped: read as before the jump
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # twice: the first one
        ("2026-11-18T09:00", "Asia/Kathmandu", "2026-11-18T03:15"),
    ],
)
def test_a_wall_time_is_one_moment_also_when_the_clocks_change(text: str, zone: str, moment: str) -> None:
    assert to_utc(datetime.fromisoformat(text), zone) == datetime.fromisoformat(moment).replace(tzinfo=UTC)


MOMENTS = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
)


@given(
    MOMENTS,
    st.sampled_from(ZONES),
    st.sampled_from(sorted(WINDOWS)),
    st.lists(st.integers(0, 8 * 24 * 60), max_size=3),
)
def test_whatever_the_hour_the_answer_keeps_the_promises(
    now: datetime, zone: str, window: str, sent: list[int]
) -> None:
    recent = tuple(now - timedelta(minutes=ago) for ago in sent)
    asked = talk(zone=zone, window=window, recent=recent, country="")
    verdict = may_write(now, asked, "check-in")
    at = now if verdict.ok else verdict.next_time
    assert at is not None
    assert at >= now
    there = at.astimezone(ZoneInfo(zone))
    chosen = WINDOWS[window]
    assert time(8) <= there.time() < time(21)
    assert chosen.start <= there.time() < chosen.end
    assert (there.weekday() >= 5) == chosen.weekend
    days = [each.astimezone(ZoneInfo(zone)).date() for each in recent]
    assert there.date() not in days
    assert sum(there.date() - timedelta(days=6) <= day for day in days) < 2
    assert may_write(at, asked, "check-in").ok
    assert at - now < timedelta(days=15)


@given(MOMENTS, st.sampled_from(ZONES), st.sampled_from(sorted(WINDOWS)))
def test_the_next_time_is_not_later_than_it_must_be(now: datetime, zone: str, window: str) -> None:
    asked = talk(zone=zone, window=window, country="")
    at = next_allowed(now, asked)
    assert at is not None
    steps = range(0, int((at - now) / timedelta(minutes=15)))
    assert not any(may_write(now + timedelta(minutes=15 * n), asked, "check-in").ok for n in steps)
