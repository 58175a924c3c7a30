"""May we write to this family now? The only place that decides it (promise 4; practice 4.1-4.3).

Rule 1: without a yes to notes, after stop, when blocked, or without an agreed window: never.
Rule 2: never from 21:00 to 08:00 by the clock on their wall, and only inside the window they chose.
Rule 3: at most one note a day and two in seven days, by their calendar.
Rule 4: a weekday window is closed on a public holiday of their country: then others are at home.
Rule 5: a wall time that a clock change skips or repeats is read with fold=0 (PEP 495; security F4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from scheduler.plans import PLANS

QUIET_FROM, QUIET_TO = time(21), time(8)
A_DAY, A_WEEK = 1, 2  # notes at most
_AHEAD = 60  # days we look ahead for a place; with the rules above there is always one within two weeks
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Window:
    """The hours a family called safe. `start` belongs to it, `end` does not."""

    weekend: bool
    start: time
    end: time


# By the value the sheet sets; every other value, also "none", means: only when they write first.
WINDOWS: Mapping[str, Window] = {
    "weekday-morning": Window(False, time(9), time(12)),
    "weekday-afternoon": Window(False, time(12), time(17)),
    "weekday-evening": Window(False, time(17), time(20)),
    "weekend": Window(True, time(10), time(18)),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """What is known about writing to one family."""

    keep: str  # "follow": they said yes to notes
    mode: str  # script | waiting | human | closed
    zone: str
    country: str  # for its public holidays; "" when they would rather not say
    window: str
    hidden_until: datetime | None = None
    stopped_at: datetime | None = None
    unreachable_at: datetime | None = None
    recent: tuple[datetime, ...] = ()  # notes sent in the last eight days


@dataclass(frozen=True, slots=True)
class Verdict:
    """`next_time` is None when nothing but the family can change the answer."""

    ok: bool
    # "" or: stopped no-consent unreachable no-window no-zone unknown-plan hidden human window limit
    reason: str
    next_time: datetime | None = None


def may_write(now: datetime, talk: Talk, plan: str) -> Verdict:
    """May a note of this plan go to this family now, and if not, when may it next?"""
    if why := _never(talk, plan):
        return Verdict(False, why)
    if talk.hidden_until is not None and talk.hidden_until > now:
        return Verdict(False, "hidden", next_allowed(talk.hidden_until, talk))
    if talk.mode == "human":
        # A person writes with them; the note has its next chance tomorrow, until it grows too old.
        return Verdict(False, "human", next_allowed(now + timedelta(days=1), talk))
    if not open_window(now, talk):
        return Verdict(False, "window", next_allowed(now, talk))
    if _too_many(to_wall(now, talk.zone).date(), talk):
        return Verdict(False, "limit", next_allowed(now, talk))
    return Verdict(True, "")


def next_allowed(now: datetime, talk: Talk) -> datetime | None:
    """The first moment from `now` on that window, quiet hours and limits allow."""
    today = to_wall(now, talk.zone).date()
    for ahead in range(_AHEAD):
        day = today + timedelta(days=ahead)
        if in_window_day(day, talk.window, talk.country) and not _too_many(day, talk):
            start, end = (to_utc(datetime.combine(day, at), talk.zone) for at in hours(talk.window))
            if now < end:
                return max(now, start)
    return None


def open_window(now: datetime, talk: Talk) -> bool:
    wall = to_wall(now, talk.zone)
    if not in_window_day(wall.date(), talk.window, talk.country):
        return False
    start, end = hours(talk.window)
    return start <= wall.time() < end


def in_window_day(day: date, window: str, country: str) -> bool:
    """Is this a day of the chosen window?"""
    chosen = WINDOWS.get(window)
    if chosen is None:
        return False
    weekend = day.weekday() >= _SATURDAY
    return weekend if chosen.weekend else not weekend and day not in _public_holidays(country, day.year)


def hours(window: str) -> tuple[time, time]:
    """The hours of a window that are not night; a window can shrink the day, never widen it (practice 4.3)."""
    chosen = WINDOWS[window]
    return max(chosen.start, QUIET_TO), min(chosen.end, QUIET_FROM)


def to_utc(wall: datetime, zone: str) -> datetime:
    """The moment a naive wall time stands for; a skipped or repeated one is read with fold=0."""
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def to_wall(now: datetime, zone: str) -> datetime:
    """What the clock on their wall shows (naive)."""
    return now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def crowded(day: date, others: list[date]) -> bool:
    """Would a note on this day be one too many, after those of the `others` (days before it or itself)?"""
    week = [other for other in others if day - timedelta(days=7) < other <= day]
    return len([other for other in week if other == day]) >= A_DAY or len(week) >= A_WEEK


def _never(talk: Talk, plan: str) -> str:
    if talk.stopped_at is not None:
        return "stopped"
    if talk.keep != "follow":
        return "no-consent"
    if talk.unreachable_at is not None:
        return "unreachable"
    if plan not in PLANS:  # a row left by another version
        return "unknown-plan"
    if not talk.zone:  # without their clock every hour may be night
        return "no-zone"
    return "" if talk.window in WINDOWS else "no-window"


def _too_many(day: date, talk: Talk) -> bool:
    return crowded(day, [to_wall(sent, talk.zone).date() for sent in talk.recent])


@lru_cache(maxsize=512)
def _public_holidays(country: str, year: int) -> frozenset[date]:
    """None for a country the `holidays` library does not know: then a weekday is a weekday."""
    try:
        return frozenset(holidays.country_holidays(country, years=year)) if country else frozenset()
    except NotImplementedError:
        return frozenset()
