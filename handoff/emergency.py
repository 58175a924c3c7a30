"""The emergency card of a country (practice 6.1). It works without a database or an agreement (promise 5).

Rule 1: a number is shown only if two sources agree on it; what they dispute stands in `open_points`.
Rule 2: `checked_on` is the day the sources were last compared, `checked_by` the person who called.
        Without that person a card is for the demo only, marked with its day (`live_ok`).
Rule 3: libphonenumber cross-checks every number in the tests. A number it does not know needs a line in
        `emergency-exceptions.csv` that says why, and for live use a person who signed it.
"""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
EXPIRES = timedelta(days=90)  # practice 6: a call test of emergency numbers holds 90 days

# What a number reaches. `emergency`: no source names its services; `mobile`: works from mobile phones.
KINDS = frozenset(
    {"all", "emergency", "mobile", "police", "ambulance", "fire", "gendarmerie", "civil-protection"}
)
CRISIS_KINDS = frozenset({"crisis", "young-people", "violence-at-home"})


@dataclass(frozen=True, slots=True)
class Number:
    number: str  # as it is dialled inside the country
    kind: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """A number that libphonenumber does not know as an emergency number, and why we show it all the same."""

    country: str
    number: str
    why: str
    signed_by: str
    signed_on: str


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown for one country. Without a card (`known` is False) the general words are shown."""

    country: str
    known: bool = False
    numbers: tuple[Number, ...] = ()
    crisis: tuple[Number, ...] = ()
    zone_hint: str = ""  # the clock of the capital
    sources: tuple[str, ...] = ()
    open_points: str = ""
    checked_on: date | None = None
    checked_by: str = ""
    status: str = ""  # verify: nobody called yet; conflict: the sources disagree; ok: called and signed


def card(country: str) -> Card:
    """The card of a country by its two-letter code; the unknown card for "" and for a country without one."""
    return _cards().get(country, Card(country))


def countries() -> tuple[str, ...]:
    """The countries that have a card, in the order of the file."""
    return tuple(_cards())


def live_ok(shown: Card, today: date) -> bool:
    """May real families see it: a person called the numbers in the last 90 days, and nothing is unsigned.

    The unknown card holds words only and is always fit.
    """
    if not shown.known:
        return True
    signed = all(each.signed_by for each in exemptions() if each.country == shown.country)
    fresh = shown.checked_on is not None and timedelta(0) <= today - shown.checked_on <= EXPIRES
    return shown.status == "ok" and bool(shown.checked_by) and fresh and signed


@cache
def exemptions() -> tuple[Exemption, ...]:
    return tuple(Exemption(**row) for row in _rows("emergency-exceptions.csv"))


@cache
def _cards() -> dict[str, Card]:
    return {row["country"]: _card(row) for row in _rows("emergency.csv")}


def _card(row: dict[str, str]) -> Card:
    return Card(
        country=row["country"],
        known=True,
        numbers=_numbers(row["numbers"], KINDS),
        crisis=_numbers(row["crisis_lines"], CRISIS_KINDS),
        zone_hint=row["zone_hint"],
        sources=tuple(each.strip() for each in row["source"].split(";")),
        open_points=row["open_points"],
        checked_on=date.fromisoformat(row["checked_on"]) if row["checked_on"] else None,
        checked_by=row["checked_by"],
        status=row["status"],
    )


def _numbers(cell: str, kinds: frozenset[str]) -> tuple[Number, ...]:
    """`112:all|110:police`. Raises ValueError for a kind without words: such a file must not start."""
    found = [Number(*each.split(":")) for each in cell.split("|") if each]
    for each in found:
        if each.kind not in kinds or not each.number.isdigit():
            raise ValueError(
                f"emergency.csv: {each.number}:{each.kind} is not a number and a kind of {sorted(kinds)}"
            )
    return tuple(found)


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
