"""When people are there: OSM opening hours, public holidays and closed days as plain spans of time.

Rule 1: only fixed times can be promised. Anything vague in the hours is refused when the file is read.
Rule 2: a day is a public holiday when either calendar knows it. The one in opening-hours-py 2.1.4 misses Eid
        in Turkey and Morocco and knows nothing of Kosovo, Lebanon or Jordan, so `holidays` is asked too.
Rule 3: the libraries see wall clocks only; UTC is worked out here, fold=0 (PEP 495). Where the clock jumps
        inside the hours, a span may come out shorter, never longer.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
import opening_hours

Span = tuple[datetime, datetime]  # UTC, the end is closed
AHEAD = 366  # days we look ahead; a desk that does not open within a year does not open

_VAGUE = re.compile(r'\|\||"|\+|\b(?:unknown|sunrise|sunset|dawn|dusk|SH|easter)\b')
_HOLIDAY = re.compile(r"\bPH\b(?P<off>\s+(?:off|closed)\b)?")
_TIMES = re.compile(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})")


def trouble(text: str) -> str:
    """What is wrong with these hours, as the end of a sentence that begins with the key; "" for nothing."""
    if vague := _VAGUE.search(text):
        return f"may hold fixed times only, {vague[0]} cannot be promised to a family"
    for holiday in _HOLIDAY.finditer(text):
        if not holiday["off"]:
            return "may say about public holidays only `PH off`"
    for start, end in _TIMES.findall(text):
        if _minutes(end) <= _minutes(start) or _minutes(end) > 24 * 60:
            return f"must write {start}-{end} as two spans that end and begin at midnight"
    try:
        opening_hours.OpeningHours(text)
    except opening_hours.ParserError:  # type: ignore[attr-defined]  # its stubs leave the errors out
        return "must follow the OSM opening_hours form, for example `Mo-Fr 10:00-15:00; PH off`"
    return ""


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


@lru_cache(maxsize=256)
def public_holidays(country: str, region: str, year: int) -> frozenset[date]:
    """The public holidays of one year; Islamic feasts are estimates of the `holidays` library.

    Raises NotImplementedError when the country or the region is not known there.
    """
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def _expander(text: str, country: str) -> opening_hours.OpeningHours:
    try:
        return opening_hours.OpeningHours(text, country=country)
    except opening_hours.UnknownCountryError:  # type: ignore[attr-defined]
        return opening_hours.OpeningHours(text)


class Opening:
    """The hours of one desk in its own zone. `text` has passed `trouble`."""

    def __init__(
        self, text: str, zone: str, country: str, region: str = "", closed: Collection[date] = ()
    ) -> None:
        self._hours = _expander(text, country)
        self._plain = opening_hours.OpeningHours(text)  # without any calendar: the ordinary week
        self._zone = ZoneInfo(zone)
        self._rests = bool(_HOLIDAY.search(text))
        self._place = (country, region)
        self._closed = frozenset(closed)

    def local_day(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    def rests(self, day: date) -> bool:
        """Is this a closed day, or a public holiday the hours exclude?"""
        return day in self._closed or (self._rests and day in public_holidays(*self._place, day.year))

    def day(self, day: date) -> list[Span]:
        """The open spans of one local day, in order."""
        if self.rests(day):
            return []
        walls = _walls(self._hours, day)
        spans = [(self._utc(start), self._utc(end)) for start, end in walls]
        return [(start, end) for start, end in spans if start < end]

    def spans(self, now: datetime) -> Iterator[Span]:
        """All open spans from `now` on, the running one cut at `now`, for a year ahead."""
        today = self.local_day(now)
        for ahead in range(AHEAD + 1):
            for start, end in self.day(today + timedelta(days=ahead)):
                if end > now:
                    yield max(start, now), end

    def is_open(self, now: datetime) -> bool:
        return any(start <= now < end for start, end in self.day(self.local_day(now)))

    def next_open(self, now: datetime) -> datetime | None:
        """When somebody is there next: `now` itself when open, None when not within a year."""
        return next((start for start, _ in self.spans(now)), None)

    def after(self, now: datetime, worked: timedelta) -> datetime | None:
        """The moment by which people will have been there for this long; None when not within a year."""
        left = worked
        for start, end in self.spans(now):
            if end - start >= left:
                return start + left
            left -= end - start
        return None

    def last(self, now: datetime, limit: datetime) -> datetime | None:
        """The last open moment between `now` and `limit`; None when there is none."""
        best = None
        for start, end in self.spans(now):
            if start >= limit:
                break
            best = min(end, limit)
        return best

    def working_day(self, now: datetime, nth: int) -> datetime | None:
        """The end of the hours on the nth day with hours after today; None when not within a year."""
        today, seen = self.local_day(now), 0
        for ahead in range(1, AHEAD + 1):
            spans = self.day(today + timedelta(days=ahead))
            seen += bool(spans)
            if seen == nth:
                return spans[-1][1]
        return None

    def week(self, now: datetime) -> list[list[tuple[time, time]]]:
        """The ordinary hours, Monday first, of the week `now` is in, as if it had no holidays.

        An end of 00:00 is midnight.
        """
        today = self.local_day(now)
        monday = today - timedelta(days=today.weekday())
        days = (monday + timedelta(days=n) for n in range(7))
        return [[(start.time(), end.time()) for start, end in _walls(self._plain, day)] for day in days]

    def _utc(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self._zone, fold=0).astimezone(UTC)


def _walls(hours: opening_hours.OpeningHours, day: date) -> list[Span]:
    """The open spans of one calendar day by the wall clock (naive)."""
    midnight = datetime.combine(day, time())
    found = hours.intervals(midnight, midnight + timedelta(days=1))
    return [(start, end) for start, end, state, _ in found if state == opening_hours.State.OPEN]
