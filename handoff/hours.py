"""What may be promised about time, and nothing else (promise 9; practice 5.2 and 5.4).

T0      Minutes, only while somebody is on call and stays so for these minutes. Otherwise nothing.
T1      The last open moment within the limit (24 h at most), if people are there for the margin before it.
        Otherwise the moment when they will have been there for the margin: later, but true.
T2, T3  The end of the hours on the third or fifth day with hours after today.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby

from handoff.opening import Opening
from handoff.operator import Operator


@dataclass(frozen=True, slots=True)
class Shift:
    """Days of the week (0 is Monday) that share their hours. An end of 00:00 is midnight."""

    days: tuple[int, ...]
    spans: tuple[tuple[time, time], ...]


class Hours:
    """The opening hours and the on-call hours of one operator."""

    def __init__(self, operator: Operator) -> None:
        place = (operator.zone, operator.country, operator.region)
        self._desk = Opening(operator.hours, *place, operator.closed)
        call = operator.on_call
        # The desk's closed days do not bind the people on call; their own hours say `PH off` if need be.
        self._call = Opening(call.hours, *place) if call.available else None
        self._call_minutes = call.minutes
        self._promises = operator.promises

    def is_open(self, now: datetime) -> bool:
        return self._desk.is_open(now)

    def next_open(self, now: datetime) -> datetime | None:
        """`now` itself when the desk is open; None when it does not open within a year."""
        return self._desk.next_open(now)

    def on_call(self, now: datetime) -> bool:
        """May a family in danger be told that a person comes within minutes?"""
        return self._at_once(now) is not None

    def answer_by(self, level: str, now: datetime) -> datetime | None:
        """The latest moment of a first answer that may be promised.

        None: nothing may be promised. For T0: nobody is on call, and only the emergency number is offered.
        """
        match level:
            case "T0":
                return self._at_once(now)
            case "T1":
                return self._urgent(now)
            case "T2":
                return self._desk.working_day(now, self._promises.t2_days)
            case "T3":
                return self._desk.working_day(now, self._promises.t3_days)
        raise ValueError(f"there is no level {level}")

    def deadline(self, level: str, now: datetime) -> datetime:
        """The clock of a case at the desk; the same as the promise, and never missing.

        T0 without anybody on call runs on the clock of T1; a desk closed for a year on the T1 limit.
        """
        promised = self.answer_by(level, now) or self._urgent(now)
        return promised or now + timedelta(hours=self._promises.t1_hours)

    def week(self, now: datetime) -> tuple[Shift, ...]:
        """The ordinary hours of this week; neighbouring days with the same hours are joined."""
        days = enumerate(self._desk.week(now))
        shifts = [
            (tuple(day for day, _ in run), spans)
            for spans, run in groupby(days, key=lambda day: tuple(day[1]))
        ]
        return tuple(Shift(run, spans) for run, spans in shifts if spans)

    def _at_once(self, now: datetime) -> datetime | None:
        """Within the T0 minutes in hours and the on-call minutes outside, if they are still there then."""
        if self._call is None:
            return None
        minutes = self._promises.t0_minutes if self._desk.is_open(now) else self._call_minutes
        by = now + timedelta(minutes=minutes)
        return by if self._call.after(now, by - now) == by else None

    def _urgent(self, now: datetime) -> datetime | None:
        earliest = self._desk.after(now, timedelta(minutes=self._promises.t1_margin_minutes))
        limit = now + timedelta(hours=self._promises.t1_hours)
        if earliest is None or earliest > limit:
            return earliest
        return self._desk.last(now, limit)
