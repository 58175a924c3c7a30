"""Services a family may be pointed to, each with who runs it and what it may pass on (practice 5.8, 6.2).

Rule 1: real families see signed entries only, never an expired one (hidden, not shown with a warning).
Rule 2: the demo shows the rest too, each marked `unverified`; words must say so next to the number.
Rule 3: a ministry's or a police line is `police-reporting`, never `family-advice` (practice 6.3).
Rule 4: hours older than a year are not shown; say "check hours" instead.
Names, numbers and addresses are data. The sentences around them are words: one for each code below.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "directory.csv"
EXPIRES = timedelta(days=180)  # practice 6: after the check, whatever the entry says
_HOURS_HOLD = timedelta(days=365)

# The codes an entry may use, each with its meaning in English for the writers of the words.
KINDS: Mapping[str, str] = {
    "family-advice": "Advice for families",
    "leaving-a-group": "Help to leave a group",
    "parenting": "A line for parents, on everything",
    "finder": "A page to find a service near you",
    "police-reporting": "Police and reporting",
}
RUN_BY: Mapping[str, str] = {
    "ngo": "An association runs it.",
    "public": "A public body runs it.",
    "state-office": "A state office runs it.",
    "ministry": "A ministry runs it.",
    "police": "The police run it.",
    "unknown": "We do not know who runs it.",
}
PASSES_ON: Mapping[str, str] = {
    "secrecy": "Professional secrecy binds them.",
    "confidential": "They say it is confidential; in danger they tell people to call the emergency number.",
    "no-reporting": "It is not a reporting line.",
    "not-police": "It is not part of the police.",
    "own-protocol": "They judge the danger by a protocol of their own.",
    "imminent-danger": "They pass something on only if danger is near, after talking with you.",
    "danger-or-crime": "They pass something on only if somebody is in danger, or for a crime.",
    "danger-to-police": "They tell the police about a concrete danger.",
    "with-municipality": "They talk about their steps with the municipality.",
    "sometimes-security": "In some cases they have informed police or security offices.",
    "must-write-down": "They must write down what you say, and may pass it on to police and municipality.",
    "reports-analysed": "What you say is analysed by security offices.",
    "police-answer": "Police officers answer.",
    "unknown": "We do not know what they pass on. Ask them first.",
}
SCOPES = frozenset({"all", "islamist", "far-right", "parenting"})
STATUSES = frozenset({"active", "paused", "closed", "verify"})
_CODES = {"kind": KINDS, "run_by": RUN_BY, "passes_on": PASSES_ON, "scope": SCOPES, "status": STATUSES}


@dataclass(frozen=True, slots=True)
class Entry:
    id: str
    country: str
    kind: str
    name: str
    phone: str
    web: str
    hours: str  # OSM opening_hours, "" when not known or older than a year
    hours_on: date | None
    languages: tuple[str, ...]
    run_by: str
    passes_on: str
    scope: str
    source: str
    notes: str  # for coordinators, never shown to families
    checked_by: str
    checked_on: date | None
    expires_on: date | None
    status: str
    unverified: bool = True

    def expired(self, today: date) -> bool:
        """The sooner of its own end and 180 days after the check; an unchecked entry never held."""
        if self.checked_on is None:
            return True
        end = min(self.expires_on or date.max, self.checked_on + EXPIRES)
        return today > end


def services(country: str, now: datetime, live: bool) -> tuple[Entry, ...]:
    """What may be shown for a country, help before police, in the order of the file."""
    shown = [_fit(entry, now.date()) for entry in entries() if entry.country == country]
    kept = [
        entry for entry in shown if entry.status in ("active", "verify") and not (live and entry.unverified)
    ]
    return tuple(sorted(kept, key=lambda entry: entry.kind == "police-reporting"))


def _fit(entry: Entry, today: date) -> Entry:
    signed = entry.status == "active" and bool(entry.checked_by) and not entry.expired(today)
    hours_hold = entry.hours_on is not None and today - entry.hours_on <= _HOURS_HOLD
    return replace(entry, unverified=not signed, hours=entry.hours if hours_hold else "")


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of the file. Raises ValueError for a code without words: such a file must not start."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_entry(row) for row in csv.DictReader(file))


def _entry(row: dict[str, str]) -> Entry:
    for column, known in _CODES.items():
        if row[column] not in known:
            raise ValueError(
                f"directory.csv: {row['id']}: {column} {row[column]!r} is none of {sorted(known)}"
            )
    return Entry(
        id=row["id"],
        country=row["country"],
        kind=row["kind"],
        name=row["name"],
        phone=row["phone"],
        web=row["web"],
        hours=row["hours"],
        hours_on=_day(row["hours_on"]),
        languages=tuple(row["languages"].split()),
        run_by=row["run_by"],
        passes_on=row["passes_on"],
        scope=row["scope"],
        source=row["source"],
        notes=row["notes"],
        checked_by=row["checked_by"],
        checked_on=_day(row["checked_on"]),
        expires_on=_day(row["expires_on"]),
        status=row["status"],
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None
